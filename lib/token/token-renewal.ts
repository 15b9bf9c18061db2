import { setTimeout as pause } from 'node:timers/promises'
import type { XaiOAuthError } from '../error.js'
import {
  type GivenTokens,
  isFresh,
  noTokensError,
  parseGivenTokens,
  parseStoredTokens,
  type StoredTokens,
  serializeTokens,
  signInNeededError,
} from './stored-tokens.js'
import { parseText, type TokenStore } from './token-store.js'

/** Tokens as they were read, and the text that they were read from. */
export interface HeldTokens {
  tokens: StoredTokens
  text: string
}

/** What is renewed, by whom. */
export interface RenewalSettings {
  strategy: { refresh(refreshToken: string): Promise<GivenTokens> }
  store: TokenStore
  /** Milliseconds. */
  margin: number
}

/** Milliseconds before each attempt to store new tokens, which are lost otherwise. */
const attempts = [0, 200, 1000]

// Of the process, not of a manager: by the text that is not good any more.
const flights = new WeakMap<TokenStore, Map<string, Promise<HeldTokens>>>()

/** Puts fresh tokens in the place of those that are not good any more, one process at a time. */
export class TokenRenewal {
  constructor(private readonly settings: RenewalSettings) {}

  /** What lies in the store, if somebody can read it. */
  async read(key: string): Promise<HeldTokens | undefined> {
    const text = parseText(await this.settings.store.read(key))
    if (text === undefined) return undefined
    const tokens = parseStoredTokens(key, text)
    return tokens && { tokens, text }
  }

  /** Gets others in the place of tokens that are not good any more; callers of one process share this. */
  renew(key: string, seen: HeldTokens): Promise<HeldTokens> {
    const ofStore = flights.get(this.settings.store) ?? new Map<string, Promise<HeldTokens>>()
    flights.set(this.settings.store, ofStore)
    const underway = ofStore.get(seen.text)
    if (underway) return underway
    const flight = this.renewInTurn(key, seen).finally(() => ofStore.delete(seen.text))
    ofStore.set(seen.text, flight)
    return flight
  }

  private async renewInTurn(key: string, seen: HeldTokens): Promise<HeldTokens> {
    for (let turn = 1; turn <= 3; turn += 1) {
      const held = await this.runLocked(key, (isInTime) => this.renewLocked(key, seen, isInTime))
      if (held) return held
    }
    throw new Error(
      'TokenManager: the lease of the lock was nearly over, three times, before a refresh could begin; is it too short?',
    )
  }

  /** @returns nothing when too little of the lease is left, because this process slept or its store is slow */
  private async renewLocked(
    key: string,
    seen: HeldTokens,
    isInTime: () => boolean,
  ): Promise<HeldTokens | undefined> {
    const held = await this.read(key)
    if (!held) throw noTokensError()
    // Another process has refreshed, or somebody has signed in.
    if (held.text !== seen.text && isFresh(held.tokens, this.settings.margin)) return held
    const { refreshToken } = held.tokens
    if (!refreshToken) return this.discard(held, 'the access token has expired and there is no refresh token')
    if (!isInTime()) return undefined
    let given: GivenTokens
    try {
      given = await this.settings.strategy.refresh(refreshToken)
    } catch (error) {
      if ((error as XaiOAuthError).code !== 'xai_refresh_token_revoked') throw error
      return this.discard(held, 'xAI does not accept the refresh token any more', error)
    }
    const { scope, needs } = held.tokens
    const tokens = {
      key,
      refreshToken,
      ...(scope && { scope }),
      ...parseGivenTokens(given),
      ...(needs && { needs }),
    }
    // Before the lock is let go: whoever comes next must find the new refresh token.
    const stored = await this.replace(held, tokens)
    if (!stored) throw noTokensError()
    return stored
  }

  /** Removes dead tokens. @returns those of a sign-in that came meanwhile @throws {XaiOAuthError} `xai_sign_in_needed` */
  private async discard(held: HeldTokens, why: string, cause?: unknown): Promise<HeldTokens> {
    // A store that fails now does not change what the person has to do.
    const newer = await this.replace(held, undefined).catch(() => undefined)
    if (newer) return newer
    throw signInNeededError(`The person has to sign in again: ${why}`, cause)
  }

  /**
   * Puts new tokens, or nothing, in the place of those that were read, unless others are there: a sign-in came
   * meanwhile. Tries again when the store fails, because the former refresh token is spent; to write twice does no harm.
   *
   * @returns what the store holds then
   */
  async replace(
    { tokens: { key }, text: expected }: HeldTokens,
    tokens: StoredTokens | undefined,
  ): Promise<HeldTokens | undefined> {
    const next = tokens && { tokens, text: serializeTokens(tokens) }
    let failure: unknown = new Error('TokenManager: the store does not write where it should')
    for (const milliseconds of attempts) {
      if (milliseconds > 0) await pause(milliseconds)
      try {
        const isWritten = (await this.settings.store.write(key, next?.text, expected)) !== false
        if (isWritten) return next
        const other = await this.read(key)
        if (other?.text !== expected) return other
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** Runs something under the store's lock; what it gave counts, also when the lock cannot be let go. */
  async runLocked<Result>(key: string, run: (isInTime: () => boolean) => Promise<Result>): Promise<Result> {
    let outcome: Promise<Result> | undefined
    const lock = this.settings.store.lock(key, async (startWithin) => {
      const start = performance.now()
      const isInTime = (): boolean =>
        typeof startWithin !== 'number' || performance.now() - start < startWithin
      outcome = run(isInTime)
      await outcome
    })
    try {
      await lock
    } catch (error) {
      if (!outcome) throw error
    }
    if (!outcome) throw new Error('TokenManager: the lock of the store did not run what it was given')
    return outcome
  }
}

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { XaiOAuthError } from '../error.js'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import { parseObject, parseUtf8 } from '../http/response.js'
import type { XaiOAuth2 } from '../token/client.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Milliseconds after which keys are fetched anew, so that a key that xAI withdrew does not live on. */
const freshFor = hour

/** Milliseconds for which keys that were good serve while the JWKS fails. */
const servesFor = 24 * hour

/** Milliseconds between two requests while the JWKS fails: the first pause, and the longest; each is twice the last. */
const firstPause = second / 2
const longestPause = minute

/** Milliseconds of a pause that a sign-in waits for, because its code is spent: it would be lost. */
const longestWait = second

/** Unknown key ids make no more than this many requests a minute. */
export const maxRequestsPerMinute = 5

/** An honest set has a few; every import costs about 0.1 ms, in which the process does nothing else. */
const maxKeys = 20

const names: FailureNames = {
  what: 'xAI key set (JWKS) request',
  failed: 'xai_id_token_invalid',
  invalid: 'xai_id_token_invalid',
  secrets: [],
}

interface SigningKey {
  kid: unknown
  key: KeyObject
}

/** Times are milliseconds since the epoch. */
interface Known {
  keys: readonly SigningKey[]
  at: number
}

interface Failure {
  error: XaiOAuthError
  at: number
  /** Milliseconds. */
  pause: number
}

/** In milliseconds, `now` since the epoch. */
interface Clock {
  now(): number
  wait(milliseconds: number): Promise<unknown>
}

const systemClock: Clock = { now: () => Date.now(), wait }

/** xAI's signing keys (RFC 7517): fetched when needed and kept, and fetched again when an unknown one appears. */
export class KeySet {
  private known: Known = { keys: [], at: Number.NEGATIVE_INFINITY }
  /** The last request, when it failed. */
  private failure: Failure | undefined
  private fetching: Promise<void> | undefined
  /** When requests succeeded. */
  private requestTimes: number[] = []
  private readonly client: Pick<XaiOAuth2, 'send' | 'hasIdleConnection'>
  private readonly url: string
  private readonly clock: Clock

  constructor(client: Pick<XaiOAuth2, 'send' | 'hasIdleConnection'>, url: string, clock = systemClock) {
    this.client = client
    this.url = url
    this.clock = clock
  }

  /**
   * The ES256 key that a token's header names; without a `kid`, the only one there is.
   *
   * @returns `undefined` when there is no such key
   * @throws {XaiOAuthError} `xai_id_token_invalid` when the keys cannot be had
   */
  async find(kid: unknown): Promise<KeyObject | undefined> {
    const key = this.isWithin(this.known.at, servesFor) ? findKey(this.known.keys, kid) : undefined
    if (this.isFresh()) {
      if (key || !this.mayAsk()) return key
    } else if (key && this.failure) {
      void this.prepare()
      return key
    }
    try {
      await this.fetch()
    } catch (error) {
      if (key) return key
      throw error
    }
    return findKey(this.known.keys, kid)
  }

  /**
   * Fetches the keys before a callback needs them. Also when they are good, but not of the last 5 seconds, after which
   * many servers close a connection, and none is open: the exchange of the code then finds one. Never rejects.
   */
  async prepare(): Promise<void> {
    const isRecent = this.isWithin(this.known.at, 5 * second)
    const isReady = isRecent || (this.isFresh() && this.client.hasIdleConnection(this.url))
    if (!isReady) await this.fetch().catch(() => undefined)
  }

  private isFresh(): boolean {
    return this.isWithin(this.known.at, freshFor)
  }

  private mayAsk(): boolean {
    this.requestTimes = this.requestTimes.filter((time) => this.isWithin(time, minute))
    return this.requestTimes.length < maxRequestsPerMinute
  }

  /** Whether something happened less than so many milliseconds ago; not so when the clock was set back since. */
  private isWithin(at: number, milliseconds: number): boolean {
    const age = this.clock.now() - at
    return age >= 0 && age < milliseconds
  }

  /** One request at a time, and none before the pause after a failure is over. */
  private async fetch(): Promise<void> {
    const { failure } = this
    const pause =
      failure && this.isWithin(failure.at, failure.pause) ? failure.at + failure.pause - this.clock.now() : 0
    if (failure && pause > longestWait) throw buildPauseError(failure, pause)
    this.fetching ??= this.request(pause).finally(() => {
      this.fetching = undefined
    })
    return this.fetching
  }

  private async request(pause: number): Promise<void> {
    if (pause > 0) await this.clock.wait(pause)
    const at = this.clock.now()
    try {
      this.known = { keys: await this.requestKeys(), at }
      this.failure = undefined
      this.requestTimes.push(at)
    } catch (error) {
      const pause = Math.min(this.failure ? 2 * this.failure.pause : firstPause, longestPause)
      this.failure = { error: error as XaiOAuthError, at: this.clock.now(), pause }
      throw error
    }
  }

  private async requestKeys(): Promise<SigningKey[]> {
    const headers = { Accept: 'application/json' }
    const response = await this.client.send(names, { method: 'GET', url: this.url, headers })
    if (response.status !== 200) throw buildRefusalError(names, response)
    const list = parseObject(parseUtf8(response))?.keys
    if (!Array.isArray(list)) throw buildInvalidResponseError(names, response, 'it is not a JSON Web Key Set')
    const keys = list.filter(isSigningKey).slice(0, maxKeys).flatMap(importKey)
    if (keys.length === 0) throw buildInvalidResponseError(names, response, 'it holds no ES256 key')
    return keys
  }
}

/** Each sign-in gets an error of its own, because frameworks write onto errors. */
const buildPauseError = ({ error }: Failure, pause: number): XaiOAuthError =>
  new XaiOAuthError(
    error.code,
    `${error.message} (It is requested again in ${Math.ceil(pause / second)} seconds.)`,
    { status: error.status, cause: error },
  )

function findKey(keys: readonly SigningKey[], kid: unknown): KeyObject | undefined {
  if (kid === undefined) return keys.length === 1 ? keys[0]?.key : undefined
  return keys.find((candidate) => candidate.kid === kid)?.key
}

function isSigningKey(value: unknown): value is JsonWebKey {
  const jwk = Object(value) as Record<string, unknown>
  const { kty, crv, x, y, d, kid = '', alg = 'ES256', use = 'sig', key_ops = 'verify' } = jwk
  const isP256 = kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y)
  const isForVerifying = alg === 'ES256' && use === 'sig' && [key_ops].flat().includes('verify')
  return isP256 && d === undefined && isForVerifying && typeof kid === 'string'
}

/** 32 bytes, base64url (RFC 7518 §6.2.1.2). */
const isCoordinate = (value: unknown): boolean => typeof value === 'string' && value.length === 43

/** A key that cannot be imported must not keep the others from working. */
function importKey(jwk: JsonWebKey): SigningKey[] {
  try {
    return [{ kid: jwk.kid, key: createPublicKey({ key: jwk, format: 'jwk' }) }]
  } catch {
    return []
  }
}

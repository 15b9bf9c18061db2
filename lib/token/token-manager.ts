import { checkOptionNames, optionError } from '../check.js'
import { canBeSentAgain, discardBody, parseBearerURL, refusesCredentials } from './bearer-request.js'
import type { XaiRevokeOptions } from './client.js'
import { unlessAborted } from './refresh.js'
import {
  checkNeeds,
  type GivenTokens,
  isFresh,
  noTokensError,
  parseGivenTokens,
  serializeTokens,
} from './stored-tokens.js'
import { type HeldTokens, TokenRenewal } from './token-renewal.js'
import { checkTokenStore, MemoryTokenStore, type TokenStore } from './token-store.js'

/** What a {@link TokenManager} needs of a strategy. */
export interface TokenStrategy {
  /** Trades a refresh token for new tokens. */
  refresh(refreshToken: string): Promise<GivenTokens>
  /** Revokes a token at xAI. */
  revoke(token: string, options?: XaiRevokeOptions): Promise<void>
}

/** How tokens are kept fresh. */
export interface TokenManagerOptions {
  /** An `XaiStrategy` or `XaiDeviceStrategy`, of the client that the tokens were issued to. */
  strategy: TokenStrategy
  /** Default: `new MemoryTokenStore()`, which serves one process as long as it runs. */
  store?: TokenStore
  /** Milliseconds for which an access token must still be good; default 60000, and never more than a third of its lifetime. */
  margin?: number
}

/** What belongs to tokens that are saved. */
export interface SaveOptions {
  /** Scopes that the application cannot do without, such as `api:access`. */
  needs?: readonly string[]
}

/**
 * Keeps people's access tokens fresh. Whoever asks, in whichever process, a refresh token is used once: callers of one
 * process share a refresh, and processes take turns by the lock of the store.
 */
export class TokenManager {
  private readonly settings: Required<TokenManagerOptions>
  private readonly renewal: TokenRenewal

  /** @throws {TypeError} that says which option is wrong, and what to write */
  constructor(options: TokenManagerOptions) {
    if (typeof Object(options).refresh === 'function')
      throw optionError('TokenManager', 'the strategy is an option; write new TokenManager({ strategy })')
    checkOptionNames('TokenManager', options, ['strategy', 'store', 'margin'])
    const { strategy, store = new MemoryTokenStore(), margin = 60_000 } = options
    const { refresh, revoke } = Object(strategy)
    if (typeof refresh !== 'function' || typeof revoke !== 'function') {
      throw optionError(
        'TokenManager',
        'strategy must have refresh and revoke; write strategy: new XaiStrategy(…)',
      )
    }
    checkTokenStore('TokenManager', store)
    if (typeof margin !== 'number' || !(margin >= 0)) {
      throw optionError('TokenManager', 'margin must be a number of milliseconds; write margin: 60_000')
    }
    this.settings = { strategy: strategy as TokenStrategy, store, margin }
    this.renewal = new TokenRenewal(this.settings)
  }

  /**
   * Stores the tokens of a sign-in, whatever was there.
   *
   * @param key the application's name for the person, such as issuer and `sub`
   * @param tokens what `verify` got as `params` or `tokens`, or what `refresh()` gave
   * @throws {XaiOAuthError} `xai_sign_in_needed`, and nothing is stored, when xAI did not grant what is needed
   */
  async save(key: string, tokens: GivenTokens, options: SaveOptions = {}): Promise<void> {
    checkKey(key)
    checkOptionNames('TokenManager.save', options, ['needs'])
    const needs = parseNeeds(options.needs)
    const stored = { key, ...parseGivenTokens(tokens), ...(needs.length > 0 && { needs }) }
    checkNeeds(stored)
    await this.settings.store.write(key, serializeTokens(stored))
  }

  /**
   * An access token that is good for another `margin`: the stored one, or after one refresh.
   *
   * @throws {XaiOAuthError} `xai_sign_in_needed` when only a new sign-in helps, what `refresh()` throws, and what the
   * store throws
   */
  async accessToken(key: string): Promise<string> {
    const { tokens } = await this.readFresh(key)
    return tokens.accessToken
  }

  /**
   * `fetch` with the person's access token. When the response says that the token is bad, it is refreshed once and the
   * request sent once more; a body that can be read once only is not sent again, and the first response comes back.
   * The response is unread.
   *
   * @param url https, or http on a loopback host
   * @throws {XaiOAuthError} as {@link accessToken} does, and what `fetch` throws
   */
  async fetch(key: string, url: string | URL, init?: RequestInit | null): Promise<Response> {
    const target = parseBearerURL(url)
    const headers = new Headers(init?.headers)
    const send = ({ tokens }: HeldTokens): Promise<Response> => {
      headers.set('Authorization', `Bearer ${tokens.accessToken}`)
      return fetch(target, { ...init, headers })
    }
    const held = await this.readFresh(key)
    const response = await send(held)
    if (!held.tokens.refreshToken || !(await refusesCredentials(response, target))) return response
    let fresh: HeldTokens
    try {
      const renewed = this.renewal.renew(key, held)
      fresh = await (init?.signal ? unlessAborted(renewed, init.signal) : renewed)
      checkNeeds(fresh.tokens)
    } catch (error) {
      discardBody(response)
      throw error
    }
    if (!canBeSentAgain(init?.body)) return response
    discardBody(response)
    return send(fresh)
  }

  /**
   * Revokes the person's tokens at xAI, then forgets them.
   *
   * @throws {XaiOAuthError} `xai_revocation_failed`, and nothing is forgotten
   */
  async revoke(key: string): Promise<void> {
    checkKey(key)
    await this.renewal.runLocked(key, async () => {
      const held = await this.renewal.read(key)
      if (!held) return
      const { refreshToken, accessToken } = held.tokens
      if (refreshToken) await this.settings.strategy.revoke(refreshToken, { hint: 'refresh_token' })
      else await this.settings.strategy.revoke(accessToken, { hint: 'access_token' })
      await this.renewal.replace(held, undefined)
    })
  }

  /** Forgets the person's tokens; at xAI they stay good. */
  async forget(key: string): Promise<void> {
    checkKey(key)
    await this.settings.store.write(key, undefined)
  }

  private async readFresh(key: string): Promise<HeldTokens> {
    checkKey(key)
    const stored = await this.renewal.read(key)
    if (!stored) throw noTokensError()
    const held = isFresh(stored.tokens, this.settings.margin) ? stored : await this.renewal.renew(key, stored)
    checkNeeds(held.tokens)
    return held
  }
}

function checkKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key !== '') return
  throw new TypeError('TokenManager: key must be a text that names the person, such as issuer and sub')
}

function parseNeeds(needs: unknown = []): string[] {
  const isList = Array.isArray(needs) && needs.every((need) => typeof need === 'string' && need !== '')
  if (isList) return needs
  throw new TypeError("TokenManager: needs must be a list of scopes; write needs: ['api:access']")
}

import { refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'
import type { XaiOAuth2 } from './client.js'

/** What a refresh gave. */
export interface XaiTokens {
  accessToken: string
  /** To be saved in place of the one that was sent, which xAI has spent; the same one if xAI sent none. */
  refreshToken: string
  /** Seconds from the answer on, when xAI says so. */
  expiresIn?: number
  /** The same as a moment. */
  expiresAt?: Date
  /** Space-separated, when xAI says so. */
  scope?: string
  /** As received and not verified: it signs nobody in. */
  idToken?: string
  /** xAI's whole answer. */
  raw: XaiTokenResponse
}

/** How a caller waits for a refresh. */
export interface XaiRefreshOptions {
  /** Ends this caller's wait; the request goes on, because its answer must not be lost. */
  signal?: AbortSignal
}

/** Refreshes, or joins the refresh of the same token that is under way. @throws {XaiOAuthError} */
export async function requestRefresh(
  client: XaiOAuth2,
  refreshToken: string,
  { signal }: XaiRefreshOptions,
): Promise<XaiTokens> {
  signal?.throwIfAborted()
  const tokens = tokensOf(client.refresh(refreshToken), refreshToken)
  return signal ? unlessAborted(tokens, signal) : tokens
}

/** By the answer that they come from: whoever waits for it gets the same tokens, to the millisecond of their expiry. */
const awaited = new WeakMap<Promise<XaiTokenResponse>, Promise<XaiTokens>>()

function tokensOf(answer: Promise<XaiTokenResponse>, refreshToken: string): Promise<XaiTokens> {
  const tokens = awaited.get(answer) ?? answer.then((raw) => parseTokens(raw, refreshToken))
  awaited.set(answer, tokens)
  return tokens
}

function parseTokens(raw: XaiTokenResponse, refreshToken: string): XaiTokens {
  const { access_token: accessToken, scope, id_token } = raw
  return {
    accessToken,
    refreshToken: refreshTokenOf(raw) ?? refreshToken,
    ...parseExpiry(raw.expires_in),
    ...(isText(scope) && { scope }),
    ...(isText(id_token) && { idToken: id_token }),
    raw,
  }
}

/** Nothing, unless `expires_in` is a number of seconds that leads to a moment. */
function parseExpiry(expiresIn: unknown): Pick<XaiTokens, 'expiresIn' | 'expiresAt'> {
  const expiresAt = new Date(Date.now() + Number(expiresIn) * 1000)
  const isKnown = typeof expiresIn === 'number' && expiresIn >= 0 && !Number.isNaN(expiresAt.getTime())
  return isKnown ? { expiresIn, expiresAt } : {}
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

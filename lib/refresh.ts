import type { XaiOAuth2 } from './oauth2-client.js'
import type { XaiTokenResponse } from './token-response.js'

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
  const refreshed = client.refresh(refreshToken)
  return parseTokens(await (signal ? unlessAborted(refreshed, signal) : refreshed), refreshToken)
}

function parseTokens(raw: XaiTokenResponse, refreshToken: string): XaiTokens {
  const { access_token: accessToken, refresh_token, expires_in, scope, id_token } = raw
  return {
    accessToken,
    refreshToken: isText(refresh_token) ? refresh_token : refreshToken,
    ...(Number.isFinite(expires_in) && {
      expiresIn: expires_in as number,
      expiresAt: new Date(Date.now() + (expires_in as number) * 1000),
    }),
    ...(isText(scope) && { scope }),
    ...(isText(id_token) && { idToken: id_token }),
    raw,
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

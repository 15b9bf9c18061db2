import { hash } from 'node:crypto'
import { isText } from '../check.js'
import { debug, isTraced, type RefreshEvent, trace } from '../diagnostics.js'
import { XaiOAuthError } from '../error.js'
import type { FailureNames } from '../http/failure.js'
import { buildForm, type FormParameters } from '../oauth/token-request.js'
import { refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'

/** What a refresh gave. */
export interface XaiTokens {
  accessToken: string
  /** To be saved in place of the one that was sent, which xAI has spent; the same one if xAI sent none. */
  refreshToken: string
  /** Seconds from the response on, when xAI says so. */
  expiresIn?: number
  /** The same as a moment. */
  expiresAt?: Date
  /** Space-separated, when xAI says so. */
  scope?: string
  /** As received and not verified: it signs nobody in. */
  idToken?: string
  /** xAI's whole response. */
  raw: XaiTokenResponse
}

/** How a caller waits for a refresh. */
export interface XaiRefreshOptions {
  /** Ends this caller's wait; the request goes on, because its response must not be lost. */
  signal?: AbortSignal
}

/** Which refresh token is refreshed, by whom, and with which further parameters. */
export interface RefreshRequest {
  tokenURL: string
  clientID: string
  refreshToken: string
  extras: FormParameters
}

/** How failures of a refresh are named. */
export const refreshNames = (secrets: FailureNames['secrets']): FailureNames => ({
  what: 'xAI token refresh',
  failed: 'xai_refresh_failed',
  invalid: 'xai_refresh_invalid',
  revoked: 'xai_refresh_token_revoked',
  responseLost: 'The refresh token may be spent already, so it is not sent again by itself',
  secrets,
})

interface Flight {
  /** The further parameters, in an order of their own, to be compared. */
  extras: string
  tokens: Promise<XaiTokens>
}

/** What is kept of a refusal, so that it can be told again. */
interface Refusal {
  message: string
  detail: Pick<XaiOAuthError, 'status' | 'error' | 'error_description' | 'error_uri'>
  /** Milliseconds since the epoch. */
  until: number
}

const maxRefusals = 10_000
/** Milliseconds. */
const refusalLifetime = 60 * 60_000
const maxRememberedCharacters = 2000

// Of the process, not of a strategy: whichever strategies share a client share its refresh tokens.
const flights = new Map<string, Flight>()
const refusals = new Map<string, Refusal>()

/**
 * Refreshes a token, unless that is under way, in which case callers get the same result: xAI revokes the whole
 * family of a refresh token that arrives twice. A token that xAI has called `invalid_grant` is not sent again for
 * an hour; callers get a new error with the same words.
 *
 * @param send sends the request, at most once
 * @throws {XaiOAuthError}
 */
export async function refreshOnce(
  request: RefreshRequest,
  send: () => Promise<XaiTokenResponse>,
): Promise<XaiTokens> {
  const { tokenURL, clientID, refreshToken } = request
  const digest = hash('sha256', JSON.stringify([tokenURL, clientID, refreshToken]))
  const extras = serializeExtras(request.extras)
  const underway = flights.get(digest)
  if (underway?.extras === extras) return underway.tokens
  if (underway) throw otherExtrasError()
  const refusal = findRefusal(digest)
  const run = refusal
    ? () => Promise.reject(buildRevokedError(refusal))
    : async () => parseTokens(await send(), refreshToken)
  const tokens = traceRefresh(run, refusal !== undefined)
  if (refusal) return tokens
  const flight = tokens
    .catch((error: XaiOAuthError) => {
      if (error.code === 'xai_refresh_token_revoked') rememberRefusal(digest, error)
      throw error
    })
    .finally(() => flights.delete(digest))
  flights.set(digest, { extras, tokens: flight })
  return flight
}

/** Waits for a promise until the signal aborts. @throws the signal's reason */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Seconds and the moment that `expires_in` leads to; nothing, unless it is a number of seconds that leads to one. */
export function parseExpiry(expiresIn: unknown): Pick<XaiTokens, 'expiresIn' | 'expiresAt'> {
  if (typeof expiresIn !== 'number' || expiresIn < 0) return {}
  const expiresAt = new Date(Date.now() + expiresIn * 1000)
  return Number.isNaN(expiresAt.getTime()) ? {} : { expiresIn, expiresAt }
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

function serializeExtras(extras: FormParameters): string {
  const form = new URLSearchParams(buildForm({}, extras))
  form.sort()
  return form.toString()
}

const otherExtrasError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_refresh_failed',
    'xAI token refresh not started: this refresh token is being refreshed with other parameters (such as scope). ' +
      'Wait for that refresh, and use the refresh token that it gives',
    { status: 500 },
  )

function rememberRefusal(digest: string, { message, status, ...words }: XaiOAuthError): void {
  const [oldest] = refusals.keys()
  if (refusals.size >= maxRefusals && oldest !== undefined) refusals.delete(oldest)
  const detail: Refusal['detail'] = { status }
  for (const name of ['error', 'error_description', 'error_uri'] as const) {
    const text = words[name]
    if (text !== undefined) Object.assign(detail, { [name]: text.slice(0, maxRememberedCharacters) })
  }
  refusals.set(digest, { message, detail, until: Date.now() + refusalLifetime })
}

function findRefusal(digest: string): Refusal | undefined {
  const refusal = refusals.get(digest)
  if (!refusal || refusal.until > Date.now()) return refusal
  refusals.delete(digest)
  return undefined
}

const buildRevokedError = ({ message, detail }: Refusal): XaiOAuthError =>
  new XaiOAuthError('xai_refresh_token_revoked', message, detail)

/** Tells listeners and the debug log how a refresh ends. */
async function traceRefresh(run: () => Promise<XaiTokens>, remembered: boolean): Promise<XaiTokens> {
  if (!isTraced('refresh') && !debug.enabled) return run()
  return trace('refresh', { remembered }, run, (tokens, error) => {
    const end = describeEnd(tokens, error)
    debug('refresh: %s %s', end.outcome, end.code ?? '')
    return end
  })
}

function describeEnd(tokens: XaiTokens | undefined, error: unknown): RefreshEvent {
  if (tokens) return { outcome: 'refreshed' }
  const { code, status } = error as XaiOAuthError
  return { outcome: code === 'xai_refresh_token_revoked' ? 'revoked' : 'failed', code, status }
}

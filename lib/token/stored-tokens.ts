import { isDate } from 'node:util/types'
import { isText } from '../check.js'
import { warnOnce } from '../diagnostics.js'
import { XaiOAuthError } from '../error.js'
import { parseObject } from '../http/response.js'
import { refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'
import { parseExpiry, type XaiTokens } from './refresh.js'

/** Tokens as applications have them: a token response, or what a refresh gave. */
export type GivenTokens = XaiTokenResponse | (Omit<XaiTokens, 'refreshToken' | 'raw'> & Partial<XaiTokens>)

/** One person's tokens, as a store keeps them. */
export interface StoredTokens {
  /** Whose they are; so that a store that confuses keys is found out. */
  key: string
  accessToken: string
  /** None without the scope `offline_access`. */
  refreshToken?: string
  /** Milliseconds since the epoch, when xAI said so. */
  expiresAt?: number
  /** Milliseconds from the response until then. */
  lifetime?: number
  /** As granted, space-separated, when xAI said so. */
  scope?: string
  /** Scopes that the application cannot do without. */
  needs?: readonly string[]
}

/** Types what an application gives. @throws {TypeError} when there is no access token */
export function parseGivenTokens(given: GivenTokens): Omit<StoredTokens, 'key'> {
  const { access_token, accessToken = access_token } = Object(given)
  if (!isText(accessToken)) {
    throw new TypeError(
      'TokenManager: there is no access token; save the token response that verify gets, or what refresh() gave',
    )
  }
  const isResponse = isText(access_token)
  const { scope } = given as { scope?: unknown }
  const refreshToken = isResponse
    ? refreshTokenOf(given as XaiTokenResponse)
    : (given as XaiTokens).refreshToken
  const times = isResponse
    ? toTimes(parseExpiry((given as XaiTokenResponse).expires_in))
    : toTimes(given as XaiTokens)
  return {
    accessToken,
    ...(isText(refreshToken) && { refreshToken }),
    ...times,
    ...(isText(scope) && { scope }),
  }
}

/** A moment may have become a text, where tokens went through JSON. */
function toTimes({ expiresIn, expiresAt }: Partial<XaiTokens>): Pick<StoredTokens, 'expiresAt' | 'lifetime'> {
  const counted = parseExpiry(expiresIn)
  const isMoment = isDate(expiresAt) || ['string', 'number'].includes(typeof expiresAt)
  const given = new Date(isMoment ? (expiresAt as Date) : Number.NaN)
  const at = (Number.isNaN(given.getTime()) ? counted.expiresAt : given)?.getTime()
  if (at === undefined) return {}
  const { expiresIn: seconds } = counted
  return { expiresAt: at, lifetime: seconds === undefined ? Math.max(0, at - Date.now()) : seconds * 1000 }
}

/** The text that is stored. */
export const serializeTokens = (tokens: StoredTokens): string => JSON.stringify(tokens)

/**
 * Reads a stored text; `undefined` when nobody can read it.
 *
 * @throws {Error} when the store gave what belongs to another key
 */
export function parseStoredTokens(key: string, text: string): StoredTokens | undefined {
  const stored: Partial<StoredTokens> | undefined = parseObject(text)
  if (!isText(stored?.accessToken) || !isText(stored.key)) {
    const advice = 'is it sealed, and the store given without sealTokens?'
    warnOnce('xai_tokens_unreadable', `TokenManager: a stored text cannot be read; ${advice}`)
    return undefined
  }
  if (stored.key !== key) {
    throw new Error(
      'TokenManager: the store gave the tokens of another key; does it shorten keys, or ignore capitals?',
    )
  }
  return stored as StoredTokens
}

/**
 * Whether an access token is good for another `margin` (milliseconds), of a short one for a third of its lifetime.
 * Without an expiry it is, until the API refuses it.
 */
export function isFresh({ expiresAt, lifetime = 0 }: StoredTokens, margin: number): boolean {
  return expiresAt === undefined || expiresAt - Math.min(margin, lifetime / 3) > Date.now()
}

/**
 * Demands that xAI granted what the application needs. A response without `scope` granted what was asked for
 * (RFC 6749 §5.1).
 *
 * @throws {XaiOAuthError} `xai_sign_in_needed` that names the missing scopes
 */
export function checkNeeds({ scope, needs = [] }: Pick<StoredTokens, 'scope' | 'needs'>): void {
  if (scope === undefined) return
  const granted = scope.split(' ')
  const missing = needs.filter((need) => !granted.includes(need))
  if (missing.length === 0) return
  throw signInNeededError(
    `xAI did not grant ${missing.join(' ')}, which this application needs, but ${scope}. ` +
      'Ask for it in the scope of the strategy, and let the person sign in again',
  )
}

/** The error of tokens that are of no use any more. */
export const signInNeededError = (message: string, cause?: unknown): XaiOAuthError =>
  new XaiOAuthError('xai_sign_in_needed', message, { status: 401, cause })

/** The error of somebody of whom there are no tokens. */
export const noTokensError = (): XaiOAuthError =>
  signInNeededError('The person has to sign in: there are no tokens')

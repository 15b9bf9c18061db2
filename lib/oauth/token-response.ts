import type { XaiOAuthError } from '../error.js'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import type { HttpResponse } from '../http/request.js'
import { isCloudflare, parseObject, parseUtf8 } from '../http/response.js'

/** The token endpoint's whole response, as it came (RFC 6749 §5.1); `verify` gets it as `params`. */
export interface XaiTokenResponse {
  access_token: string
  token_type?: string
  /** Seconds; may be missing. */
  expires_in?: number
  /** Only with the scope `offline_access`. */
  refresh_token?: string
  /** Only with the scope `openid`, and not for a Team. */
  id_token?: string
  /** Space-separated; may be less than was asked for. */
  scope?: string
  [parameter: string]: unknown
}

/**
 * Types a token endpoint's response.
 *
 * @throws {XaiOAuthError} for any status but 200, and for anything but a JSON object with a Bearer token
 */
export function parseTokenResponse(names: FailureNames, response: HttpResponse): XaiTokenResponse {
  if (response.status !== 200) throw buildTokenRefusal(names, response)
  const text = parseUtf8(response)
  if (text === undefined) throw buildInvalidResponseError(names, response, 'it is not UTF-8')
  const tokens = parseObject(text)
  if (tokens === undefined) throw buildInvalidResponseError(names, response, 'it is not a JSON object')
  const { access_token, token_type, error } = tokens
  if (error !== undefined && error !== null)
    throw buildInvalidResponseError(names, response, 'it holds an error')
  if (typeof access_token !== 'string' || access_token === '') {
    throw buildInvalidResponseError(names, response, 'it holds no access_token')
  }
  if (token_type !== undefined && token_type !== null && !isBearer(token_type)) {
    throw buildInvalidResponseError(names, response, 'its token_type is not Bearer')
  }
  return tokens as XaiTokenResponse
}

/** The refresh token that is to be kept from now on, when the response holds one. */
export const refreshTokenOf = ({ refresh_token: token }: XaiTokenResponse): string | undefined =>
  typeof token === 'string' && token !== '' ? token : undefined

const isBearer = (type: unknown): boolean => typeof type === 'string' && type.toLowerCase() === 'bearer'

function buildTokenRefusal(names: FailureNames, response: HttpResponse): XaiOAuthError {
  const { what, tierDenied, revoked } = names
  const { status } = response
  if ((status === 403 || status === 503) && isCloudflare(response)) {
    const start = `${what} failed (HTTP ${status}). Cloudflare sent this response, not xAI's OAuth server.`
    return buildRefusalError(names, response, start)
  }
  if (status === 403 && tierDenied) {
    const start = `${what} failed (HTTP 403). The account's tier is not entitled; signing in again does not help.`
    return buildRefusalError({ ...names, failed: tierDenied }, response, start)
  }
  const refusal = buildRefusalError(names, response)
  // Beside a 5xx, even these words are not a verdict.
  if (refusal.error !== 'invalid_grant' || !revoked || status > 499) return refusal
  const start = `${what} failed (HTTP ${status}). The refresh token is no longer valid; the person has to sign in again.`
  return buildRefusalError({ ...names, failed: revoked }, response, start)
}

import type { XaiOAuthError } from '../error.js'
import { buildRefusal, buildUnusable, type Operation } from '../http/failure.js'
import type { HttpAnswer } from '../http/request.js'
import { isCloudflare, parseObject, parseUtf8 } from '../http/response.js'

/** The token endpoint's whole answer, as it came (RFC 6749 §5.1); `verify` gets it as `params`. */
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
 * Types a token endpoint's answer.
 *
 * @throws {XaiOAuthError} for any status but 200, and for anything but a JSON object with a Bearer token
 */
export function parseTokenResponse(operation: Operation, answer: HttpAnswer): XaiTokenResponse {
  if (answer.status !== 200) throw buildTokenRefusal(operation, answer)
  const text = parseUtf8(answer)
  if (text === undefined) throw buildUnusable(operation, answer, 'it is not UTF-8')
  const response = parseObject(text)
  if (response === undefined) throw buildUnusable(operation, answer, 'it is no JSON object')
  const { access_token, token_type, error } = response
  if (error !== undefined && error !== null) throw buildUnusable(operation, answer, 'it holds an error')
  if (typeof access_token !== 'string' || access_token === '') {
    throw buildUnusable(operation, answer, 'it holds no access_token')
  }
  if (token_type !== undefined && token_type !== null && !isBearer(token_type)) {
    throw buildUnusable(operation, answer, 'its token_type is not Bearer')
  }
  return response as XaiTokenResponse
}

/** The refresh token that is to be kept from now on, when the answer holds one. */
export const refreshTokenOf = ({ refresh_token: token }: XaiTokenResponse): string | undefined =>
  typeof token === 'string' && token !== '' ? token : undefined

const isBearer = (type: unknown): boolean => typeof type === 'string' && type.toLowerCase() === 'bearer'

function buildTokenRefusal(operation: Operation, answer: HttpAnswer): XaiOAuthError {
  const { what, tierDenied, revoked } = operation
  const { status } = answer
  if ((status === 403 || status === 503) && isCloudflare(answer)) {
    const start = `${what} failed (HTTP ${status}). This is Cloudflare's answer, not one of xAI's OAuth server.`
    return buildRefusal(operation, answer, start)
  }
  if (status === 403 && tierDenied) {
    const start = `${what} failed (HTTP 403). The account's tier is not entitled; signing in again does not help.`
    return buildRefusal({ ...operation, failed: tierDenied }, answer, start)
  }
  const refusal = buildRefusal(operation, answer)
  if (refusal.error !== 'invalid_grant' || !revoked) return refusal
  const start = `${what} failed (HTTP ${status}). The refresh token is no longer valid; the person has to sign in again.`
  return buildRefusal({ ...operation, failed: revoked }, answer, start)
}

import type { XaiOAuthError } from '../error.js'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import type { HttpResponse } from '../http/request.js'
import { isCloudflare, parseObject, parseRefusal, parseUtf8 } from '../http/response.js'

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
  // Compact JSON that comes out as it went in holds nothing twice.
  if (text !== JSON.stringify(tokens) && hasRepeatedName(text))
    throw buildInvalidResponseError(names, response, 'it holds a parameter twice')
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

/** A string of JSON, with the colon that makes it a name, or brackets. */
const jsonToken = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{[]+|[}\]]+/g

/** Whether a JSON object has a member twice, of which `JSON.parse` gives the last alone (RFC 6749 §3.2 forbids it). */
function hasRepeatedName(json: string): boolean {
  const names = new Set<unknown>()
  let depth = 0
  for (const { 0: token, 1: colon } of json.matchAll(jsonToken)) {
    if (/^[{[]/.test(token)) depth += token.length
    else if (!token.startsWith('"')) depth -= token.length
    else if (colon !== undefined && depth === 1) {
      const name = JSON.parse(token.slice(0, -colon.length))
      if (names.has(name)) return true
      names.add(name)
    }
  }
  return false
}

/** What a request is refused for at the token endpoint (RFC 6749 §5.2). */
const refusalCodes = new Set<unknown>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
])

function buildTokenRefusal(names: FailureNames, response: HttpResponse): XaiOAuthError {
  const { what, tierDenied, revoked } = names
  const { status } = response
  const refuse = (why: string, failed = names.failed): XaiOAuthError =>
    buildRefusalError({ ...names, failed }, response, `${what} failed (HTTP ${status}). ${why}`)

  if ((status === 403 || status === 503) && isCloudflare(response)) {
    return refuse("Cloudflare sent this response, not xAI's OAuth server.")
  }
  const words = parseRefusal(response)
  const error = words?.error
  if (status === 403 && tierDenied && !refusalCodes.has(error)) {
    return words === undefined && isTextPage(response)
      ? refuse(
          "This is a page of text, which xAI's OAuth server does not send: something in front of it refused the request.",
        )
      : refuse("The account's tier is not entitled; signing in again does not help.", tierDenied)
  }
  // Beside a 5xx, even these words are not a verdict.
  if (error === 'invalid_grant' && revoked && status <= 499) {
    return refuse('The refresh token is no longer valid; the person has to sign in again.', revoked)
  }
  return buildRefusalError(names, response)
}

/** Whether a response says that it is text for people. */
const isTextPage = ({ headers, body }: HttpResponse): boolean =>
  /^text\//i.test(headers['content-type'] ?? '') && body.length > 0

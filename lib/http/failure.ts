import type { IncomingHttpHeaders } from 'node:http'
import { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from '../error.js'
import { redact, redactIssuedTokens } from './redaction.js'
import {
  DeadlineError,
  type HttpRequest,
  type HttpResponse,
  OversizedBodyError,
  sendRequest,
} from './request.js'
import { parseObject, parseRetryAfter } from './response.js'

/** How failures of a request to xAI are named, and which secrets of the request they must not show. */
export interface FailureNames {
  /** The start of every message, e.g. `xAI token exchange`. */
  what: string
  /** A refusal, or no response. */
  failed: XaiErrorCode
  /** A response that nobody can use. */
  invalid: XaiErrorCode
  /** A 403 that xAI's OAuth server itself gave. */
  tierDenied?: XaiErrorCode
  /** `invalid_grant`: the grant is gone for good. */
  revoked?: XaiErrorCode
  /** A sentence for the case that the request may have arrived and its response was lost. */
  responseLost?: string
  secrets: ReadonlyArray<string | undefined>
}

const maxResponseBytes = 64 * 1024
const maxMessageCharacters = 2000

/** Sends a request. @throws {XaiOAuthError} under these names, when no complete response comes */
export async function sendToXai(
  names: FailureNames,
  request: Omit<HttpRequest, 'what'>,
): Promise<HttpResponse> {
  try {
    return await sendRequest({ what: names.what, ...request })
  } catch (cause) {
    const { what, failed, responseLost } = names
    if (cause instanceof OversizedBodyError)
      throw buildInvalidResponseError(names, cause.response, cause.message)
    const status = cause instanceof DeadlineError ? 504 : 502
    const message = [`${what} failed: ${describe(cause)}`, responseLost].filter(Boolean).join('. ')
    throw new XaiOAuthError(failed, message, { status, cause })
  }
}

/** The error of a response that refuses: HTTP status and body stand in the message. */
export function buildRefusalError(
  names: FailureNames,
  response: HttpResponse,
  start?: string,
): XaiOAuthError {
  const kept = buildErrorResponse(names, response)
  const sentence = start ?? `${names.what} failed (HTTP ${response.status}).`
  const body = kept.body.slice(0, maxMessageCharacters)
  return new XaiOAuthError(names.failed, `${sentence} Response: ${body}`, detailOf(kept))
}

/** The error of a response that should have been usable and is not; the message does not repeat it. */
export function buildInvalidResponseError(
  names: FailureNames,
  response: HttpResponse,
  why: string,
): XaiOAuthError {
  const message = `${names.what} got an unusable response (HTTP ${response.status}): ${why}`
  return new XaiOAuthError(names.invalid, message, detailOf(buildErrorResponse(names, response)))
}

/** What an error keeps of a response: no secret that was sent and, unless it refuses, no token that it issues. */
function buildErrorResponse(
  { secrets }: FailureNames,
  { status, headers, body }: HttpResponse,
): XaiErrorResponse {
  const clean = (text: string, isCut = false): string => {
    const unsent = redact(text, secrets, { isCut })
    return status < 400 ? redactIssuedTokens(unsent) : unsent
  }
  const cleanHeaders: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    cleanHeaders[name] = Array.isArray(value) ? value.map((item) => clean(item)) : clean(value as string)
  }
  const isCut = body.length > maxResponseBytes
  return { status, headers: cleanHeaders, body: decodeStart(Buffer.from(clean(decodeStart(body), isCut))) }
}

/** The text of as many bytes as are kept; a character that the cut divides is left out. */
const decodeStart = (body: Buffer): string =>
  new TextDecoder().decode(body.subarray(0, maxResponseBytes), { stream: body.length > maxResponseBytes })

function detailOf(response: XaiErrorResponse): XaiErrorDetail {
  const { status, headers, body } = response
  const words = parseObject(body) ?? {}
  const retryAfter = parseRetryAfter(headers['retry-after'])
  const textOf = (name: string): object => {
    const value = words[name]
    return typeof value === 'string' ? { [name]: value } : {}
  }
  return {
    status: status >= 400 && status <= 599 ? status : 502,
    response,
    ...textOf('error'),
    ...textOf('error_description'),
    ...textOf('error_uri'),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}

/** Words for what was caught; Node leaves the message of a connection tried on several addresses empty. */
function describe(cause: unknown): string {
  const { message, code } = cause as NodeJS.ErrnoException
  return message || String(code)
}

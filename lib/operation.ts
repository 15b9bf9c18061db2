import type { IncomingHttpHeaders } from 'node:http'
import { parseObject, parseRetryAfter } from './answer.js'
import { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from './error.js'
import {
  DeadlineError,
  type HttpAnswer,
  type HttpRequest,
  OversizedBodyError,
  requestAnswer,
} from './http-exchange.js'
import { maxEncodedGrowth, redact, redactIssuedTokens } from './redaction.js'

/** Something that is asked of xAI: what it is called, which codes its failures have, which secrets it sends. */
export interface Operation {
  /** The start of every message, e.g. `xAI token exchange`. */
  what: string
  /** Refused, or no answer. */
  failed: XaiErrorCode
  /** An answer that nobody can use. */
  invalid: XaiErrorCode
  /** A 403 that xAI's OAuth server itself gave. */
  tierDenied?: XaiErrorCode
  /** `invalid_grant`: the grant is gone for good. */
  revoked?: XaiErrorCode
  /** A sentence for the case that the request may have arrived and its answer was lost. */
  answerLost?: string
  secrets: ReadonlyArray<string | undefined>
}

const maxResponseBytes = 64 * 1024
const maxMessageCharacters = 2000

/** Sends the operation's one request. @throws {XaiOAuthError} when no complete answer comes */
export async function requestOperation(operation: Operation, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return await requestAnswer(request)
  } catch (cause) {
    const { what, failed, answerLost } = operation
    if (cause instanceof OversizedBodyError) throw buildUnusable(operation, cause.answer, cause.message)
    const status = cause instanceof DeadlineError ? 504 : 502
    const message = [`${what} failed: ${describe(cause)}`, answerLost].filter(Boolean).join('. ')
    throw new XaiOAuthError(failed, message, { status, cause })
  }
}

/** The error of an answer that refuses: HTTP status and body stand in the message. */
export function buildRefusal(operation: Operation, answer: HttpAnswer, start?: string): XaiOAuthError {
  const response = buildResponse(operation, answer)
  const sentence = start ?? `${operation.what} failed (HTTP ${answer.status}).`
  const body = response.body.slice(0, maxMessageCharacters)
  return new XaiOAuthError(operation.failed, `${sentence} Response: ${body}`, detailOf(operation, response))
}

/** The error of an answer that should have been usable and is not; the message does not repeat it. */
export function buildUnusable(operation: Operation, answer: HttpAnswer, why: string): XaiOAuthError {
  const message = `${operation.what} got an unusable answer (HTTP ${answer.status}): ${why}`
  return new XaiOAuthError(operation.invalid, message, detailOf(operation, buildResponse(operation, answer)))
}

const buildCleaner =
  ({ secrets }: Operation) =>
  (text: string): string =>
    redactIssuedTokens(redact(text, secrets))

function buildResponse(operation: Operation, { status, headers, body }: HttpAnswer): XaiErrorResponse {
  const clean = buildCleaner(operation)
  const cleanHeaders: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    cleanHeaders[name] = Array.isArray(value) ? value.map(clean) : clean(value as string)
  }
  // What stands behind the end could be half of a secret: that much more is searched, and then left out.
  const text = body.toString('utf8')
  const margin = maxEncodedGrowth * Math.max(0, ...operation.secrets.map((secret = '') => secret.length))
  const start = text.slice(0, maxResponseBytes + margin)
  const left = start === text ? clean(start) : clean(start).slice(0, -margin || undefined)
  return { status, headers: cleanHeaders, body: cutBytes(left, maxResponseBytes) }
}

const cutBytes = (text: string, limit: number): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, limit), { stream: true })

function detailOf(operation: Operation, response: XaiErrorResponse): XaiErrorDetail {
  const { status, headers, body } = response
  const words = parseObject(body) ?? {}
  const retryAfter = parseRetryAfter(headers['retry-after'])
  // Cleaned once more: the escapes of JSON can hide a secret that is encoded in another way as well.
  const clean = buildCleaner(operation)
  const textOf = (name: string): object => {
    const value = words[name]
    return typeof value === 'string' ? { [name]: clean(value) } : {}
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

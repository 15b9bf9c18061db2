import type { IncomingHttpHeaders } from 'node:http'
import { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from '../error.js'
import { redact, redactIssuedTokens } from './redaction.js'
import {
  DeadlineError,
  type HttpAnswer,
  type HttpRequest,
  OversizedBodyError,
  requestAnswer,
} from './request.js'
import { parseObject, parseRetryAfter } from './response.js'

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
  return new XaiOAuthError(operation.failed, `${sentence} Response: ${body}`, detailOf(response))
}

/** The error of an answer that should have been usable and is not; the message does not repeat it. */
export function buildUnusable(operation: Operation, answer: HttpAnswer, why: string): XaiOAuthError {
  const message = `${operation.what} got an unusable answer (HTTP ${answer.status}): ${why}`
  return new XaiOAuthError(operation.invalid, message, detailOf(buildResponse(operation, answer)))
}

/** What an error keeps of an answer: no secret that was sent and, unless it refuses, no token that it issues. */
function buildResponse({ secrets }: Operation, { status, headers, body }: HttpAnswer): XaiErrorResponse {
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

import { types } from 'node:util'
import { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from '../error.js'
import { placeholder, redact, redactSent } from './redaction.js'
import { DeadlineError, type HttpResponse, OversizedBodyError } from './request.js'
import { parseRefusal, parseRetryAfter } from './response.js'

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

/** The error of a request that got no complete response: no connection, the deadline, or a body without end. */
export function buildNoResponseError(names: FailureNames, cause: unknown): XaiOAuthError {
  const { what, failed, responseLost, secrets } = names
  if (cause instanceof OversizedBodyError)
    return buildInvalidResponseError(names, cause.response, cause.message)
  hideSecretsIn(cause, secrets)
  const status = cause instanceof DeadlineError ? 504 : 502
  const message = [`${what} failed: ${describe(cause)}`, responseLost].filter(Boolean).join('. ')
  return new XaiOAuthError(failed, message, { status, cause })
}

/** The error of a response that refuses: HTTP status and body stand in the message. */
export function buildRefusalError(
  names: FailureNames,
  response: HttpResponse,
  start = `${names.what} failed (HTTP ${response.status}).`,
): XaiOAuthError {
  const detail = detailOf(response, names)
  const body = detail.response.body.slice(0, maxMessageCharacters)
  return new XaiOAuthError(names.failed, `${start} Response: ${body}`, detail)
}

/** The error of a response that should have been usable and is not; the message does not repeat it. */
export function buildInvalidResponseError(
  names: FailureNames,
  response: HttpResponse,
  why: string,
): XaiOAuthError {
  const message = `${names.what} got an unusable response (HTTP ${response.status}): ${why}`
  return new XaiOAuthError(names.invalid, message, detailOf(response, names))
}

/** What an error tells of a response, without what could be a secret. */
function detailOf({ status, headers, body }: HttpResponse, { secrets }: FailureNames) {
  const clean = (text: string): string => redact(text, secrets, headers['cf-ray'] as string | undefined)
  const cleanHeaders = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(clean) : clean(value as string),
  ])
  const response: XaiErrorResponse = {
    status,
    headers: Object.fromEntries(cleanHeaders),
    body: cleanStart(body, clean, secrets),
  }
  // Read before anything is replaced, which could make the JSON invalid.
  const words = body.length > maxResponseBytes ? {} : parseRefusal({ body })
  const cleanWords = ['error', 'error_description', 'error_uri'].flatMap((name) => {
    const value = words?.[name]
    return typeof value === 'string' ? [[name, clean(value)]] : []
  })
  const retryAfter = parseRetryAfter(headers['retry-after'])
  return {
    status: status >= 400 && status <= 599 ? status : 502,
    response,
    ...Object.fromEntries(cleanWords),
    ...(retryAfter !== undefined && { retryAfter }),
  } satisfies XaiErrorDetail
}

/** A secret that a cut divides is found behind the cut as well: no encoding makes more than 15 characters of one. */
const marginFor = (secrets: FailureNames['secrets']): number =>
  Math.max(4096, ...secrets.map((secret = '') => 15 * secret.length))

/** The first 64 KiB of a body's text, without secrets, and without the beginning of one at the end. */
function cleanStart(body: Buffer, clean: (text: string) => string, secrets: FailureNames['secrets']): string {
  const margin = marginFor(secrets)
  const seen = maxResponseBytes + 2 * margin
  const text = Buffer.from(clean(decode(body, seen)))
  // What stands behind the last placeholder can be the beginning of a secret that goes on beyond what is seen.
  const end = Math.max(text.lastIndexOf(placeholder) + placeholder.length, text.length - margin)
  return decode(text, body.length > seen ? Math.min(end, maxResponseBytes) : maxResponseBytes)
}

/** The text of the first bytes; a character that the cut divides is left out. */
const decode = (bytes: Buffer, length: number): string =>
  new TextDecoder().decode(bytes.subarray(0, length), { stream: true })

/** Hides what was sent in the texts of an error, and of the errors that it carries, such as those of an AggregateError. */
function hideSecretsIn(error: unknown, secrets: FailureNames['secrets'], seen = new Set<unknown>()): void {
  // Not `instanceof`: in Jest, Node's errors are of another realm.
  if (!types.isNativeError(error) || seen.has(error)) return
  seen.add(error)
  for (const key of Reflect.ownKeys(error)) {
    const value: unknown = Reflect.get(error, key)
    if (typeof value === 'string') {
      const text = redactSent(value, secrets)
      if (text !== value) Reflect.set(error, key, text)
    }
    for (const item of [value].flat()) hideSecretsIn(item, secrets, seen)
  }
}

/** Words for what was caught; Node leaves the message of a connection tried on several addresses empty. */
function describe(cause: unknown): string {
  const { message, code } = cause as NodeJS.ErrnoException
  // OpenSSL's own words end with a line break.
  return String(message ?? '').trim() || String(code)
}

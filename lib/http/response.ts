import { isUtf8 } from 'node:buffer'
import type { HttpResponse } from './request.js'

const utf8Names = /^(utf-?8|us-ascii)$/i

/** The text of a response that must be UTF-8; `undefined` when it says or shows that it is not. */
export function parseUtf8({ headers, body }: HttpResponse): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  if (!utf8Names.test(charset) || !isUtf8(body)) return undefined
  // A byte order mark says nothing that is not known, and JSON has no place for it (RFC 8259 §8.1).
  return body.toString('utf8').replace(/^\uFEFF/, '')
}

/** The JSON object in a text; `undefined` for anything else, other JSON types included. */
export function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** The JSON object in a body, whatever the response says of its charset: enough to judge a refusal. */
export const parseRefusal = ({ body }: Pick<HttpResponse, 'body'>): Record<string, unknown> | undefined =>
  parseObject(new TextDecoder().decode(body))

/** Whether a response is Cloudflare's and not one of xAI's OAuth server: a challenge, or an HTML page. */
export const isCloudflare = ({ headers, body }: HttpResponse): boolean =>
  headers['cf-mitigated'] !== undefined ||
  /^text\/html\b/i.test(headers['content-type'] ?? '') ||
  /^\s*</.test(new TextDecoder().decode(body.subarray(0, 256)))

/** The two HTTP dates that name their zone (RFC 9110 §5.6.7); `Date.parse` alone makes a date of almost anything. */
const httpDate = /^[A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/

/** Seconds that `Retry-After` asks to wait, whether it gives seconds or a date (RFC 9110 §10.2.3). */
export function parseRetryAfter(header = ''): number | undefined {
  if (/^\d{1,10}$/.test(header)) return Number(header)
  const date = httpDate.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

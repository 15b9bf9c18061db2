import type { OutgoingHttpHeaders } from 'node:http'

/** An HTTP answer as a value, before it is sent. */
export interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Buffer
}

/** A JSON answer that no cache keeps (RFC 6749 §5.1). */
export const buildJSONAnswer = (
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(value),
})

/** An OAuth error answer (RFC 6749 §5.2). */
export const buildErrorAnswer = (status: number, error: string, description: string): Answer =>
  buildJSONAnswer(status, { error, error_description: description })

/** A redirect that always becomes a GET, so that no form is ever sent on. */
export const buildRedirect = (location: string, headers: OutgoingHttpHeaders = {}): Answer => ({
  status: 303,
  headers: { ...headers, location, 'cache-control': 'no-store' },
  body: '',
})

import type { OutgoingHttpHeaders } from 'node:http'
import type { Response } from 'express'

/** An answer as a value, before it is sent. */
export interface Answer {
  status: number
  headers: OutgoingHttpHeaders
  body: string
}

/** Builds an answer of a content type. */
export const buildAnswer = (status: number, type: string, body: string): Answer => ({
  status,
  headers: { 'content-type': `${type}; charset=utf-8` },
  body,
})

/** Builds an answer without a body. */
export const buildEmptyAnswer = (status: number, headers: OutgoingHttpHeaders = {}): Answer => ({
  status,
  headers,
  body: '',
})

/** Builds a refusal; no page of another origin can read it. */
export const buildRefusal = (status: number, message: string): Answer =>
  buildAnswer(status, 'text/plain', `${message}\n`)

/** Sends an answer that nothing caches. What earlier middleware has granted to other origins is withdrawn. */
export function sendAnswer(response: Response, { status, headers, body }: Answer): void {
  for (const name of response.getHeaderNames()) {
    if (name.startsWith('access-control-')) response.removeHeader(name)
  }
  response.statusCode = status
  const all = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  }
  for (const [name, value] of Object.entries(all)) response.setHeader(name, value as string)
  response.end(body)
}

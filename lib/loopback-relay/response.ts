import type { OutgoingHttpHeaders } from 'node:http'
import type { Response } from 'express'

/** A response as a value, before it is sent. */
export interface RelayResponse {
  status: number
  headers: OutgoingHttpHeaders
  body: string
}

/** Builds a response without a body. */
export const buildEmptyResponse = (status: number, headers: OutgoingHttpHeaders = {}): RelayResponse => ({
  status,
  headers,
  body: '',
})

/** Builds a response with a JSON body. */
export const buildJSONResponse = (status: number, value: unknown): RelayResponse => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
})

/** Builds a refusal. Without CORS headers no page of another origin can read it. */
export const buildRefusal = (status: number, message: string): RelayResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `${message}\n`,
})

/** Sends a response that nothing caches. What earlier middleware has granted to other origins is withdrawn. */
export function sendResponse(res: Response, { status, headers, body }: RelayResponse): void {
  for (const name of res.getHeaderNames()) {
    if (name.startsWith('access-control-')) res.removeHeader(name)
  }
  res.writeHead(status, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers })
  res.end(body)
}

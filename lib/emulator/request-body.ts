import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Context } from './oidc-provider.js'
import type { EmulatorRequest } from './request.js'

const limit = 64 * 1024

export const formType = 'application/x-www-form-urlencoded'

/** The media type alone, in lower case. */
export const mediaTypeOf = (headers: IncomingHttpHeaders): string =>
  `${headers['content-type']}`.split(';', 1).join().trim().toLowerCase()

/** Reads a body to its end; undefined when it is larger than 64 KiB. Rejects when the client goes away before. */
export async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
  }
  return size > limit ? undefined : Buffer.concat(chunks)
}

/** What the log keeps of a request. */
export function describeRequest({ req, path, method, querystring }: Context, body: string): EmulatorRequest {
  const { headers } = req
  const parse = (text: string) => Object.fromEntries(new URLSearchParams(text))
  const isForm = mediaTypeOf(headers) === formType
  return {
    method,
    path,
    query: parse(querystring),
    headers,
    body,
    ...(isForm && { parameters: parse(body) }),
  }
}

/** Lets oidc-provider, which reads bodies itself, read a body again, as if the request had been sent to `host`. */
export function replay(ctx: Context, body: Buffer, host: string): void {
  const { method, url, httpVersion, socket, headers } = ctx.req
  const { 'transfer-encoding': _, ...others } = headers
  const length = body.length > 0 ? { 'content-length': `${body.length}` } : {}
  const request = { method, url, httpVersion, socket, headers: { ...others, host, ...length } }
  const stream = Readable.from(body.length > 0 ? [body] : [])
  ctx.req = Object.assign(stream, request) as unknown as IncomingMessage
  ctx.request.req = ctx.req
  ctx.response.req = ctx.req
}

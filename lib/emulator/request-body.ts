import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Context } from './oidc-provider.js'
import type { EmulatorRequest } from './request-log.js'

const limit = 64 * 1024

export const formType = 'application/x-www-form-urlencoded'

/** The media type alone, in lower case. */
export const mediaTypeOf = (headers: IncomingHttpHeaders): string =>
  `${headers['content-type']}`.split(';', 1).join().trim().toLowerCase()

/** A body of more than 64 KiB is read to its end, but not kept. */
export interface RequestBody {
  readonly bytes: Buffer
  readonly isTooLarge: boolean
}

/** Reads a body to its end; rejects when the client goes away before. */
export async function readBody(message: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
  }
  const isTooLarge = size > limit
  return { bytes: isTooLarge ? Buffer.alloc(0) : Buffer.concat(chunks), isTooLarge }
}

/** What the log keeps of a request. */
export function describeRequest({ req, path, method, querystring }: Context, bytes: Buffer): EmulatorRequest {
  const { headers } = req
  const body = bytes.toString()
  const parse = (text: string) => Object.fromEntries(new URLSearchParams(text))
  const isForm = mediaTypeOf(headers) === formType
  const query = parse(querystring)
  return { method, path, query, headers, body, ...(isForm && { parameters: parse(body) }) }
}

/** Gives oidc-provider, which reads bodies itself, a body to read: the request's own again, or another one. */
export function replaceBody(ctx: Context, body: Buffer | string, host = ctx.host): void {
  const { method, url, httpVersion, socket, headers } = ctx.req
  const { 'transfer-encoding': _, ...others } = headers
  const bytes = Buffer.from(body)
  const replaced = {
    method,
    url,
    httpVersion,
    socket,
    headers: { ...others, host, ...(bytes.length > 0 && { 'content-length': `${bytes.length}` }) },
  }
  ctx.req = Object.assign(
    Readable.from(bytes.length > 0 ? [bytes] : []),
    replaced,
  ) as unknown as IncomingMessage
  ctx.request.req = ctx.req
  ctx.response.req = ctx.req
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** A request as the emulator got it; `status` is added when it has been answered. */
export interface EmulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Of a repeated parameter, the last value. */
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<IncomingHttpHeaders>
  /** Verbatim, as UTF-8; at most 64 KiB, and empty when there was more. */
  readonly body: string
  /** The decoded form, when the body was one; of a repeated parameter, the last value. */
  readonly parameters?: Readonly<Record<string, string>>
  /** The HTTP status of the answer; absent while there is none, and for ever when the connection was cut before it. */
  status?: number
}

/** A request with everything that the handlers need. */
export interface ReceivedRequest extends EmulatorRequest {
  /** The path and the query, verbatim. */
  readonly target: string
  readonly tooLarge: boolean
}

const bodyLimit = 64 * 1024

const record = (parameters: URLSearchParams): Record<string, string> => Object.fromEntries(parameters)

/** The media type alone, in lower case. */
export const mediaTypeOf = (headers: IncomingHttpHeaders): string =>
  `${headers['content-type']}`.split(';', 1).join().trim().toLowerCase()

/** Reads a request to its end, of a body over 64 KiB nothing; rejects when the client goes away before. */
export async function readRequest(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= bodyLimit) chunks.push(chunk)
  }
  const tooLarge = size > bodyLimit
  const body = tooLarge ? '' : Buffer.concat(chunks).toString()
  const { headers, method, url: target } = message as IncomingMessage & { method: string; url: string }
  const [path = '', ...query] = target.split('?')
  const isForm = mediaTypeOf(headers) === 'application/x-www-form-urlencoded'
  return {
    method,
    path,
    target,
    query: record(new URLSearchParams(query.join('?'))),
    headers,
    body,
    tooLarge,
    ...(isForm && { parameters: record(new URLSearchParams(body)) }),
  }
}

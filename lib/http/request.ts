import http = require('node:http')
import https = require('node:https')

import { urlToHttpOptions } from 'node:url'

/** How requests introduce themselves; a test holds it to the version in package.json. */
const userAgent = 'passport-xai/0.1.0'

/** One mebibyte: no honest response of an authorization server comes near it. */
export const maxBodyBytes = 1024 * 1024

/** One HTTP request, complete in itself. */
export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: http.OutgoingHttpHeaders
  body?: string | Uint8Array
  agent?: http.Agent | boolean | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds for everything: connect, headers and body. */
  timeout: number
}

/** A complete response; redirects are responses like any other, they are never followed. */
export interface HttpResponse {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** No complete response came within the deadline; the socket has been closed. */
export class DeadlineError extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(timeout: number) {
    super(`no complete response within ${timeout} ms`)
  }
}

/** The body went past {@link maxBodyBytes}; `response` holds what was read until then. */
export class OversizedBodyError extends Error {
  readonly response: HttpResponse

  constructor(response: HttpResponse) {
    super(`the body is larger than ${maxBodyBytes} bytes`)
    this.response = response
  }
}

/**
 * Sends one request and reads its whole response, within one deadline and one size limit. Settles exactly once.
 *
 * @throws {DeadlineError} {@link OversizedBodyError}, or what `node:http` reported about the connection
 */
export function sendRequest({
  method,
  url,
  headers,
  body,
  agent,
  signal,
  timeout,
}: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, path, auth } = urlToHttpOptions(new URL(url))
    const { request: send } = protocol === 'https:' ? https : http
    const request = send({
      ...{ protocol, hostname, port, path, auth },
      method,
      headers: { 'User-Agent': userAgent, ...headers },
      ...{ agent, signal },
    })
    const deadline = setTimeout(() => fail(new DeadlineError(timeout)), timeout)

    function fail(reason: Error & { rawPacket?: Buffer }): void {
      clearTimeout(deadline)
      // What Node could not parse may repeat the secrets that were sent.
      delete reason.rawPacket
      reject(reason)
      request.destroy()
    }

    request.on('error', fail)
    // A server that switches protocols ends the request without a response and without an error. The socket is the
    // listener's from then on: from Node 26 on, destroying the request leaves it open.
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      fail(new Error('the server switched protocols'))
    })
    request.on('response', (response) => {
      const { headers } = response
      const status = response.statusCode as number
      const chunks: Buffer[] = []
      let length = 0
      const collect = (chunk: Buffer): void => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= maxBodyBytes) return
        // Chunks that are parsed already would still arrive after the socket is gone.
        response.off('data', collect)
        fail(new OversizedBodyError({ status, headers, body: Buffer.concat(chunks) }))
      }
      response.on('data', collect)
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(deadline)
        const [only] = chunks
        resolve({ status, headers, body: only && chunks.length === 1 ? only : Buffer.concat(chunks) })
      })
    })
    request.end(body)
  })
}

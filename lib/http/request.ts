import http = require('node:http')
import https = require('node:https')

import { targetOf } from './target.js'

/** One mebibyte: no honest answer of an authorization server comes near it. */
export const maxBodyBytes = 1024 * 1024

/** One HTTP request, complete in itself. */
export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: http.OutgoingHttpHeaders
  body?: string
  agent?: http.Agent | boolean | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds for everything: connect, headers and body. */
  timeout: number
}

/** A complete answer; redirects are answers like any other, they are never followed. */
export interface HttpAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** No complete answer came within the deadline; the socket has been closed. */
export class DeadlineError extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(timeout: number) {
    super(`no complete answer within ${timeout} ms`)
  }
}

/** The body went past {@link maxBodyBytes}; `answer` holds what was read until then. */
export class OversizedBodyError extends Error {
  readonly answer: HttpAnswer

  constructor(answer: HttpAnswer) {
    super(`the body is larger than ${maxBodyBytes} bytes`)
    this.answer = answer
  }
}

/**
 * Sends one request and reads its whole answer, within one deadline and one size limit. Settles exactly once.
 *
 * @throws {DeadlineError} {@link OversizedBodyError}, or what `node:http` reported about the connection
 */
export function requestAnswer({
  method,
  url,
  headers,
  body,
  agent,
  signal,
  timeout,
}: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const target = targetOf(url)
    const { request: send } = target.protocol === 'https:' ? https : http
    const request = send({ ...target, method, headers, agent, signal })
    const deadline = setTimeout(() => fail(new DeadlineError(timeout)), timeout)

    function fail(reason: Error & { rawPacket?: Buffer }): void {
      clearTimeout(deadline)
      // What Node could not parse may repeat the secrets that were sent.
      delete reason.rawPacket
      reject(reason)
      request.destroy()
    }

    request.on('error', fail)
    // A server that switches protocols ends the request without an answer and without an error. The socket is the
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

import http = require('node:http')
import https = require('node:https')

import type { Duplex } from 'node:stream'
import * as timers from 'node:timers/promises'
import { urlToHttpOptions } from 'node:url'
import { isTraced, type RequestEvent, trace } from '../diagnostics.js'
import { defaultAgentFor, idleConnectionsOf } from './agent.js'

/** How requests introduce themselves; a test holds it to the version in package.json. */
const userAgent = 'passport-xai/0.1.0'

/** One mebibyte: no honest response of an authorization server comes near it. */
export const maxBodyBytes = 1024 * 1024

/** One HTTP request, complete in itself. */
export interface HttpRequest {
  /** What is asked, for diagnostics; such as `xAI token exchange`. */
  what: string
  method: 'GET' | 'POST'
  url: string
  headers: http.OutgoingHttpHeaders
  body?: string | Uint8Array
  /** Default: see {@link defaultAgentFor}. */
  agent?: http.Agent | boolean | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds for everything: connect, headers and body, of a second try as well. */
  timeout: number
  /** The request must not arrive twice: it goes out on a connection that has not been idle, and only once. */
  atMostOnce?: boolean | undefined
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
 * Sends a request and reads its whole response, within one deadline and one size limit.
 *
 * A server may close a kept-alive connection at any time, also while a request is on its way (RFC 9112 §9.5). When
 * that happens before any byte of a response, the request goes out once more, on a new connection. Should the first
 * one have been acted on, a single-use code is refused then: the sign-in is lost, as it would be without the second.
 *
 * @throws {DeadlineError} {@link OversizedBodyError}, or what `node:http` reported about the connection
 */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  if (!isTraced('request')) return sendWithinDeadline(request)
  const { what, method, url } = request
  // Without credentials and query, which may be secret.
  const { origin, pathname } = new URL(url)
  const event: RequestEvent = { what, method, url: origin + pathname }
  const onResend = (): void => {
    event.resent = true
  }
  return trace('request', event, () => sendWithinDeadline(request, onResend), concludeEvent(request))
}

const concludeEvent =
  ({ signal }: HttpRequest) =>
  (response: HttpResponse | undefined, error: unknown): Partial<RequestEvent> => {
    if (response) return { outcome: 'response', status: response.status }
    if (error instanceof OversizedBodyError) return { outcome: 'too_large', status: error.response.status }
    if (error instanceof DeadlineError) return { outcome: 'timeout' }
    return { outcome: signal?.aborted ? 'aborted' : 'no_response' }
  }

async function sendWithinDeadline(request: HttpRequest, onResend?: () => void): Promise<HttpResponse> {
  const { timeout, atMostOnce = false } = request
  const url = new URL(request.url)
  const agent = request.agent ?? defaultAgentFor(request.url)
  if (atMostOnce) closeIdleConnections(agent, url)
  else if (idleConnectionsOf(agent, url).length > 0) await noticeWhatArrived()
  let fail: Fail | undefined
  const deadline = setTimeout(() => fail?.(new DeadlineError(timeout)), timeout)
  const onStart = (failTry: Fail): void => {
    fail = failTry
  }
  try {
    const response = await exchange(request, { url, agent, isLast: atMostOnce, onStart })
    if (response) return response
    onResend?.()
    // Whatever else has been idle is likely to be closed as well.
    closeIdleConnections(agent, url)
    return (await exchange(request, { url, agent, isLast: true, onStart })) as HttpResponse
  } finally {
    clearTimeout(deadline)
  }
}

/** Taken now: tests that replace timers later do not stop requests. */
const nextTurn = timers.setImmediate

/**
 * Lets the process see the ends of connections, and bytes on them, that have arrived already. Two turns of the event
 * loop, because the first may be one that has looked for them before.
 */
async function noticeWhatArrived(): Promise<void> {
  await nextTurn()
  await nextTurn()
}

function closeIdleConnections(agent: HttpRequest['agent'], url: URL): void {
  for (const socket of idleConnectionsOf(agent, url)) socket.destroy()
}

type Fail = (reason: Error) => void

/** Connections that have carried a request. `reusedSocket` is false for one that went straight to the next. */
const connections = new WeakMap<Duplex, 'busy' | 'idle'>()

/** What arrives on an idle connection is nobody's response, so the connection is closed (RFC 9112 §9.2). */
function watchConnection(socket: Duplex): void {
  socket.on('free', () => connections.set(socket, 'idle'))
  socket.on('data', () => {
    if (connections.get(socket) === 'idle') socket.destroy()
  })
}

/** One try to send a request. */
interface Try {
  url: URL
  agent: http.Agent | boolean
  isLast: boolean
  onStart(fail: Fail): void
}

/** Sends a request; `undefined` when it is not the last try and a used connection ended before any byte of a response. */
function exchange(
  { method, headers, body, signal }: HttpRequest,
  { url, agent, isLast, onStart }: Try,
): Promise<HttpResponse | undefined> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, path, auth } = urlToHttpOptions(url)
    const { request: send } = protocol === 'https:' ? https : http
    const request = send({
      ...{ protocol, hostname, port, path, auth },
      method,
      headers: { 'User-Agent': userAgent, ...headers },
      ...{ agent, signal },
    })
    let mayResend = false

    function fail(reason: Error & { rawPacket?: Buffer }): void {
      mayResend = false
      // What Node could not parse may repeat the secrets that were sent.
      delete reason.rawPacket
      reject(reason)
      request.destroy()
    }

    onStart(fail)
    request.on('socket', (socket) => {
      const isUsed = connections.has(socket)
      if (!isUsed) watchConnection(socket)
      connections.set(socket, 'busy')
      mayResend = !isLast && (isUsed || request.reusedSocket)
      if (mayResend)
        // Before Node's own listener, which reports what is not HTTP at once.
        socket.prependOnceListener('data', () => {
          mayResend = false
        })
    })
    request.on('error', (reason) => (mayResend && !signal?.aborted ? resolve(undefined) : fail(reason)))
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
        resolve({ status, headers, body: Buffer.concat(chunks) })
      })
    })
    request.end(body)
  })
}

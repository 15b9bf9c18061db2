import type { Request } from 'express'
import { isLoopbackHost } from '../oauth/endpoint.js'
import type { PageResponse } from '../page/page.js'
import { parseCallbackRequest } from '../sign-in/callback.js'
import { isFromElsewhere, signInLifetime } from '../state/pending-sign-in.js'

/** As many sign-ins are expected at most in one process; then the oldest gives way. */
const maxExpected = 1000

/** Milliseconds that what was delivered is kept; xAI's codes live for seconds. */
const deliveryLifetime = 2 * 60_000

/** A sign-in that has begun in this process and whose delivery is awaited, or has come. */
export interface ExpectedSignIn {
  authorizationURL: string
  /** The delivery, as the query of the ordinary callback. */
  callback?: string
  /** Milliseconds since the epoch. */
  until: number
}

/** Remembers sign-ins by their state: 10 minutes until the delivery comes, and 2 minutes from then on. */
export class ExpectedSignIns {
  private readonly signIns = new Map<string, ExpectedSignIn>()

  /** Expects the delivery of a sign-in that begins now. */
  add(state: string, authorizationURL: string): void {
    this.prune()
    this.signIns.set(state, { authorizationURL, until: Date.now() + signInLifetime })
    for (const oldest of this.signIns.keys()) {
      if (this.signIns.size <= maxExpected) break
      this.signIns.delete(oldest)
    }
  }

  /** The sign-in of a state, while it is remembered. */
  find(state: string): ExpectedSignIn | undefined {
    this.prune()
    return this.signIns.get(state)
  }

  private prune(): void {
    const now = Date.now()
    for (const [state, { until }] of this.signIns) if (until <= now) this.signIns.delete(state)
  }
}

/**
 * Responds to what a page of another origin sends by itself: a delivery, or the preflight before one. Whoever is refused gets
 * no CORS headers. The `fetch` of a consent page then fails, and xAI's page shows the code to copy.
 */
export function receiveDelivery(
  req: Request,
  consentOrigins: readonly string[],
  expected: ExpectedSignIns,
): PageResponse {
  const { method, headers } = req
  const origin = `${headers.origin}`
  if (!consentOrigins.includes(origin)) return buildRefusal(403, 'No sign-in is delivered from this origin.')
  if (!isFromLoopback(req)) return buildRefusal(403, 'Sign-ins are delivered on loopback only.')
  if (method === 'OPTIONS') return buildPreflightResponse(req, origin)
  if (method !== 'GET') return buildRefusal(405, 'A sign-in is delivered by GET.')
  const request = parseCallbackRequest(req)
  if (request.kind !== 'callback') return buildRefusal(400, 'This is not the delivery of a sign-in.')
  const { parameters } = request
  const signIn = expected.find(`${parameters.state}`)
  if (!signIn) return buildRefusal(404, 'This sign-in is not expected, or has expired.')
  if (signIn.callback) return buildRefusal(409, 'This sign-in was delivered already.')
  // A query alone: whatever path a request was made up with, the code never goes to another host.
  signIn.callback = `?${new URLSearchParams(Object.entries(parameters))}`
  signIn.until = Math.min(signIn.until, Date.now() + deliveryLifetime)
  return buildResponse(204, allow(origin))
}

/** Names of headers, of 256 characters at most. */
const headerList = /^(?=.{1,256}$)[\w-]+(, ?[\w-]+)*$/

/**
 * Grants a delivery to a browser that asks first. Private Network Access, which Chromium has given up, asks by a
 * header of its own. Its successor Local Network Access asks the person, and the server only by CORS.
 */
function buildPreflightResponse({ headers }: Request, origin: string): PageResponse {
  const asked = headers['access-control-request-headers']
  return buildResponse(204, {
    ...allow(origin),
    'access-control-allow-methods': 'GET',
    ...(asked && headerList.test(asked) && { 'access-control-allow-headers': asked }),
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
  })
}

const allow = (origin: string) => ({
  'access-control-allow-origin': origin,
  vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Private-Network',
})

/** Builds a response that is not a page. */
export const buildResponse = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): PageResponse => ({ status, headers, body })

/** Builds a refusal. Without CORS headers no page of another origin can read it. */
export const buildRefusal = (status: number, message: string): PageResponse =>
  buildResponse(status, { 'content-type': 'text/plain; charset=utf-8' }, `${message}\n`)

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/

/**
 * Whether a request stays on this machine: by its socket, and by the name it was asked under. The name matters as
 * well, because a page may have its own host name resolve to 127.0.0.1 (DNS rebinding).
 */
export function isFromLoopback({ headers, socket }: Request): boolean {
  const hostname = `${headers.host}`.replace(/:\d+$/, '').toLowerCase()
  return isLoopbackHost(hostname) && loopbackAddress.test(`${socket.remoteAddress}`)
}

/**
 * Whether a page of another origin sends a request by itself, as a script or an image does. A navigation is the
 * person's own, and nobody else reads the response.
 */
export function isFromForeignPage(req: Request): boolean {
  const { headers } = req
  const { origin } = headers
  if (headers['sec-fetch-mode'] === 'navigate') return false
  if (origin === undefined) return isFromElsewhere(req)
  return !URL.canParse(origin) || new URL(origin).host !== headers.host
}

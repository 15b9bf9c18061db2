import type { Request } from 'express'
import { buildDevicePage, buildEndedDevicePage } from '../page/device-page.js'
import { type PageResponse, privateHeaders } from '../page/page.js'
import type { PendingDevice } from '../state/pending-device.js'
import { queryOf } from './callback.js'
import type { Outcome } from './passport-action.js'

/** A device sign-in that is pending, as a browser may know it: without the device code. */
export interface XaiDevicePending {
  status: 'pending'
  /** What the person types or confirms at xAI. */
  user_code: string
  /** Where, on any device. */
  verification_uri: string
  /** The same with the code filled in; absent when xAI gives none. */
  verification_uri_complete?: string
  /** Seconds that are left. */
  expires_in: number
  /** Seconds between two questions of the browser. */
  interval: number
}

/** The name of the application and where its pages begin (default `/`), or a function that builds the page as HTML. */
export type XaiDevicePage =
  | { title?: string; homeURL?: string }
  | ((pending: XaiDevicePending, req: Request) => string | Promise<string>)

/** What a response must be able to do; Node's, and what frameworks put in its place. */
interface BareResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  getHeader?(name: string): unknown
  end(body: string): unknown
}

const responseOf = (req: Request): BareResponse => (req as { res?: unknown }).res as BareResponse

/** Demands a response on the request. @throws {TypeError} that says what to write, before anything is sent */
export function checkResponse(req: Request): void {
  const { setHeader, end } = Object(responseOf(req))
  if (typeof setHeader === 'function' && typeof end === 'function') return
  throw new TypeError(
    'XaiDeviceStrategy: the request has no response; put it there in middleware before passport, req.res = res (docs/frameworks.md shows how in Fastify)',
  )
}

/** The outcome of a request that gets its response here, and not by an action of Passport's. */
export const respond = (req: Request, { status, headers, body }: PageResponse): Outcome => ({
  kind: 'pending',
  send: () => {
    const res = responseOf(req)
    res.statusCode = status
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    res.end(body)
  },
})

/** The page that shows the code, or the same as JSON. */
export async function buildPendingResponse(
  req: Request,
  device: PendingDevice,
  page: XaiDevicePage,
): Promise<PageResponse> {
  const { userCode, verificationURI, verificationURIComplete, interval, expires } = device
  const expiresIn = Math.max(0, Math.ceil((expires - Date.now()) / 1000))
  const pending: XaiDevicePending = {
    status: 'pending',
    user_code: userCode,
    verification_uri: verificationURI,
    ...(verificationURIComplete && { verification_uri_complete: verificationURIComplete }),
    expires_in: expiresIn,
    interval,
  }
  if (wantsJSON(req)) return buildJSON(pending)
  if (typeof page === 'function') return buildOwnPage(req, await page(pending, req))
  const shown = { userCode, verificationURI, verificationURIComplete, interval, expiresIn }
  return buildDevicePage({ ...page, ...shown, query: ownQueryOf(req) })
}

/** For a tab that shows a code which is not pending any more, after it was used in another tab for example. */
export function buildEndedResponse(req: Request, page: XaiDevicePage): PageResponse {
  if (wantsJSON(req)) return buildJSON({ status: 'ended' })
  return buildEndedDevicePage({ ...page, query: ownQueryOf(req) })
}

const wantsJSON = ({ headers: { accept } }: Request): boolean =>
  /\bapplication\/json\b/i.test(`${accept}`) && !/\btext\/html\b/i.test(`${accept}`)

/** The application's own part of the query, which stays in whatever the page asks. */
function ownQueryOf(req: Request): string {
  const query = queryOf(req)
  query.delete('shown')
  query.delete('restart')
  return query.toString()
}

const buildJSON = (value: object): PageResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', ...privateHeaders },
  body: JSON.stringify(value),
})

/** What a page of the application's own loads is its own affair; who frames it is not, unless it says so itself. */
function buildOwnPage(req: Request, body: unknown): PageResponse {
  if (typeof body !== 'string')
    throw new TypeError('XaiDeviceStrategy: page returned no string; return HTML, or a promise of it')
  const policy = 'content-security-policy'
  const hasPolicy = responseOf(req).getHeader?.(policy) !== undefined
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      ...privateHeaders,
      ...(!hasPolicy && { [policy]: "base-uri 'none'; frame-ancestors 'none'" }),
    },
    body,
  }
}

import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Request } from 'express'
import { optionError } from '../check.js'
import { maxPendingSignIns, type PendingSignIn } from './pending-sign-in.js'

/** Bytes of a whole cookie that every browser takes (RFC 6265 §6.1). */
export const maxCookieBytes = 4096

/** Bytes of all sign-in cookies together: half of the headers that Node takes, beyond which every request fails. */
const maxTotalBytes = 8192

/** A cookie of a request. */
export interface Cookie {
  name: string
  value: string
}

/**
 * A cookie of ours. Only spaces and tabs may stand before its name: `\s` takes a byte 0xA0 as well, and a browser
 * lets any host of the site set a cookie named 0xA0 and then `__Host-…`.
 */
const ownCookie = /(?:^|;)[ \t]*((?:__Host-)?xai[\w.-]+)=([\w-]*)(?=;|$)/g

/** The cookies of a request whose names begin as ours do. */
export const findCookies = (req: Request): Cookie[] =>
  [...(req.headers?.cookie ?? '').matchAll(ownCookie)].map(([, name = '', value = '']) => ({ name, value }))

/**
 * A cookie's name on a connection. On https the prefix `__Host-` keeps other hosts of the same site from setting it
 * (RFC 6265bis §4.1.3.2).
 */
export const cookieNameOf = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name)

/** Builds a `Set-Cookie` header for this host alone, out of reach of scripts; `maxAge` in seconds, 0 removes the cookie. */
export const buildSetCookie = ({ name, value }: Cookie, secure: boolean, maxAge: number): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure ? '; Secure' : ''}`

/** Adds `Set-Cookie` headers to the response of a request. @throws {TypeError} when the request has no response */
export function setCookies(req: Request, headers: readonly string[]): void {
  // In Koa the context has it; what koa-passport calls `req.res` sets headers, but cannot add one.
  const { ctx, res } = req as { ctx?: { res?: ServerResponse }; res?: ServerResponse }
  const response = ctx?.res ?? res
  if (!response) {
    throw optionError(
      'CookieStateStore',
      'the request has no response; put it there in middleware before passport, req.res = res, or use SessionStateStore',
    )
  }
  for (const header of headers) response.appendHeader('Set-Cookie', header)
}

/** Whether a request came by https, as far as the framework knows: behind a proxy it must be told to trust that. */
export function isSecureRequest(req: Request): boolean {
  const { secure, protocol, socket } = req as Partial<Request>
  return secure === true || protocol === 'https' || (socket as { encrypted?: boolean })?.encrypted === true
}

const signInForm = /^(?:__Host-)?xai\.[01][0-9a-z]{8}\.[\w-]{16}$/

/**
 * The cookie's name of a sign-in. Sorted by it, what a page of another site began comes first and then the oldest: in
 * this order they give way, so that another site pushes out its own sign-ins and none is opened to find that out.
 */
export const signInCookieNameOf = ({ state, began, foreign }: PendingSignIn, secure: boolean): string =>
  cookieNameOf(`xai.${foreign ? 0 : 1}${began.toString(36).padStart(8, '0')}.${shortDigestOf(state)}`, secure)

const shortDigestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16)

/** Whether a cookie can belong to a state, by its name. */
export const belongsTo =
  (state: string) =>
  ({ name }: Cookie): boolean =>
    name.endsWith(`.${shortDigestOf(state)}`)

/** The sign-in cookies of a request in the order in which they give way. */
export const findSignInCookies = (req: Request, secure: boolean): Cookie[] =>
  findCookies(req)
    .filter(({ name }) => signInForm.test(name) && name.startsWith('__Host-') === secure)
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** The cookies that give way to a new one, so that neither their number nor their size grows. */
export function surplusOf(cookies: readonly Cookie[], added: Cookie): Cookie[] {
  let kept = 0
  let bytes = sizeOf(added)
  for (const cookie of cookies.toReversed()) {
    bytes += sizeOf(cookie)
    if (kept + 1 >= maxPendingSignIns || bytes > maxTotalBytes) break
    kept += 1
  }
  return cookies.slice(0, cookies.length - kept)
}

const sizeOf = ({ name, value }: Cookie): number => name.length + value.length

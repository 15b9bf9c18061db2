import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Request } from 'express'
import { optionError } from '../check.js'
import { byEvictionOrder, maxPendingSignIns, type PendingSignIn } from './pending-sign-in.js'

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
 * The cookies of a request whose names have a form.
 *
 * Only spaces and tabs around a name are stripped, as RFC 6265 §5.2 has it: `trim()` strips a byte 0xA0 as well, and
 * a browser lets any host of the site set a cookie named 0xA0 and then `__Host-…`.
 */
export function findCookies(req: Request, form: RegExp): Cookie[] {
  const cookies: Cookie[] = []
  for (const pair of (req.headers?.cookie ?? '').split(';')) {
    const [name = '', ...value] = pair.split('=')
    const bare = stripBlanks(name)
    if (form.test(bare)) cookies.push({ name: bare, value: stripBlanks(value.join('=')) })
  }
  return cookies
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'

/** By hand, because a regular expression takes quadratic time where blanks stand in the middle. */
function stripBlanks(text: string): string {
  let [start, end] = [0, text.length]
  while (isBlank(text[start])) start += 1
  while (end > start && isBlank(text[end - 1])) end -= 1
  return text.slice(start, end)
}

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

/** When the sign-in began, `X` when a page of another site led here, and a digest of the state. */
const signInForm = /^(?:__Host-)?xai\.([0-9a-z]{1,12})(X?)\.([\w-]{16})$/

/** So that the one that gives way next is known without opening any. */
export const signInCookieNameOf = ({ state, began, foreign }: PendingSignIn, secure: boolean): string =>
  cookieNameOf(`xai.${began.toString(36)}${foreign ? 'X' : ''}.${shortDigestOf(state)}`, secure)

const shortDigestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16)

/** Whether a cookie can belong to a state, by its name. */
export const belongsTo =
  (state: string) =>
  ({ name }: Cookie): boolean =>
    name.endsWith(`.${shortDigestOf(state)}`)

/** The sign-in cookies of a request in the order in which they give way. */
export function findSignInCookies(req: Request, secure: boolean): Cookie[] {
  const parse = ({ name }: Cookie): Pick<PendingSignIn, 'began' | 'foreign'> => {
    const [began, foreign] = name.replace(signInForm, '$1 $2').split(' ') as [string, string]
    return { began: Number.parseInt(began, 36), ...(foreign && { foreign: true }) }
  }
  return findCookies(req, signInForm)
    .filter(({ name }) => name.startsWith('__Host-') === secure)
    .map((cookie) => ({ cookie, order: parse(cookie) }))
    .sort((a, b) => byEvictionOrder(a.order, b.order))
    .map(({ cookie }) => cookie)
}

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

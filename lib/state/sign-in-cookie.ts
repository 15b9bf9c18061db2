import { createHash } from 'node:crypto'
import { maxPendingSignIns } from './pending-sign-in.js'

/** Seconds that the browser keeps a cookie: longer than a sign-in may take, so that an expired one can be told. */
const maxAge = 20 * 60

/** Bytes of a whole cookie that every browser takes (RFC 6265 §6.1). */
export const maxCookieBytes = 4096

/** Bytes of all of them together: half of the headers that Node takes, beyond which no request would be answered. */
const maxTotalBytes = 8192

/** A sign-in's cookie in a request. */
export interface SignInCookie {
  name: string
  value: string
}

/**
 * The name of a sign-in's cookie: when it began, so that the oldest is known without opening any, and a digest of
 * its state. On https the prefix `__Host-` keeps other hosts of the same site from setting it (RFC 6265bis §4.1.3.2).
 */
export const cookieNameOf = (handle: string, secure: boolean, now = Date.now()): string =>
  `${prefixOf(secure)}${now.toString(36)}.${digestOf(handle)}`

const prefixOf = (secure: boolean): string => (secure ? '__Host-xai.' : 'xai.')

const digestOf = (handle: string): string =>
  createHash('sha256').update(handle).digest('base64url').slice(0, 16)

const form = /^(?:__Host-)?xai\.([0-9a-z]{1,12})\.[\w-]{16}$/

/** The sign-in cookies of a request, oldest first; cookies whose names only resemble ours are left alone. */
export function parseSignInCookies(header: string | undefined, secure: boolean): SignInCookie[] {
  return (header ?? '')
    .split(';')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return { name: name.trim(), value: value.join('=').trim() }
    })
    .filter(({ name }) => name.startsWith(prefixOf(secure)) && form.test(name))
    .sort((a, b) => beganOf(a) - beganOf(b))
}

const beganOf = ({ name }: SignInCookie): number => Number.parseInt(name.replace(form, '$1'), 36)

/** The oldest of the cookies, which give way to a new one so that neither their number nor their size grows. */
export function surplusOf(cookies: SignInCookie[], added: SignInCookie): SignInCookie[] {
  let kept = 0
  let bytes = sizeOf(added)
  for (const cookie of cookies.toReversed()) {
    bytes += sizeOf(cookie)
    if (kept + 1 >= maxPendingSignIns || bytes > maxTotalBytes) break
    kept += 1
  }
  return cookies.slice(0, cookies.length - kept)
}

const sizeOf = ({ name, value }: SignInCookie): number => name.length + value.length

/** The one cookie among them that can belong to a state. */
export const findCookie = (cookies: SignInCookie[], handle: string): SignInCookie | undefined =>
  cookies.find(({ name }) => name.endsWith(`.${digestOf(handle)}`))

/** A `Set-Cookie` header that keeps a sign-in, or with an empty value one that removes it. */
export const buildSetCookie = ({ name, value }: SignInCookie, secure: boolean): string =>
  [
    `${name}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${value === '' ? 0 : maxAge}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ')

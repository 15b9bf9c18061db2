import { optionError } from '../check.js'

/** xAI's issuer, from which its endpoints follow. */
export const xaiIssuer = 'https://auth.x.ai'

/** Where an issuer's endpoints are; absolute URLs. */
export interface Endpoints {
  authorizationURL: string
  tokenURL: string
  userInfoURL: string
  revocationURL: string
  jwksURL: string
}

/** The endpoints of xAI's server, under whatever issuer speaks like it; `issuer` does not end with a slash. */
export const endpointsOf = (issuer: string): Endpoints => ({
  authorizationURL: `${issuer}/oauth2/authorize`,
  tokenURL: `${issuer}/oauth2/token`,
  userInfoURL: `${issuer}/oauth2/userinfo`,
  revocationURL: `${issuer}/oauth2/revoke`,
  jwksURL: `${issuer}/.well-known/jwks.json`,
})

/** Where device sign-ins begin (RFC 8628 §3.1), under whatever issuer speaks like xAI's. */
export const deviceAuthorizationURLOf = (issuer: string): string => `${issuer}/oauth2/device/code`

const loopbackHost = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Whether a host name (as `URL.hostname` writes it) is this machine (RFC 8252 §8.3, RFC 6761 §6.3). */
export const isLoopbackHost = (hostname: string): boolean => loopbackHost.test(hostname)

/** Whether secrets may be sent to a URL: https, or http on a loopback host. */
export const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))

/** Without what `URL` repairs (blanks, line breaks, backslashes, capitals): the text itself is sent and compared. */
const absoluteURL = /^[a-z]+:\/\/[^\s\\]+$/

/**
 * Demands an absolute URL to which secrets may be sent: https, or http on a loopback host.
 *
 * @param where the class or function, as messages begin with it
 * @param name what the URL is called in the message
 * @throws {TypeError} that says what is wrong and what to write
 */
export function checkSecureURL(where: string, name: string, value: unknown): asserts value is string {
  const isCallback = name === 'callbackURL'
  const advice = `write an absolute URL such as https://app.example/${isCallback ? 'callback' : '…'}`
  const device = isCallback ? '; where no callback reaches the application, use XaiDeviceStrategy' : ''
  if (typeof value !== 'string' || value === '') {
    throw optionError(where, `${name} is missing or not a string; ${advice}${device}`)
  }
  if (!absoluteURL.test(value) || !URL.canParse(value)) {
    throw optionError(where, `${name} "${value}" is not an absolute URL; ${advice}`)
  }
  const url = new URL(value)
  if (!isSecure(url)) {
    const instead = 'write https://… (http only for localhost, 127.0.0.1 and [::1])'
    throw optionError(
      where,
      `${name} "${value}" is neither https nor on a loopback host; ${instead}${device}`,
    )
  }
  if (value.includes('#') || url.username || url.password) {
    throw optionError(where, `${name} must have no fragment and no user name; ${advice}`)
  }
}

/**
 * Demands an issuer that can be compared to the letter with `iss` (RFC 9207 §2.4), and that endpoints can follow from.
 *
 * @throws {TypeError} that says what is wrong and what to write
 */
export function checkIssuer(where: string, value: unknown): asserts value is string {
  checkSecureURL(where, 'issuer', value)
  const [plain = ''] = value.split('?')
  const expected = plain.replace(/\/+$/, '')
  if (value === expected) return
  const what = value === plain ? 'ends with a slash' : 'has a query'
  throw optionError(where, `issuer "${value}" ${what}; write "${expected}"`)
}

/** Demands what a link of a page may lead to: a path of the same host, or an http or https URL. @throws {TypeError} */
export function checkHomeURL(where: string, name: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && /^(\/(?![/\\])|https?:\/\/[^/])/.test(value)) return
  throw optionError(where, `${name} must be a path such as '/', or an http or https URL`)
}

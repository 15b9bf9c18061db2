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

/** The endpoints of xAI's server, under whatever issuer speaks like it. */
export function endpointsOf(issuer: string): Endpoints {
  const base = issuer.replace(/\/$/, '')
  return {
    authorizationURL: `${base}/oauth2/authorize`,
    tokenURL: `${base}/oauth2/token`,
    userInfoURL: `${base}/oauth2/userinfo`,
    revocationURL: `${base}/oauth2/revoke`,
    jwksURL: `${base}/.well-known/jwks.json`,
  }
}

/** Where device sign-ins begin (RFC 8628 §3.1), under whatever issuer speaks like xAI's. */
export const deviceAuthorizationURLOf = (issuer: string): string => `${issuer}/oauth2/device/code`

const loopbackHost = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Whether a host name (as `URL.hostname` writes it) is this machine (RFC 8252 §8.3, RFC 6761 §6.3). */
export const isLoopbackHost = (hostname: string): boolean => loopbackHost.test(hostname)

/** Without what `URL` repairs (blanks, line breaks, backslashes, capitals): the text itself is sent and compared. */
const absoluteURL = /^[a-z]+:\/\/[^\s\\]+$/

/**
 * Demands an absolute URL to which secrets may be sent: https, or http on a loopback host.
 *
 * @param name what the URL is called in the message of the error
 * @throws {TypeError} that says what is wrong and what to write
 */
export function checkSecureURL(name: string, value: unknown, where = 'XaiStrategy'): asserts value is string {
  const advice = `write an absolute URL such as https://app.example/${name === 'callbackURL' ? 'callback' : '…'}`
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${where}: ${name} is missing or no string; ${advice}`)
  }
  if (!absoluteURL.test(value) || !URL.canParse(value)) {
    throw new TypeError(`${where}: ${name} "${value}" is no absolute URL; ${advice}`)
  }
  const { protocol, hostname, hash, username, password } = new URL(value)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname))) {
    throw new TypeError(
      `${where}: ${name} "${value}" is neither https nor on a loopback host; write https://… (http only for localhost, 127.0.0.1 and [::1])`,
    )
  }
  if (value.includes('#') || hash || username || password) {
    throw new TypeError(`${where}: ${name} must hold no fragment and no user name; ${advice}`)
  }
}

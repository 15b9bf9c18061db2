import { hash, randomBytes } from 'node:crypto'
import { isPlain, optionError } from '../check.js'

/** Names that the protocol sets in the authorization request; the application cannot name them. */
const protocolNames = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'code',
  'request',
  'request_uri',
])

/** What a sign-in asks xAI for. */
export interface AuthorizationRequest {
  authorizationURL: string
  clientID: string
  redirectURI: string
  /** Space-separated. */
  scope: string
  state: string
  codeVerifier: string
  /** The application's own parameters, which those of the protocol override. */
  extras: Readonly<Record<string, unknown>>
}

/** The address that the person's browser goes to (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1). */
export function buildAuthorizationURL(request: AuthorizationRequest): string {
  const { authorizationURL, clientID, redirectURI, scope, state, codeVerifier, extras } = request
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(extras)) {
    if (value !== undefined && value !== null) query.set(name, String(value))
  }
  query.set('response_type', 'code')
  query.set('client_id', clientID)
  query.set('redirect_uri', redirectURI)
  if (scope) query.set('scope', scope)
  query.set('state', state)
  if (hasOpenID(scope)) query.set('nonce', nonceOf(codeVerifier))
  query.set('code_challenge', challengeOf(codeVerifier))
  query.set('code_challenge_method', 'S256')
  return mergeQuery(authorizationURL, query)
}

/** 256 random bits, base64url: long enough for a state and for a code verifier (RFC 7636 §4.1). */
export const randomToken = (): string => randomBytes(32).toString('base64url')

/** The S256 challenge of a code verifier (RFC 7636 §4.2). */
export const challengeOf = (verifier: string): string => hash('sha256', verifier, 'base64url')

/**
 * The OpenID Connect nonce of a sign-in. It is derived from the code verifier, so that a state store has nothing
 * more to keep; under a prefix, because the plain hash of the verifier is public as its challenge.
 */
export const nonceOf = (verifier: string): string =>
  hash('sha256', `passport-xai nonce ${verifier}`, 'base64url')

/** Adds parameters to a URL. Its own query stays to the letter, except for what would come twice (RFC 6749 §3.1). */
function mergeQuery(url: string, query: URLSearchParams): string {
  const [base = '', ...rest] = url.split('?')
  const isNew = (pair: string): boolean =>
    ![...new URLSearchParams(pair).keys()].some((name) => query.has(name))
  const own = rest
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && isNew(pair))
  return `${base}?${[...own, query].join('&')}`
}

/** Whether scopes ask for an id_token (OpenID Connect Core §3.1.2.1). */
export const hasOpenID = (scope: string): boolean => scope.split(' ').includes('openid')

/** Joins scopes by spaces, as requests have them. @throws {TypeError} for anything but a string or a list of strings */
export function parseScope(where: string, scope: unknown): string {
  const scopes = [scope].flat()
  if (!scopes.every((value) => typeof value === 'string')) {
    throw optionError(
      where,
      "scope must be a string or a list of strings; write scope: 'openid profile email'",
    )
  }
  const joined = scopes.join(' ').trim().replace(/\s+/g, ' ')
  if (joined.includes(',')) {
    const meant = joined.split(/[ ,]/).filter(Boolean)
    throw optionError(where, `scope "${joined}" has commas; separate scopes by spaces: '${meant.join(' ')}'`)
  }
  return joined
}

/**
 * Demands that parameters of the application's are plain values under names of its own.
 *
 * @throws {TypeError} that names the parameter
 */
export function checkAuthorizationParams(params: unknown): asserts params is Record<string, unknown> {
  if (!isPlain(params)) {
    throw optionError(
      'XaiStrategy',
      'authorizationParams must be a plain object, or a function that returns one and no promise',
    )
  }
  for (const [name, value] of Object.entries(params)) {
    if (protocolNames.has(name)) {
      throw optionError(
        'XaiStrategy',
        `authorizationParams may not set ${name}, which the protocol sets; leave it out`,
      )
    }
    if (!['string', 'number', 'boolean', 'undefined'].includes(typeof value)) {
      throw optionError('XaiStrategy', `authorizationParams.${name} must be a string, a number or a boolean`)
    }
  }
}

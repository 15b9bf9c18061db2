import { hash } from 'node:crypto'
import type { ClaimRules, JWTKind } from './jwt.js'

/** Seconds by which xAI's clock and ours may differ. */
const clockToleranceSeconds = 60

/** What a token must agree with. */
export interface Expectation {
  issuer: string
  clientID: string
  nowSeconds: number
}

/** What an id_token must agree with besides. */
export interface IDTokenExpectation extends Expectation {
  /** The nonce that the authorization request carried; `undefined` when there was none. */
  nonce: string | undefined
  /** The access token that came with the id_token. */
  accessToken: string
}

/** An id_token (OpenID Connect Core §3.1.3.7 and §3.1.3.8). */
export function buildIDTokenKind(expected: IDTokenExpectation): JWTKind {
  const { clientID, nonce, accessToken, nowSeconds } = expected
  return {
    name: 'id_token',
    rules: {
      ...commonRules(expected),
      azp: (azp) => azp === undefined || azp === clientID || quote(clientID),
      iat: (iat) => isPast(iat, nowSeconds) || `a time up to ${latest(nowSeconds)}`,
      nonce: (value) => value === nonce || (nonce === undefined ? 'nothing' : 'the nonce of this sign-in'),
      at_hash: (hash) =>
        hash === undefined || hash === accessTokenHash(accessToken) || 'the hash of the access token',
    },
  }
}

/** An access token that stands in for an id_token (RFC 9068 §4). */
export function buildAccessTokenKind(expected: Expectation): JWTKind {
  const { clientID, nowSeconds } = expected
  return {
    name: 'access token',
    typ: 'at+jwt',
    rules: {
      ...commonRules(expected),
      client_id: (id) => id === undefined || id === clientID || quote(clientID),
      iat: (iat) => iat === undefined || isPast(iat, nowSeconds) || `a time up to ${latest(nowSeconds)}`,
    },
  }
}

const commonRules = ({ issuer, clientID, nowSeconds }: Expectation): ClaimRules => ({
  iss: (iss) => iss === issuer || quote(issuer),
  aud: (aud) => isOnly(aud, clientID) || quote(clientID),
  exp: (exp) =>
    (isNumber(exp) && nowSeconds < exp + clockToleranceSeconds) ||
    `a time after ${Math.floor(nowSeconds) - clockToleranceSeconds}`,
  nbf: (nbf) => nbf === undefined || isPast(nbf, nowSeconds) || `a time up to ${latest(nowSeconds)}`,
  sub: (sub) => (typeof sub === 'string' && sub !== '') || 'a string that is not empty',
})

const isNumber = (value: unknown): value is number => Number.isFinite(value)

const latest = (nowSeconds: number): number => Math.floor(nowSeconds) + clockToleranceSeconds

const isPast = (time: unknown, nowSeconds: number): boolean =>
  isNumber(time) && time <= nowSeconds + clockToleranceSeconds

/** An audience that nobody else is in: further ones are not trusted (OpenID Connect Core §3.1.3.7, rule 3). */
const isOnly = (aud: unknown, clientID: string): boolean =>
  aud === clientID || (Array.isArray(aud) && aud.length === 1 && aud[0] === clientID)

/** `at_hash` of ES256: the left half of the SHA-256 of the access token (OpenID Connect Core §3.1.3.6). */
const accessTokenHash = (accessToken: string): string =>
  hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url')

const quote = (text: string): string => `'${text}'`

import { createHash, randomUUID } from 'node:crypto'
import { type EmulatorAccount, subjectOf } from './account.js'

/** The claims of a JWT, named as on the wire. */
export type JWTClaims = Readonly<Record<string, unknown>>

export interface AccessTokenGrant {
  readonly issuer: string
  readonly account: EmulatorAccount
  readonly clientID: string
  /** Space separated. */
  readonly scope: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** The claims of an `at+jwt` access token as xAI's show them. */
export function buildAccessTokenClaims(grant: AccessTokenGrant): JWTClaims {
  const { issuer, account, clientID, scope, issuedAt, expiresAt } = grant
  const sub = subjectOf(account)
  const { type, id } = account.principal ?? { type: 'User', id: sub }
  return {
    iss: issuer,
    aud: clientID,
    sub,
    client_id: clientID,
    scope,
    iat: issuedAt,
    exp: expiresAt,
    jti: randomUUID(),
    principal_type: type,
    principal_id: id,
  }
}

/** The left half of the SHA-256 digest of an access token (OpenID Connect Core §3.1.3.6). */
export const accessTokenHash = (accessToken: string): string =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')

const protocolClaims = ['iss', 'aud', 'sub', 'exp', 'iat', 'nonce']

/** The claims that the id_token keeps of those that were granted, bound to the access token by `at_hash`. */
export function buildIDTokenClaims(
  granted: JWTClaims,
  profile: readonly string[],
  accessToken: string,
): JWTClaims {
  const kept = Object.entries(granted).filter(
    ([name]) => protocolClaims.includes(name) || profile.includes(name),
  )
  return { ...Object.fromEntries(kept), at_hash: accessTokenHash(accessToken) }
}

/** What a Team is granted of the scopes that were asked for: never `openid` or `email`. */
export const grantedScope = ({ principal }: EmulatorAccount, scope: string): string =>
  principal === undefined
    ? scope
    : scope
        .split(' ')
        .filter((name) => name !== 'openid' && name !== 'email')
        .join(' ')

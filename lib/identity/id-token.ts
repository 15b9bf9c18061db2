import { createHash } from 'node:crypto'
import { type XaiErrorCode, XaiOAuthError } from '../error.js'
import { parseObject } from '../http/response.js'
import { isSame } from '../oauth/constant-time.js'
import { parseCompactJWS, verifiedPayloadOf } from './jws.js'
import type { KeySet } from './key-set.js'

/** Seconds by which xAI's clock and ours may differ. */
export const clockToleranceSeconds = 60

/** An honest token is some hundred bytes long. */
const maxTokenCharacters = 64 * 1024

/** What a token must agree with. */
export interface Expectation {
  issuer: string
  clientID: string
  /** Only of an id_token. */
  nonce?: string
  /** The access token that an id_token came with. */
  accessToken?: string
  nowSeconds: number
}

/** Claims whose signature and every stated rule have been checked. */
export interface VerifiedToken {
  claims: Record<string, unknown> & { sub: string }
  /** The JSON text of the claims. */
  raw: string
}

type Rule = (claims: Record<string, unknown>, expected: Expectation) => boolean

/** OpenID Connect Core §3.1.3.7 and §3.1.3.8, one rule a claim; the signature has been verified before. */
export const idTokenRules: Readonly<Record<string, Rule>> = {
  iss: ({ iss }, { issuer }) => iss === issuer,
  aud: ({ aud }, { clientID }) => isOnly(aud, clientID),
  azp: ({ azp }, { clientID }) => azp === undefined || azp === clientID,
  exp: ({ exp }, { nowSeconds }) => isNumber(exp) && nowSeconds < exp + clockToleranceSeconds,
  iat: ({ iat }, { nowSeconds }) => isNumber(iat) && iat <= nowSeconds + clockToleranceSeconds,
  nonce: ({ nonce }, expected) => typeof nonce === 'string' && isSame(nonce, expected.nonce ?? ''),
  sub: ({ sub }) => isText(sub),
  at_hash: ({ at_hash }, { accessToken }) => at_hash === undefined || isHashOf(at_hash, accessToken),
}

/** RFC 9068 §4, one rule a claim, for an access token that stands in for an id_token. */
export const accessTokenRules: Readonly<Record<string, Rule>> = {
  iss: ({ iss }, { issuer }) => iss === issuer,
  aud: ({ aud }, { clientID }) => isOnly(aud, clientID),
  client_id: ({ client_id }, { clientID }) => client_id === undefined || client_id === clientID,
  exp: ({ exp }, { nowSeconds }) => isNumber(exp) && nowSeconds < exp + clockToleranceSeconds,
  iat: ({ iat }, { nowSeconds }) =>
    iat === undefined || (isNumber(iat) && iat <= nowSeconds + clockToleranceSeconds),
  sub: ({ sub }) => isText(sub),
}

/** Which token is checked, by which rules, and how its failures are called. */
export interface TokenKind {
  what: string
  failed: XaiErrorCode
  /** Demanded in the header's `typ`; an id_token has no fixed one. */
  typ?: string
  rules: Readonly<Record<string, Rule>>
}

/**
 * Verifies a JWT that xAI signed (ES256): signature first, then each rule.
 *
 * @throws {XaiOAuthError} that names the claim or header parameter that is wrong, never the token
 */
export async function checkSignedToken(
  kind: TokenKind,
  token: string,
  { keys, expected }: { keys: KeySet; expected: Expectation },
): Promise<VerifiedToken> {
  const refuse = (why: string): XaiOAuthError =>
    new XaiOAuthError(kind.failed, `xAI's ${kind.what} was refused: ${why}`)

  if (token.length > maxTokenCharacters) throw refuse('it is too long')
  const jws = parseCompactJWS(token)
  if (!jws) throw refuse('it is no JWT')
  const { alg, kid, typ } = jws.header
  if (alg !== 'ES256') throw refuse('its alg is not ES256')
  if (token.split('.').length !== 3) throw refuse('it is no signed JWT')
  if (kind.typ && normalizeType(typ) !== kind.typ) throw refuse(`its typ is not ${kind.typ}`)

  const key = await keys.find(kid)
  if (!key) {
    throw refuse(
      kid === undefined ? 'it has no kid, and xAI has several keys' : 'its kid is none of the known keys',
    )
  }
  const raw = verifiedPayloadOf(jws, key)
  if (raw === undefined) throw refuse('its signature is wrong')
  const claims = parseObject(raw)
  if (!claims) throw refuse('its payload is no JSON object')
  for (const [claim, holds] of Object.entries(kind.rules)) {
    if (holds(claims, expected)) continue
    throw refuse(`its ${claim} is ${claims[claim] === undefined ? 'missing' : 'wrong'}`)
  }
  return { claims: claims as VerifiedToken['claims'], raw }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** An audience that nobody else is in: further ones are not trusted (OpenID Connect Core §3.1.3.7, rule 3). */
const isOnly = (aud: unknown, clientID: string): boolean => {
  const audiences = [aud].flat()
  return audiences.length === 1 && audiences[0] === clientID
}

/** `at_hash` of ES256: the left half of the SHA-256 of the access token (OpenID Connect Core §3.1.3.6). */
const isHashOf = (hash: unknown, accessToken = ''): boolean =>
  hash === createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')

/** `application/at+jwt` and `at+jwt` are the same (RFC 9068 §4). */
const normalizeType = (typ: unknown): string =>
  String(typ)
    .toLowerCase()
    .replace(/^application\//, '')

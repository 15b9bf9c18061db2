import { isUtf8 } from 'node:buffer'
import { type KeyObject, verify } from 'node:crypto'
import { inspect } from 'node:util'
import { XaiOAuthError } from '../error.js'
import { redact } from '../http/redaction.js'
import { parseObject } from '../http/response.js'
import type { KeySet } from './key-set.js'
import type { Claims, ClaimsSet } from './profile.js'

/** An honest token is some hundred bytes long. */
const maxTokenCharacters = 64 * 1024

/** As much of a received value stands in a message. */
const maxShownCharacters = 200

/** One rule a claim: `true` when it holds for the claim's value, else what was expected, in words for the message. */
export type ClaimRules = Readonly<Record<string, (value: unknown) => true | string>>

/** A kind of JWT with the rules that it is validated by (RFC 8725 §3.12). */
export interface JWTKind {
  /** What messages call it, e.g. `id_token`. */
  name: string
  /** Demanded in the header's `typ` (RFC 8725 §3.11); an id_token has no fixed one. */
  typ?: string
  rules: ClaimRules
}

/** A JWS in its compact form (RFC 7515 §7.1), taken apart and not verified. */
export interface CompactJWS {
  header: Readonly<Record<string, unknown>>
  /** What the signature covers. */
  signed: string
  payload: string
  signature: string
}

/**
 * Verifies a JWT that xAI signed with ES256: signature first, then each rule.
 *
 * @throws {XaiOAuthError} `xai_id_token_invalid`: what was expected and what was received, never the token
 */
export async function verifyJWT(
  kind: JWTKind,
  token: string,
  keys: Pick<KeySet, 'find'>,
): Promise<ClaimsSet> {
  const refuse = (why: string): XaiOAuthError => buildRefusedTokenError(kind.name, why)
  const unexpected = (name: string, expected: string, received: unknown): XaiOAuthError =>
    refuse(`unexpected ${name}: expected ${expected}, received ${quoteReceived(received)}`)

  if (token.length > maxTokenCharacters) throw refuse(`it is longer than ${maxTokenCharacters} characters`)
  const jws = parseJWS(token)
  if (!jws) throw refuse('it is not a signed JWT')
  const { alg, kid, typ, crit } = jws.header
  if (alg !== 'ES256') throw unexpected('alg', "'ES256'", alg)
  if (token.split('.').length !== 3) throw refuse('it is not a signed JWT')
  // No extension is understood here, and a critical one must not be ignored (RFC 7515 §4.1.11).
  if (crit !== undefined) throw unexpected('crit', 'nothing', crit)
  if (kind.typ !== undefined && normalizeType(typ) !== kind.typ) throw unexpected('typ', `'${kind.typ}'`, typ)

  const key = await keys.find(kid)
  if (!key) {
    throw kid === undefined
      ? refuse('it has no kid, and xAI has several keys')
      : unexpected('kid', "one of xAI's keys", kid)
  }
  if (!verifyES256(jws, key)) throw refuse('its signature is wrong')
  const raw = decodeUtf8(jws.payload)
  if (raw === undefined) throw refuse('its claims are not UTF-8')
  const claims = parseObject(raw)
  if (!claims) throw refuse('its claims are not a JSON object')
  for (const [name, rule] of Object.entries(kind.rules)) {
    const expected = rule(claims[name])
    if (expected !== true) throw unexpected(name, expected, claims[name])
  }
  return { claims: claims as ClaimsSet['claims'], raw }
}

/** The error of a token that is refused; `name` is what the token is called. */
export const buildRefusedTokenError = (name: string, why: string): XaiOAuthError =>
  new XaiOAuthError('xai_id_token_invalid', `xAI's ${name} was refused: ${why}`)

/** The claims that a token makes, **unverified**: for the choice of a message, and for nothing else. */
export function readUnverifiedClaims(token: string): Claims {
  const jws = token.length > maxTokenCharacters ? undefined : parseJWS(token)
  return parseObject(jws && decodeUtf8(jws.payload)) ?? {}
}

/** Takes a token apart by its first three parts; `undefined` when it has less, or a header that is not a JSON object. */
export function parseJWS(token: string): CompactJWS | undefined {
  const [protectedHeader = '', payload, signature] = token.split('.')
  const header = parseObject(decodeUtf8(protectedHeader))
  return header && payload !== undefined && signature !== undefined
    ? { header, signed: `${protectedHeader}.${payload}`, payload, signature }
    : undefined
}

/**
 * Whether a P-256 key has signed a JWS (ES256, RFC 7518 §3.4).
 *
 * By `node:crypto` and in place: Web Crypto, on which jose stands, makes a job of the thread pool of every signature,
 * which costs two to four times the CPU of the check itself.
 */
export function verifyES256({ signed, signature }: CompactJWS, key: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  const isCanonical = bytes.toString('base64url') === signature
  return isCanonical && verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, bytes)
}

/** The text of a part; `undefined` when it is not UTF-8 (RFC 7519 §7.2). */
function decodeUtf8(part: string): string | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return isUtf8(bytes) ? bytes.toString() : undefined
}

/** A received value for a message. It is somebody else's: in printable characters, cut, and without secrets. */
export function quoteReceived(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = inspect(value, { depth: 1, maxArrayLength: 5, breakLength: Number.POSITIVE_INFINITY })
  const printable = redact(text, []).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return printable.length > maxShownCharacters ? `${printable.slice(0, maxShownCharacters)}…` : printable
}

/** `application/at+jwt` and `at+jwt` are the same (RFC 9068 §4). */
const normalizeType = (typ: unknown): unknown =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ

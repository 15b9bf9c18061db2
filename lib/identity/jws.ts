import { type KeyObject, verify } from 'node:crypto'
import { parseObject } from '../http/response.js'

/** A JWS in its compact form (RFC 7515 §7.1), taken apart and not verified. */
export interface CompactJWS {
  header: Readonly<Record<string, unknown>>
  /** What the signature covers. */
  signed: string
  payload: string
  signature: string
}

/** Takes a token apart by its first three parts; `undefined` when it has less, or a header that is no JSON object. */
export function parseCompactJWS(token: string): CompactJWS | undefined {
  const [protectedHeader = '', payload, signature] = token.split('.')
  const header = parseObject(decode(protectedHeader).toString())
  return header && payload !== undefined && signature !== undefined
    ? { header, signed: `${protectedHeader}.${payload}`, payload, signature }
    : undefined
}

/**
 * The payload of a JWS that a P-256 key has signed (ES256, RFC 7518 §3.4); `undefined` of any other.
 *
 * By `node:crypto` and in place: Web Crypto, on which jose stands, makes a job of the thread pool of every signature,
 * which costs two to four times the CPU of the check itself.
 */
export function verifiedPayloadOf(
  { header, signed, payload, signature }: CompactJWS,
  key: KeyObject,
): string | undefined {
  // No extension is understood here, and a critical one must not be ignored (RFC 7515 §4.1.11).
  if (header.crit !== undefined) return undefined
  const bytes = decode(signature)
  const isCanonical = bytes.toString('base64url') === signature
  const isGenuine =
    isCanonical && verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  return isGenuine ? decode(payload).toString() : undefined
}

const decode = (part: string): Buffer => Buffer.from(part, 'base64url')

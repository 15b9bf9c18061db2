import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

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

/** Compares in a time that says nothing about where two texts of one length differ. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

import { hash, randomFillSync } from 'node:crypto'

const tokenBytes = 32
/** Random bytes for a few tokens to come, because a draw costs much and its length little. */
const pool = Buffer.alloc(16 * tokenBytes)
let used = pool.length

/** 256 random bits, base64url: long enough for a state and for a code verifier (RFC 7636 §4.1). */
export function randomToken(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + tokenBytes)
  used += tokenBytes
  const token = bytes.toString('base64url')
  bytes.fill(0)
  return token
}

/**
 * A code verifier that remembers in its ending whether an id_token was asked for. The verifier is all that every
 * state store keeps, and scopes can differ from one sign-in to the next.
 */
export const buildCodeVerifier = (asksForIDToken: boolean): string =>
  `${randomToken()}${asksForIDToken ? '.1' : '.0'}`

/** What {@link buildCodeVerifier} was told; `undefined` of a verifier from elsewhere. */
export function askedForIDToken(verifier: string): boolean | undefined {
  const [, ending] = /^[\w-]{43}\.([01])$/.exec(verifier) ?? []
  return ending === undefined ? undefined : ending === '1'
}

/** The S256 challenge of a code verifier (RFC 7636 §4.2). */
export const challengeOf = (verifier: string): string => hash('sha256', verifier, 'base64url')

/**
 * The OpenID Connect nonce of a sign-in. It is derived from the code verifier, so that a state store has nothing
 * more to keep; under a prefix, because the plain hash of the verifier is public as its challenge.
 */
export const nonceOf = (verifier: string): string =>
  hash('sha256', `passport-xai nonce ${verifier}`, 'base64url')

import type { CryptoKey, JWTHeaderParameters } from 'jose' with { 'resolution-mode': 'import' }
import type { JWTClaims } from './claim.js'
import type { SigningKey } from './signing-key.js'

/** Signs claims exactly as they are: none is added, none is checked, so that forgeries can be signed too. */
export async function signJWT(
  claims: JWTClaims,
  header: JWTHeaderParameters,
  key: CryptoKey | Uint8Array,
): Promise<string> {
  const { CompactSign } = await import('jose')
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  return new CompactSign(payload).setProtectedHeader(header).sign(key)
}

/** An id_token as xAI signs it: ES256, with the `kid` of a key in the JWKS. */
export const signIDToken = (claims: JWTClaims, { kid, privateKey }: SigningKey): Promise<string> =>
  signJWT(claims, { alg: 'ES256', kid }, privateKey)

/** An access token as xAI signs it (RFC 9068 §2.1): `typ` is `at+jwt`. */
export const signAccessToken = (claims: JWTClaims, { kid, privateKey }: SigningKey): Promise<string> =>
  signJWT(claims, { alg: 'ES256', typ: 'at+jwt', kid }, privateKey)

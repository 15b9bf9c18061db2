import { randomUUID } from 'node:crypto'
import { accessTokenHash, type JWTClaims } from './claim.js'
import type { AccessTokenForgery, IDTokenForgery } from './forgery-name.js'
import { signAccessToken, signIDToken, signJWT } from './jwt.js'
import { buildSigningKey, type SigningKey } from './signing-key.js'

/** What a token is forged from: the genuine claims and the key that signs. */
export interface ForgeryMaterial {
  readonly claims: JWTClaims
  readonly key: SigningKey
  /** The nonce of an earlier sign-in at this emulator, if there was one. */
  readonly earlierNonce?: unknown
}

type Forge = (material: ForgeryMaterial) => Promise<string>
type Change = (claims: JWTClaims, material: ForgeryMaterial) => JWTClaims

const day = 86_400
const now = (): number => Math.floor(Date.now() / 1000)

const idTokenWith =
  (change: Change): Forge =>
  (material) =>
    signIDToken(change(material.claims, material), material.key)

const accessTokenWith =
  (change: Change): Forge =>
  (material) =>
    signAccessToken(change(material.claims, material), material.key)

const without = (claims: JWTClaims, name: string): JWTClaims =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

/** The right `kid`, but a key that the JWKS does not have. */
const strangerOf = async ({ kid }: SigningKey): Promise<SigningKey> => ({ ...(await buildSigningKey()), kid })

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const idTokens: Readonly<Record<IDTokenForgery, Forge>> = {
  'alg none': async ({ claims, key }) => `${base64url({ alg: 'none', kid: key.kid })}.${base64url(claims)}.`,
  'HS256 with the public key as secret': async ({ claims, key }) => {
    const { exportSPKI } = await import('jose')
    const secret = new TextEncoder().encode(await exportSPKI(key.publicKey))
    return signJWT(claims, { alg: 'HS256', kid: key.kid }, secret)
  },
  RS256: async ({ claims, key }) => {
    const { generateKeyPair } = await import('jose')
    const { privateKey } = await generateKeyPair('RS256')
    return signJWT(claims, { alg: 'RS256', kid: key.kid }, privateKey)
  },
  'unknown kid': async ({ claims, key }) => signIDToken(claims, { ...key, kid: randomUUID() }),
  'kid absent': async ({ claims, key }) => signJWT(claims, { alg: 'ES256' }, key.privateKey),
  'wrong signature': async ({ claims, key }) => signIDToken(claims, await strangerOf(key)),
  truncated: async ({ claims, key }) => (await signIDToken(claims, key)).slice(0, -20),
  'wrong iss': idTokenWith((claims) => ({ ...claims, iss: 'https://attacker.example' })),
  'near-miss iss': idTokenWith((claims) => ({ ...claims, iss: `${claims.iss}/` })),
  'wrong aud': idTokenWith((claims) => ({ ...claims, aud: 'another-client' })),
  'extra aud': idTokenWith((claims) => ({ ...claims, aud: [claims.aud, 'another-client'] })),
  'wrong azp': idTokenWith((claims) => ({ ...claims, azp: 'another-client' })),
  'missing nonce': idTokenWith((claims) => without(claims, 'nonce')),
  'wrong nonce': idTokenWith((claims) => ({ ...claims, nonce: randomUUID() })),
  'nonce of another sign-in': idTokenWith((claims, { earlierNonce = randomUUID() }) => ({
    ...claims,
    nonce: earlierNonce,
  })),
  expired: idTokenWith((claims) => ({ ...claims, iat: now() - 2 * day, exp: now() - day })),
  'missing exp': idTokenWith((claims) => without(claims, 'exp')),
  'iat in the far future': idTokenWith((claims) => ({ ...claims, iat: now() + day, exp: now() + 2 * day })),
  'missing sub': idTokenWith((claims) => without(claims, 'sub')),
  'empty sub': idTokenWith((claims) => ({ ...claims, sub: '' })),
  'non-string sub': idTokenWith((claims) => ({ ...claims, sub: 42 })),
  'wrong at_hash': idTokenWith((claims) => ({ ...claims, at_hash: accessTokenHash('another access token') })),
  encrypted: async ({ claims, key }) => {
    const { CompactEncrypt, importJWK } = await import('jose')
    const signed = new TextEncoder().encode(await signIDToken(claims, key))
    const header = { alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid: key.kid }
    return new CompactEncrypt(signed)
      .setProtectedHeader(header)
      .encrypt(await importJWK(key.publicJWK, header.alg))
  },
  '1 MiB long': idTokenWith((claims) => ({ ...claims, padding: 'x'.repeat(1024 * 1024) })),
}

const accessTokens: Readonly<Record<AccessTokenForgery, Forge>> = {
  'access token: wrong typ': async ({ claims, key }) => signIDToken(claims, key),
  'access token: wrong aud': accessTokenWith((claims) => ({ ...claims, aud: 'another-client' })),
  'access token: wrong iss': accessTokenWith((claims) => ({ ...claims, iss: 'https://attacker.example' })),
  'access token: expired': accessTokenWith((claims) => ({
    ...claims,
    iat: now() - 2 * day,
    exp: now() - day,
  })),
  'access token: wrong signature': async ({ claims, key }) => signAccessToken(claims, await strangerOf(key)),
}

export const forgeIDToken = (name: IDTokenForgery, material: ForgeryMaterial): Promise<string> =>
  idTokens[name](material)

export const forgeAccessToken = (name: AccessTokenForgery, material: ForgeryMaterial): Promise<string> =>
  accessTokens[name](material)

import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { findMeant, optionError } from '../check.js'
import { type Claims, decodeClaims, encodePart, SigningKey } from './signing-key.js'

/** Makes a token of genuine claims, the key that signs, and the nonce of the last sign-in, if there was one. */
type Forge = (claims: Claims, key: SigningKey, lastNonce: unknown) => string

const day = 86_400
const now = (): number => Math.floor(Date.now() / 1000)
const expired = (): Claims => ({ iat: now() - 2 * day, exp: now() - day })

/** A header as access tokens have it (RFC 9068 §2.1). */
const accessTokenHeader = { typ: 'at+jwt' }

const changed =
  (change: Claims | ((claims: Claims) => Claims), header?: Claims): Forge =>
  (claims, key) =>
    key.sign({ ...claims, ...(typeof change === 'function' ? change(claims) : change) }, header)

/** Signed with a key that the JWKS does not have, under a `kid` that it has. */
const signedByStranger =
  (header?: Claims): Forge =>
  (claims, { kid }) =>
    new SigningKey(kid).sign(claims, header)

const idTokens = {
  'alg none': (claims, { kid }) => `${encodePart({ alg: 'none', kid })}.${encodePart(claims)}.`,
  'HS256 with the public key as secret': (claims, { kid, publicPEM }) => {
    const input = `${encodePart({ alg: 'HS256', kid })}.${encodePart(claims)}`
    return `${input}.${createHmac('sha256', publicPEM).update(input).digest('base64url')}`
  },
  RS256: (claims, { kid }) => {
    const input = `${encodePart({ alg: 'RS256', kid })}.${encodePart(claims)}`
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  },
  'unknown kid': (claims, key) => key.sign(claims, { kid: randomUUID() }),
  'kid absent': (claims, key) => key.sign(claims, { kid: undefined }),
  'wrong signature': signedByStranger(),
  truncated: (claims, key) => key.sign(claims).slice(0, -20),
  'wrong iss': changed({ iss: 'https://attacker.example' }),
  'near-miss iss': changed(({ iss }) => ({ iss: `${iss}/` })),
  'wrong aud': changed({ aud: 'another-client' }),
  'extra aud': changed(({ aud }) => ({ aud: [aud, 'another-client'] })),
  'wrong azp': changed({ azp: 'another-client' }),
  'missing nonce': changed({ nonce: undefined }),
  'wrong nonce': changed(() => ({ nonce: randomUUID() })),
  'nonce of another sign-in': (claims, key, lastNonce) => {
    const isAnother = lastNonce !== undefined && lastNonce !== claims.nonce
    return key.sign({ ...claims, nonce: isAnother ? lastNonce : randomUUID() })
  },
  expired: changed(expired),
  'missing exp': changed({ exp: undefined }),
  'iat in the far future': changed(() => ({ iat: now() + day, exp: now() + 2 * day })),
  'missing sub': changed({ sub: undefined }),
  'empty sub': changed({ sub: '' }),
  'non-string sub': changed({ sub: 42 }),
  'wrong at_hash': changed(() => ({ at_hash: randomBytes(16).toString('base64url') })),
  // Nobody can open it: what matters is that it is not signed, but encrypted (RFC 7516 §3.1).
  encrypted: (_claims, { kid }) =>
    [
      encodePart({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid }),
      ...[0, 12, 256, 16].map((size) => randomBytes(size).toString('base64url')),
    ].join('.'),
  '1 MiB long': changed({ padding: 'x'.repeat(1024 * 1024) }),
} satisfies Record<string, Forge>

const accessTokens = {
  'access token: wrong typ': changed({}),
  'access token: wrong aud': changed({ aud: 'another-client' }, accessTokenHeader),
  'access token: wrong iss': changed({ iss: 'https://attacker.example' }, accessTokenHeader),
  'access token: expired': changed(expired, accessTokenHeader),
  'access token: wrong signature': signedByStranger(accessTokenHeader),
} satisfies Record<string, Forge>

/**
 * What `forgeNext` can forge, each named after what is wrong: the id_token or, where the name begins with
 * "access token", the access token of the next response of the token endpoint, or the next response of userinfo.
 */
export type Forgery =
  | keyof typeof idTokens
  | keyof typeof accessTokens
  | 'missing id_token'
  | 'userinfo of another sub'

/** Every forgery, for tests that go through them all. */
export const forgeries = [
  ...Object.keys(idTokens),
  ...Object.keys(accessTokens),
  'missing id_token',
  'userinfo of another sub',
] as readonly Forgery[]

/** Carries out the forgeries that were ordered, each once, in order. */
export class Forger {
  private readonly orders: Forgery[] = []
  private lastNonce: unknown

  order(name: Forgery): void {
    if (forgeries.includes(name)) return void this.orders.push(name)
    const meant = findMeant(`${name}`, forgeries)
    throw optionError(
      'forgeNext',
      `there is no forgery ${name}; ${meant ? `write ${meant}` : 'see forgeries'}`,
    )
  }

  /** Removes the first order out of some names, and returns it; undefined when there is none. */
  take(names: readonly string[]): string | undefined {
    const index = this.orders.findIndex((order) => names.includes(order))
    return index < 0 ? undefined : this.orders.splice(index, 1)[0]
  }

  buildAccessToken(claims: Claims, key: SigningKey): string {
    const forge = this.takeFrom(accessTokens)
    return forge ? forge(claims, key, undefined) : key.sign(claims, accessTokenHeader)
  }

  /** What is issued in the place of a genuine id_token: the same when nothing was ordered. */
  buildIDToken(genuine: string, key: SigningKey): string | undefined {
    const { lastNonce } = this
    const claims = decodeClaims(genuine)
    this.lastNonce = claims.nonce
    if (this.take(['missing id_token'])) return undefined
    const forge = this.takeFrom(idTokens)
    return forge ? forge(claims, key, lastNonce) : genuine
  }

  private takeFrom(table: Readonly<Record<string, Forge>>): Forge | undefined {
    return table[this.take(Object.keys(table)) ?? '']
  }
}

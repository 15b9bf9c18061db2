import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { findMeant, optionError } from '../check.js'

/** What a JWT holds, named as on the wire. */
export type Claims = Readonly<Record<string, unknown>>

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function buildJWT(header: Claims, claims: Claims, signInput: (input: string) => string): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${signInput(input)}`
}

/** An EC P-256 key pair (ES256), as xAI's JWKS shows two of. */
export class SigningKey {
  private readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  constructor(readonly kid: string = randomUUID()) {}

  get publicPEM(): string {
    return this.pair.publicKey.export({ type: 'spki', format: 'pem' }).toString().trimEnd()
  }

  /** The private half (RFC 7517 §4). */
  get jwk(): Record<string, unknown> {
    return { ...this.pair.privateKey.export({ format: 'jwk' }), kid: this.kid, alg: 'ES256', use: 'sig' }
  }

  /**
   * Signs claims exactly as they are: none is added, none is checked, so that forgeries can be signed too.
   *
   * @param header what differs from the header of an id_token
   */
  sign(claims: Claims, header: Claims = {}): string {
    const key = { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return buildJWT({ alg: 'ES256', kid: this.kid, ...header }, claims, (input) =>
      sign('sha256', Buffer.from(input), key).toString('base64url'),
    )
  }
}

const day = 86_400
const now = (): number => Math.floor(Date.now() / 1000)

/** Makes a token of genuine claims, for a key and a header; knows the nonce of the last sign-in, if there was one. */
type Forge = (claims: Claims, key: SigningKey, header?: Claims, lastNonce?: unknown) => string | undefined

const changed =
  (change: (claims: Claims) => Claims): Forge =>
  (claims, key, header) =>
    key.sign({ ...claims, ...change(claims) }, header)

const idTokens = {
  'alg none': (claims, { kid }) => buildJWT({ alg: 'none', kid }, claims, () => ''),
  'HS256 with the public key as secret': (claims, { kid, publicPEM }) =>
    buildJWT({ alg: 'HS256', kid }, claims, (input) =>
      createHmac('sha256', publicPEM).update(input).digest('base64url'),
    ),
  RS256: (claims, { kid }) =>
    buildJWT({ alg: 'RS256', kid }, claims, (input) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      return sign('sha256', Buffer.from(input), privateKey).toString('base64url')
    }),
  'unknown kid': (claims, key) => key.sign(claims, { kid: randomUUID() }),
  'kid absent': (claims, key) => key.sign(claims, { kid: undefined }),
  // With a key that the JWKS does not have, under a `kid` that it has.
  'wrong signature': (claims, { kid }, header) => new SigningKey(kid).sign(claims, header),
  truncated: (claims, key) => key.sign(claims).slice(0, -20),
  'wrong iss': changed(() => ({ iss: 'https://attacker.example' })),
  'near-miss iss': changed(({ iss }) => ({ iss: `${iss}/` })),
  'wrong aud': changed(() => ({ aud: 'another-client' })),
  'extra aud': changed(({ aud }) => ({ aud: [aud, 'another-client'] })),
  'wrong azp': changed(() => ({ azp: 'another-client' })),
  'missing nonce': changed(() => ({ nonce: undefined })),
  'wrong nonce': changed(() => ({ nonce: randomUUID() })),
  'nonce of another sign-in': (claims, key, header, lastNonce) => {
    const isAnother = lastNonce !== undefined && lastNonce !== claims.nonce
    return key.sign({ ...claims, nonce: isAnother ? lastNonce : randomUUID() }, header)
  },
  expired: changed(() => ({ iat: now() - 2 * day, exp: now() - day })),
  'missing exp': changed(() => ({ exp: undefined })),
  'iat in the far future': changed(() => ({ iat: now() + day, exp: now() + 2 * day })),
  'missing sub': changed(() => ({ sub: undefined })),
  'empty sub': changed(() => ({ sub: '' })),
  'non-string sub': changed(() => ({ sub: 42 })),
  'wrong at_hash': changed(() => ({ at_hash: randomBytes(16).toString('base64url') })),
  // Nobody can open it: what matters is that it is not signed, but encrypted (RFC 7516 §3.1).
  encrypted: (_claims, { kid }) =>
    [
      encode({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid }),
      ...[0, 12, 256, 16].map((size) => randomBytes(size).toString('base64url')),
    ].join('.'),
  '1 MiB long': changed(() => ({ padding: 'x'.repeat(1024 * 1024) })),
  'missing id_token': () => undefined,
} satisfies Record<string, Forge>

const accessTokens = {
  'access token: wrong typ': (claims, key) => key.sign(claims),
  'access token: wrong aud': idTokens['wrong aud'],
  'access token: wrong iss': idTokens['wrong iss'],
  'access token: expired': idTokens.expired,
  'access token: wrong signature': idTokens['wrong signature'],
} satisfies Record<string, Forge>

const userinfos = { 'userinfo of another sub': { sub: 'another-subject' } }

/**
 * What `forgeNext` can forge, each named after what is wrong: the id_token or, where the name begins with
 * "access token", the access token of the next response of the token endpoint, or the next response of userinfo.
 */
export type Forgery = keyof typeof idTokens | keyof typeof accessTokens | keyof typeof userinfos

/** Every forgery, for tests that go through them all. */
export const forgeries = Object.keys({ ...idTokens, ...accessTokens, ...userinfos }) as readonly Forgery[]

/** Issues what applications get, forged as it was ordered: each order once, in order. */
export class Forger {
  private readonly orders: Forgery[] = []
  private lastNonce: unknown

  /** @throws {TypeError} that says what was meant */
  order(name: Forgery): void {
    if (forgeries.includes(name)) return void this.orders.push(name)
    const meant = findMeant(`${name}`, forgeries)
    const advice = meant ? `write ${meant}` : `the forgeries are ${forgeries.join(', ')}`
    throw optionError('forgeNext', `there is no forgery ${name}; ${advice}`)
  }

  buildAccessToken(claims: Claims, key: SigningKey): string {
    const forge = this.take(accessTokens) ?? changed(() => ({}))
    // RFC 9068 §2.1.
    return `${forge(claims, key, { typ: 'at+jwt' })}`
  }

  buildIDToken(genuine: string, key: SigningKey): string | undefined {
    const claims: Claims = JSON.parse(Buffer.from(`${genuine.split('.')[1]}`, 'base64url').toString())
    const { lastNonce } = this
    this.lastNonce = claims.nonce
    const forge = this.take(idTokens)
    return forge ? forge(claims, key, {}, lastNonce) : genuine
  }

  buildUserinfo(claims: Claims): Claims {
    return { ...claims, ...this.take(userinfos) }
  }

  /** The entry of a table that was ordered first. */
  private take<Entry>(table: Readonly<Record<string, Entry>>): Entry | undefined {
    const index = this.orders.findIndex((name) => Object.hasOwn(table, name))
    return index < 0 ? undefined : table[`${this.orders.splice(index, 1)}`]
  }
}

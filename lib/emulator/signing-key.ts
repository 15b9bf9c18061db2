import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'

/** What a JWT holds, named as on the wire. */
export type Claims = Readonly<Record<string, unknown>>

/** One part of a JWT. */
export const encodePart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The claims of a JWT, unverified. */
export const decodeClaims = (jwt: string): Claims =>
  JSON.parse(Buffer.from(`${jwt.split('.')[1]}`, 'base64url').toString()) as Claims

/** SHA-256, in base64url. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

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
    const input = `${encodePart({ alg: 'ES256', kid: this.kid, ...header })}.${encodePart(claims)}`
    const key = { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  }
}

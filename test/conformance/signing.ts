import {
  constants,
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'

/** A key pair of the server's, and its public half as the JWKS shows it. */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: JsonWebKey & { kid?: string }
}

type Curve = 'P-256' | 'P-384' | 'P-521' | 'secp256k1'

/** The ways to sign that servers know; all but ES256 are ones that the library does not accept. */
export type Algorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'ES256K'
  | 'EdDSA'
  | 'RS256'
  | 'RS384'
  | 'PS256'
  | 'HS256'
  | 'none'

const curves: Readonly<Partial<Record<Algorithm, Curve>>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  ES256K: 'secp256k1',
}

const digests: Readonly<Partial<Record<Algorithm, string>>> = {
  ES384: 'sha384',
  ES512: 'sha512',
  RS384: 'sha384',
}

function generatePair(alg: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  const namedCurve = curves[alg]
  if (namedCurve) return generateKeyPairSync('ec', { namedCurve })
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** A new key pair for an algorithm, under a key id of its own. */
export function newKey(alg: Algorithm = 'ES256'): SigningKey {
  const { privateKey, publicKey } = generatePair(alg)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' }
  return { privateKey, publicKey, jwk }
}

const encode = (value: unknown): string =>
  Buffer.from(Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  )

/** The signature of a text by an algorithm, as a JWS holds it. */
export function signText(text: string, alg: Algorithm, key: KeyObject | string): Buffer {
  const data = Buffer.from(text)
  if (alg === 'none') return Buffer.alloc(0)
  if (alg === 'HS256') return createHmac('sha256', key).update(data).digest()
  if (alg === 'EdDSA') return sign(null, data, key)
  const digest = digests[alg] ?? 'sha256'
  if (alg in curves) return sign(digest, data, { key: key as KeyObject, dsaEncoding: 'ieee-p1363' })
  const padding = alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  return sign(digest, data, { key: key as KeyObject, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
}

/** A compact JWS of any header and payload: objects become JSON, texts and bytes stand as they are. */
export function signJWS(
  header: unknown,
  payload: unknown,
  { alg = 'ES256', key }: { alg?: Algorithm; key: KeyObject | string },
): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${signText(signed, alg, key).toString('base64url')}`
}

import { randomUUID } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose' with { 'resolution-mode': 'import' }

/** An EC P-256 key pair (ES256), as xAI's JWKS shows two of. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly publicJWK: JWK
}

export async function buildSigningKey(): Promise<SigningKey> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const kid = randomUUID()
  const publicJWK = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
  return { kid, privateKey, publicKey, publicJWK }
}

/** The keys of an authorization server; the newest one signs. */
export class KeyRing {
  private constructor(private keys: readonly [SigningKey, ...SigningKey[]]) {}

  /** Generates as many keys as the JWKS shall show, at least one. */
  static async build(size: number): Promise<KeyRing> {
    return new KeyRing(await KeyRing.generate(size))
  }

  private static async generate(size: number): Promise<readonly [SigningKey, ...SigningKey[]]> {
    const others = Array.from({ length: size - 1 }, buildSigningKey)
    return [await buildSigningKey(), ...(await Promise.all(others))]
  }

  get signing(): SigningKey {
    return this.keys[0]
  }

  /** The JSON Web Key Set (RFC 7517 §5), public halves only. */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.keys.map(({ publicJWK }) => publicJWK) }
  }

  /** Signs with a new key from now on; the old ones leave the JWKS at once, replaced by others, unless kept. */
  async rotate(keepOld: boolean): Promise<void> {
    this.keys = keepOld ? [await buildSigningKey(), ...this.keys] : await KeyRing.generate(this.keys.length)
  }
}

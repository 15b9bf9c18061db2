import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { optionError } from './check.js'

const minSecretCharacters = 32
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Encrypts and authenticates short texts (AES-256-GCM) with keys that are derived from secrets (HKDF). */
export class Seal {
  private readonly keys: readonly Buffer[]

  /**
   * @param where who is given the secret, as messages begin with it
   * @param secret at least 32 characters; of a list, the first seals and all open, so that secrets can be replaced
   * @param purpose keeps what was sealed for one purpose from being opened for another
   * @throws {TypeError} when a secret is missing or too short
   */
  constructor(where: string, secret: unknown, purpose: string) {
    this.keys = parseSecrets(where, secret).map((text) =>
      Buffer.from(hkdfSync('sha256', text, '', `passport-xai ${purpose}`, 32)),
    )
  }

  /** Seals a text; it opens only with the same `boundTo`. The result is base64url. */
  seal(text: string, boundTo = ''): string {
    const nonce = randomBytes(nonceBytes)
    const encryption = createCipheriv(cipher, this.keys[0] as Buffer, nonce)
    encryption.setAAD(Buffer.from(boundTo))
    const sealed = Buffer.concat([nonce, encryption.update(text), encryption.final()])
    return Buffer.concat([sealed, encryption.getAuthTag()]).toString('base64url')
  }

  /** Gives `undefined` for anything that none of the secrets sealed, or that was changed or bound to something else. */
  open(sealed: string, boundTo = ''): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < nonceBytes + tagBytes) return undefined
    for (const key of this.keys) {
      const decryption = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decryption.setAAD(Buffer.from(boundTo)).setAuthTag(bytes.subarray(-tagBytes))
      try {
        const start = decryption.update(bytes.subarray(nonceBytes, -tagBytes))
        return Buffer.concat([start, decryption.final()]).toString()
      } catch {
        // A wrong key and a changed text look alike, and the next secret may still open it.
      }
    }
    return undefined
  }
}

function parseSecrets(where: string, secret: unknown): string[] {
  const secrets: unknown[] = [secret ?? []].flat()
  const isGood = (value: unknown): boolean => typeof value === 'string' && value.length >= minSecretCharacters
  if (secrets.length > 0 && secrets.every(isGood)) return secrets as string[]
  throw optionError(
    where,
    `secret must be a string of at least ${minSecretCharacters} characters, or a list of them; make one with: openssl rand -base64 48`,
  )
}

import { hkdfSync } from 'node:crypto'

/** Encrypts and authenticates small JSON values with a secret (JWE `dir` with A256GCM, RFC 7516). */
export interface Seal {
  seal(value: unknown): Promise<string>
  /** Gives `undefined` for whatever none of the secrets has sealed. */
  open(sealed: string): Promise<unknown>
}

/** Builds a seal: the first secret seals, all of them open. */
export function buildSeal(secrets: readonly [string, ...string[]]): Seal {
  const keys = secrets.map(
    (secret) => new Uint8Array(hkdfSync('sha256', secret, '', 'passport-xai state cookie', 32)),
  )
  const allowed = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
  return {
    async seal(value) {
      const { CompactEncrypt } = await import('jose')
      return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keys[0] as Uint8Array)
    },
    async open(sealed) {
      const { compactDecrypt } = await import('jose')
      for (const key of keys) {
        // A wrong key and a changed text look alike, and either way the next secret may still open it.
        const opened = await compactDecrypt(sealed, key, allowed).catch(() => undefined)
        if (opened) return JSON.parse(Buffer.from(opened.plaintext).toString())
      }
      return undefined
    },
  }
}

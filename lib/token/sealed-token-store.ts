import { warnOnce } from '../diagnostics.js'
import { Seal } from '../seal.js'
import { checkTokenStore, type TokenStore } from './token-store.js'

/**
 * A store that keeps in another one only what it has encrypted and authenticated (AES-256-GCM), bound to the key: a
 * text that somebody moved to another key does not open. What does not open counts as nothing, so the person signs
 * in again.
 *
 * @param secret at least 32 characters; of a list, the first seals and all open, so that secrets can be replaced
 * @throws {TypeError} that says what is wrong with the store or the secret
 */
export function sealTokens(store: TokenStore, secret: string | readonly string[]): TokenStore {
  checkTokenStore('sealTokens', store)
  const seal = new Seal('sealTokens', secret, 'token store')
  return {
    async read(key) {
      const sealed = await store.read(key)
      if (typeof sealed !== 'string') return undefined
      const text = seal.open(sealed, key)
      if (text === undefined) warnOfUnreadable()
      return text
    },
    async write(key, text, expected) {
      const sealed = text === undefined ? undefined : seal.seal(text, key)
      if (expected === undefined) return store.write(key, sealed)
      // The same text seals to another one each time, so what is compared in the store is what lies there now.
      const current = await store.read(key)
      if (typeof current !== 'string' || seal.open(current, key) !== expected) return false
      return store.write(key, sealed, current)
    },
    lock: (key, run) => store.lock(key, run),
  }
}

const warnOfUnreadable = (): void =>
  warnOnce(
    'xai_tokens_unreadable',
    'sealTokens: a stored text does not open, and its person has to sign in again. Was the secret replaced without ' +
      'keeping the old one in the list, or was the text written without sealTokens, or under another key?',
  )

import { optionError } from '../check.js'
import { warnOnce } from '../diagnostics.js'
import { Seal } from '../seal.js'

/** Where a {@link TokenManager} keeps tokens: to be implemented on the database of the application. */
export interface TokenStore {
  /** The text that was written last under this key; nothing when there is none. */
  read(key: string): Promise<string | null | undefined>
  /**
   * Writes a text, or removes it when `text` is `undefined`, in one atomic step. With `expected`, only in the place
   * of exactly this text: resolves to `false`, and changes nothing, when something else or nothing is there.
   */
  write(key: string, text: string | undefined, expected?: string): Promise<boolean>
  /**
   * Runs `run` while nobody else, in whichever process, does so for the same key; the lock is let go when the promise
   * of `run` has settled. A lock that ends by itself, so that a process that died holds up nobody, passes to `run`
   * the milliseconds in which a refresh may still begin: what is left of its lease, less the time that a refresh takes.
   */
  lock<Result>(key: string, run: (startWithin?: number) => Promise<Result>): Promise<Result>
}

/** Demands the three methods of a store. @throws {TypeError} that names the one that is missing */
export function checkTokenStore(where: string, store: unknown): asserts store is TokenStore {
  for (const method of ['read', 'write', 'lock']) {
    if (typeof Object(store)[method] === 'function') continue
    throw optionError(
      where,
      `store has no method ${method}; write a store with read, write and lock (TokenStore)`,
    )
  }
}

/** What a store has read. @throws {TypeError} for anything but text or nothing */
export function parseText(read: unknown): string | undefined {
  if (read === undefined || read === null) return undefined
  if (typeof read === 'string') return read
  throw new TypeError('TokenStore: read must give the text that was written, or nothing')
}

/** Keeps tokens in the memory of one process, as long as it runs. */
export class MemoryTokenStore implements TokenStore {
  // Hidden from inspection, so that no log of a manager shows tokens.
  readonly #texts = new Map<string, string>()
  /** By key, the end of whoever came last for its lock. */
  readonly #queues = new Map<string, Promise<void>>()

  /** Has no options. @throws {TypeError} when one is given */
  constructor(options?: Record<string, never> | null) {
    const [name] = Object.keys(options ?? {})
    if (name === undefined) return
    throw optionError('MemoryTokenStore', `there is no option ${name}; write new MemoryTokenStore()`)
  }

  async read(key: string): Promise<string | undefined> {
    return this.#texts.get(key)
  }

  async write(key: string, text: string | undefined, expected?: string): Promise<boolean> {
    if (expected !== undefined && this.#texts.get(key) !== expected) return false
    if (text === undefined) this.#texts.delete(key)
    else this.#texts.set(key, text)
    return true
  }

  async lock<Result>(key: string, run: () => Promise<Result>): Promise<Result> {
    const result = Promise.resolve(this.#queues.get(key)).then(run)
    const end = result.then(
      () => undefined,
      () => undefined,
    )
    this.#queues.set(key, end)
    try {
      return await result
    } finally {
      if (this.#queues.get(key) === end) this.#queues.delete(key)
    }
  }
}

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
      const sealed = parseText(await store.read(key))
      if (sealed === undefined) return undefined
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

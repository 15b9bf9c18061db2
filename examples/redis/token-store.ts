import type { RedisClientType } from 'redis'

export type Redis = RedisClientType

/** What one person's sign-in at xAI gave, and every refresh since. */
export interface StoredTokens {
  accessToken: string
  /** None without the scope `offline_access`. */
  refreshToken?: string | undefined
  /** Milliseconds since the epoch, when xAI said so. */
  expiresAt?: number | undefined
}

/** Atomic, because a sign-in may save tokens of its own while a refresh of the former ones is under way. */
const replaceScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
  return 1`

/** The tokens of people, beside the sessions: a person has several sessions, and one set of tokens. */
export class TokenStore {
  constructor(private readonly redis: Redis) {}

  async read(userKey: string): Promise<StoredTokens | undefined> {
    const text = await this.redis.get(keyOf(userKey))
    return text === null ? undefined : JSON.parse(text)
  }

  /** For a sign-in, whose tokens count whatever was there. */
  async save(userKey: string, tokens: StoredTokens): Promise<void> {
    await this.redis.set(keyOf(userKey), JSON.stringify(tokens))
  }

  /** Puts tokens in the place of others, or nothing; `false` when the others are not there any more. */
  async replace(userKey: string, before: StoredTokens, after?: StoredTokens): Promise<boolean> {
    const [keys, texts] = [[keyOf(userKey)], [JSON.stringify(before), after ? JSON.stringify(after) : '']]
    return (await this.redis.eval(replaceScript, { keys, arguments: texts })) === 1
  }
}

const keyOf = (userKey: string): string => `xai-tokens:${userKey}`

import type { TokenStore } from 'passport-xai'
import type { RedisClientType } from 'redis'
import { Mutex } from 'redis-semaphore'

export type Redis = RedisClientType

/** How a {@link RedisTokenStore} keeps and locks. */
export interface RedisTokenStoreOptions {
  /** Milliseconds after which the lock of a process that died is free. */
  lease?: number
  /** Milliseconds that a refresh takes at most: the `timeout` of the strategy, and a second to save. */
  refreshTime?: number
  /** Seconds after which tokens are dropped that nobody has refreshed or saved; none: never. */
  keepFor?: number
}

/** Atomic, because a sign-in may save tokens of its own while a refresh of the former ones is under way. */
const writeScript = `
  if ARGV[3] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[3] then return 0 end
  if ARGV[1] == '' then redis.call('DEL', KEYS[1])
  elseif ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1])
  else redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
  return 1`

/**
 * Keeps tokens in Redis, for all processes of an application.
 *
 * The lease of a lock is never prolonged, but longer than any refresh: no timer and no second message to Redis has to
 * be on time for a lock to hold.
 */
export class RedisTokenStore implements TokenStore {
  private readonly lease: number
  private readonly startWithin: number
  private readonly keepFor: number | undefined

  constructor(
    private readonly redis: Redis,
    { lease = 30_000, refreshTime = 21_000, keepFor }: RedisTokenStoreOptions = {},
  ) {
    if (!(lease > refreshTime)) throw new RangeError(`the lease must be longer than ${refreshTime} ms`)
    this.lease = lease
    this.startWithin = lease - refreshTime
    this.keepFor = keepFor
  }

  read(key: string): Promise<string | null> {
    return this.redis.get(nameOf(key))
  }

  async write(key: string, text?: string, expected?: string): Promise<boolean> {
    const words = [text ?? '', String(this.keepFor ?? ''), expected ?? '']
    return (await this.redis.eval(writeScript, { keys: [nameOf(key)], arguments: words })) === 1
  }

  async lock<Result>(key: string, run: (startWithin: number) => Promise<Result>): Promise<Result> {
    const options = { lockTimeout: this.lease, refreshInterval: 0, acquireAttemptsLimit: 1 }
    const mutex = new Mutex(this.commands, nameOf(key), options)
    const start = performance.now()
    // Counted from before the lock is asked for: it cannot end earlier than that.
    let asked = start
    while (!(await mutex.tryAcquire())) {
      if (asked - start > 2 * this.lease) throw new Error('The lock of these tokens stays taken.')
      await new Promise((resolve) => setTimeout(resolve, 100))
      asked = performance.now()
    }
    try {
      return await run(asked + this.startWithin - performance.now())
    } finally {
      // A lock that cannot be let go ends with its lease.
      await mutex.release().catch(() => {})
    }
  }

  /** redis-semaphore calls its client as it calls ioredis, connect-redis wants this one: so one connection does. */
  private readonly commands = {
    get: this.command('GET'),
    set: this.command('SET'),
    eval: this.command('EVAL'),
    evalsha: this.command('EVALSHA'),
    zrem: this.command('ZREM'),
  }

  private command(name: string) {
    return (...words: Array<string | number | Buffer>): Promise<never> =>
      this.redis.sendCommand([name, ...words.map(String)])
  }
}

const nameOf = (key: string): string => `xai-tokens:${key}`

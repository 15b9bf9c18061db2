import { Mutex } from 'redis-semaphore'
import type { Redis } from './token-store.js'

/** Milliseconds that a refresh may take while it holds the lock: the strategy's deadline, and a second to save. */
const refreshTime = 21_000

/** One process at a time may use somebody's refresh token. */
export class TokenLock {
  private readonly client: Record<'get' | 'set' | 'eval' | 'evalsha' | 'zrem', Command>

  /**
   * @param lease milliseconds after which the lock of a process that died is free. It is never prolonged, but longer
   * than any refresh: no timer and no second message to Redis has to be on time for a lock to hold.
   */
  constructor(
    redis: Redis,
    private readonly lease = 30_000,
  ) {
    if (!(lease > refreshTime)) throw new RangeError(`the lease must be longer than ${refreshTime} ms`)
    // redis-semaphore calls its client as it calls ioredis, connect-redis wants this one: so one connection does.
    const command: (name: string) => Command =
      (name) =>
      (...words) =>
        redis.sendCommand([name, ...words.map(String)])
    this.client = {
      get: command('GET'),
      set: command('SET'),
      eval: command('EVAL'),
      evalsha: command('EVALSHA'),
      zrem: command('ZREM'),
    }
  }

  /**
   * Runs something while nobody else does so for the same person. `checkTime` throws when too little of the lease is
   * left for a refresh: to be called before the request, in case this process slept meanwhile.
   */
  async hold<Result>(userKey: string, run: (checkTime: () => void) => Promise<Result>): Promise<Result> {
    const { lease } = this
    const options = { lockTimeout: lease, refreshInterval: 0, acquireAttemptsLimit: 1, retryInterval: 100 }
    const mutex = new Mutex(this.client, `xai-tokens:${userKey}`, options)
    const start = performance.now()
    // Counted from before the lock is asked for: it cannot end earlier than that.
    let asked = start
    while (!(await mutex.tryAcquire())) {
      asked = performance.now()
      if (asked - start > 2 * lease) throw new Error('The lock of these tokens stays taken.')
    }
    const checkTime = (): void => {
      if (asked + lease - performance.now() < refreshTime) throw new Error('The lease is nearly over.')
    }
    try {
      return await run(checkTime)
    } finally {
      // A lock that cannot be let go ends with its lease.
      await mutex.release().catch(() => {})
    }
  }
}

type Command = (...words: Array<string | number | Buffer>) => Promise<never>

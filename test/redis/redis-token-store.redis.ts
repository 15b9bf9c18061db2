import { mock } from 'node:test'
import { expect } from 'chai'
import { createClient } from 'redis'
import { type Redis, RedisTokenStore } from '../../examples/redis/redis-token-store.js'
import { TokenManager } from '../../lib/index.js'
import type { DatabaseServer } from '../support/database-server.js'
import { failureOf } from '../support/failure.js'
import { RotatingServer } from '../support/rotating-server.js'
import { describeSeveralProcesses } from '../support/several-processes.js'
import { describeTokenStore } from '../token/token-store-contract.js'
import { startRedisServer } from './redis-server.js'

describeSeveralProcesses('redis', startRedisServer)

describe('RedisTokenStore', () => {
  let server: DatabaseServer
  let redis: Redis
  before(async () => {
    server = await startRedisServer()
    redis = createClient({ url: server.url })
    redis.on('error', () => {})
    await redis.connect()
  })
  after(async () => {
    redis?.destroy()
    await server?.stop()
  })
  afterEach(() => mock.restoreAll())

  describeTokenStore(() => new RedisTokenStore(redis))

  const lock = 'mutex:xai-tokens:key'

  it('says how long a refresh may still begin, and lets the lock go', async () => {
    const store = new RedisTokenStore(redis)
    const startWithin = await store.lock('key', async (milliseconds) => {
      expect(await redis.exists(lock)).to.equal(1)
      return milliseconds
    })
    expect(startWithin).to.be.within(1, 9000)
    expect(await redis.exists(lock)).to.equal(0)
  })

  it('lets the lock go when its lease is over', async () => {
    const store = new RedisTokenStore(redis, { lease: 200, refreshTime: 100 })
    const order: string[] = []
    await store.lock('key', async () => {
      await store.lock('key', async () => {
        order.push('next')
      })
      order.push('asleep until now')
    })
    expect(order).to.deep.equal(['next', 'asleep until now'])
  })

  it('gives up on a lock that stays taken', async () => {
    await redis.set(lock, 'somebody')
    let passed = 0
    mock.method(performance, 'now', () => {
      passed += 15_000
      return passed
    })
    const failure = await failureOf(new RedisTokenStore(redis).lock('key', async () => 'held'))
    expect(failure.message).to.equal('The lock of these tokens stays taken.')
    await redis.del(lock)
  })

  it('sends nothing when the lease is nearly over after the lock was had', async () => {
    const xai = new RotatingServer()
    const store = new RedisTokenStore(redis)
    const manager = new TokenManager({ strategy: xai.strategy(), store })
    await manager.save('key', { ...xai.signIn('key'), expires_in: 0 })
    const now = performance.now.bind(performance)
    let slept = 0
    mock.method(performance, 'now', () => now() + slept)
    const read = store.read.bind(store)
    mock.method(store, 'read', async (key: string) => {
      if ((await redis.exists(lock)) === 1) slept += 10_000
      return read(key)
    })
    expect((await failureOf(manager.accessToken('key'))).message).to.match(
      /the lease of the lock was nearly over/,
    )
    expect(xai.sent).to.be.empty
  })

  it('drops tokens that nobody has refreshed, when it is told after how long', async () => {
    const store = new RedisTokenStore(redis, { keepFor: 3600 })
    await store.write('key', 'one')
    expect(await redis.ttl('xai-tokens:key')).to.be.within(3590, 3600)
    await store.write('key', 'two', 'one')
    expect(await redis.ttl('xai-tokens:key')).to.be.within(3590, 3600)
    await new RedisTokenStore(redis).write('key', 'three')
    expect(await redis.ttl('xai-tokens:key')).to.equal(-1)
  })

  it('refuses a lease that a refresh could outlive', () => {
    for (const lease of [0, 21_000, Number.NaN])
      expect(() => new RedisTokenStore(redis, { lease })).to.throw(RangeError, /longer than 21000 ms/)
  })
})

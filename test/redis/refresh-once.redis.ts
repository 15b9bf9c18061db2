import { mock } from 'node:test'
import { expect } from 'chai'
import { createClient } from 'redis'
import { freshTokens, refreshOnce, SignInNeededError } from '../../examples/redis/refresh-once.js'
import { TokenLock } from '../../examples/redis/token-lock.js'
import { type Redis, type StoredTokens, TokenStore } from '../../examples/redis/token-store.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { XaiOAuthError, XaiStrategy } from '../../lib/index.js'
import { signInDirectly } from '../support/direct-sign-in.js'
import { type RedisServer, startRedisServer } from './redis-server.js'

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  )

describe('refreshOnce of the Redis example', () => {
  let server: RedisServer
  let redis: Redis
  let emulator: Emulator
  let strategy: XaiStrategy
  let tokens: TokenStore
  let lock: TokenLock
  let userKey: string
  let users = 0

  before(async () => {
    server = await startRedisServer()
    redis = createClient({ url: server.url })
    redis.on('error', () => {})
    await redis.connect()
    emulator = await startEmulator({ signInAs: 'personal' })
    strategy = new XaiStrategy(
      {
        issuer: emulator.issuer,
        clientID: emulator.publicClient.clientID,
        callbackURL: 'http://127.0.0.1:9/callback',
        scope: 'openid offline_access',
      },
      async ({ tokens }) => ({ accessToken: tokens.access_token, refreshToken: tokens.refresh_token }),
    )
  })
  after(async () => {
    redis?.destroy()
    await Promise.all([emulator?.close(), server?.stop()])
  })
  beforeEach(() => {
    tokens = new TokenStore(redis)
    lock = new TokenLock(redis)
    users += 1
    userKey = `${emulator.issuer} user-${users}`
  })
  afterEach(() => mock.restoreAll())

  /** Tokens of a new sign-in, which Redis has; no requests in the log. */
  async function signIn(expiresAt?: number): Promise<StoredTokens & { refreshToken: string }> {
    const { value } = await signInDirectly(strategy)
    const stored = { ...(value as { accessToken: string; refreshToken: string }), expiresAt }
    await tokens.save(userKey, stored)
    emulator.clearRequests()
    return stored
  }
  const refresh = (store = tokens): Promise<StoredTokens> =>
    refreshOnce({ strategy, tokens: store, lock }, userKey)
  const isLocked = async (): Promise<boolean> => (await redis.exists(`mutex:xai-tokens:${userKey}`)) === 1

  it('saves the new tokens, and lets the lock go', async () => {
    const before = await signIn()
    const fresh = await refresh()
    expect(fresh.refreshToken).not.to.equal(before.refreshToken)
    expect(fresh.expiresAt).to.be.closeTo(Date.now() + 21_600_000, 60_000)
    expect(await tokens.read(userKey)).to.deep.equal(fresh)
    expect(await isLocked()).to.equal(false)
  })

  it('saves before the lock is let go', async () => {
    await signIn()
    const locked: boolean[] = []
    class Watched extends TokenStore {
      override async replace(...args: Parameters<TokenStore['replace']>): Promise<boolean> {
        locked.push(await isLocked())
        return super.replace(...args)
      }
    }
    await refresh(new Watched(redis))
    expect(locked).to.deep.equal([true])
  })

  it('makes one request for many callers, who all get what it gave', async () => {
    await signIn()
    const all = await Promise.all(Array.from({ length: 10 }, () => refresh()))
    expect(emulator.requests).to.have.length(1)
    expect(new Set(all.map(({ refreshToken }) => refreshToken))).to.have.property('size', 1)
  })

  it('asks for a new sign-in when xAI refuses the token, and forgets it', async () => {
    const { refreshToken } = await signIn()
    await strategy.revoke(refreshToken)
    const error = await failureOf(refresh())
    expect(error).to.be.instanceOf(SignInNeededError).and.include({ status: 401 })
    expect(error.cause).to.include({ code: 'xai_refresh_token_revoked' })
    expect(await tokens.read(userKey)).to.equal(undefined)
    expect(await isLocked()).to.equal(false)
  })

  it('asks for a new sign-in when there is no refresh token, and sends nothing', async () => {
    await tokens.save(userKey, { accessToken: 'only' })
    emulator.clearRequests()
    expect(await failureOf(refresh())).to.be.instanceOf(SignInNeededError)
    expect(emulator.requests).to.be.empty
  })

  it('keeps the tokens when the refresh fails for another reason', async () => {
    const before = await signIn()
    emulator.misbehaveOnce({ path: '/oauth2/token', status: 503, body: '' })
    const error = await failureOf(refresh())
    expect(error).to.be.instanceOf(XaiOAuthError).and.include({ code: 'xai_refresh_failed' })
    expect(await tokens.read(userKey)).to.include({ refreshToken: before.refreshToken })
    expect(await isLocked()).to.equal(false)
    expect((await refresh()).refreshToken).not.to.equal(before.refreshToken)
  })

  it('leaves the tokens of a sign-in that came meanwhile', async () => {
    await signIn()
    const newer = { accessToken: 'of the newer sign-in', refreshToken: 'OR-newer' }
    class Overtaken extends TokenStore {
      override async replace(...args: Parameters<TokenStore['replace']>): Promise<boolean> {
        await this.save(userKey, newer)
        return super.replace(...args)
      }
    }
    expect(await refresh(new Overtaken(redis))).to.deep.equal(newer)
    expect(await tokens.read(userKey)).to.deep.equal(newer)
  })

  it('saves again when nobody knows whether the first time counted', async () => {
    await signIn()
    let calls = 0
    class Interrupted extends TokenStore {
      override async replace(...args: Parameters<TokenStore['replace']>): Promise<boolean> {
        const isReplaced = await super.replace(...args)
        calls += 1
        if (calls === 1) throw new Error('Socket closed unexpectedly')
        return isReplaced
      }
    }
    const fresh = await refresh(new Interrupted(redis))
    expect(calls).to.equal(2)
    expect(await tokens.read(userKey)).to.deep.equal(fresh)
  })

  it('sends nothing when the process slept until the lease was nearly over', async () => {
    const before = await signIn()
    let slept = 0
    const now = performance.now.bind(performance)
    mock.method(performance, 'now', () => now() + slept)
    class Sleepy extends TokenStore {
      override async read(key: string): Promise<StoredTokens | undefined> {
        if (await isLocked()) slept = 10_000
        return super.read(key)
      }
    }
    expect((await failureOf(refresh(new Sleepy(redis)))).message).to.equal('The lease is nearly over.')
    expect(emulator.requests).to.be.empty
    expect(await tokens.read(userKey)).to.include({ refreshToken: before.refreshToken })
  })

  it('gives up on a lock that stays taken, and sends nothing', async () => {
    await signIn()
    await redis.set(`mutex:xai-tokens:${userKey}`, 'somebody')
    let passed = 0
    mock.method(performance, 'now', () => {
      passed += 15_000
      return passed
    })
    expect((await failureOf(refresh())).message).to.equal('The lock of these tokens stays taken.')
    expect(emulator.requests).to.be.empty
  })

  it('refuses a lease that a refresh could outlive', () => {
    for (const lease of [0, 21_000, Number.NaN])
      expect(() => new TokenLock(redis, lease)).to.throw(RangeError, /longer than 21000 ms/)
  })

  describe('behind freshTokens', () => {
    const fresh = (): Promise<StoredTokens> => freshTokens({ strategy, tokens, lock }, userKey)

    it('is not asked while the access token is good, or its end unknown', async () => {
      for (const expiresAt of [Date.now() + 90_000, undefined]) {
        const stored = await signIn(expiresAt)
        expect(await fresh()).to.include({ accessToken: stored.accessToken })
        expect(emulator.requests).to.be.empty
      }
    })

    it('is asked shortly before the access token expires', async () => {
      const stored = await signIn(Date.now() + 30_000)
      expect((await fresh()).accessToken).not.to.equal(stored.accessToken)
      expect(emulator.requests).to.have.length(1)
    })

    it('asks for a new sign-in when there are no tokens', async () => {
      expect(await failureOf(fresh())).to.be.instanceOf(SignInNeededError)
    })
  })
})

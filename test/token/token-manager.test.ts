import { mock } from 'node:test'
import { inspect } from 'node:util'
import { expect } from 'chai'

import diagnostics = require('../../lib/diagnostics.js')

import { startEmulator } from '../../lib/emulator/index.js'
import {
  MemoryTokenStore,
  sealTokens,
  TokenManager,
  type TokenManagerOptions,
  type TokenStore,
  type XaiOAuthError,
  XaiStrategy,
  type XaiVerifyFunctionWithParams,
} from '../../lib/index.js'
import { signInDirectly } from '../support/direct-sign-in.js'
import { failureOf } from '../support/failure.js'
import { lostResponse, RotatingServer } from '../support/rotating-server.js'
import { SharedDatabase } from '../support/shared-database.js'
import { until } from '../support/until.js'

const key = 'https://auth.x.ai person-1'
const hour = 3_600_000

describe('TokenManager', () => {
  let server: RotatingServer
  let store: TokenStore
  let manager: TokenManager
  const build = (options: Partial<TokenManagerOptions> = {}): TokenManager =>
    new TokenManager({ strategy: server.strategy(), store, ...options })
  /** Stores tokens of a sign-in whose access token has this many seconds left. */
  const signIn = async (seconds = 21_600, who = key): Promise<ReturnType<RotatingServer['signIn']>> => {
    const tokens = { ...server.signIn(who), expires_in: seconds }
    await manager.save(who, tokens)
    return tokens
  }

  beforeEach(() => {
    server = new RotatingServer()
    store = new MemoryTokenStore()
    manager = build()
  })
  afterEach(() => {
    mock.restoreAll()
    mock.timers.reset()
  })

  describe('accessToken', () => {
    it('gives the stored one while it is good', async () => {
      const { access_token } = await signIn()
      expect(await manager.accessToken(key)).to.equal(access_token)
      expect(server.sent).to.be.empty
    })

    it('refreshes one that is not, and gives the new one from then on', async () => {
      const { access_token, refresh_token } = await signIn(0)
      const fresh = await manager.accessToken(key)
      expect(fresh).not.to.equal(access_token)
      expect(await manager.accessToken(key)).to.equal(fresh)
      expect(server.sent).to.deep.equal([refresh_token])
    })

    it('uses the refresh token that came last', async () => {
      await signIn(0)
      server.lifetime = 0
      await manager.accessToken(key)
      await manager.accessToken(key)
      expect(new Set(server.sent)).to.have.property('size', 2)
    })

    it('keeps the refresh token, the scope and the needs where a refresh gives none', async () => {
      const strategy = {
        ...server.strategy(),
        refresh: async () => ({ accessToken: 'new', expiresIn: 0 }),
      }
      manager = build({ strategy })
      const { refresh_token } = server.signIn(key)
      const tokens = { access_token: 'old', refresh_token, expires_in: 0, scope: 'api:access' }
      await manager.save(key, tokens, { needs: ['api:access'] })
      await manager.accessToken(key)
      const stored = JSON.parse(`${await store.read(key)}`)
      expect(stored).to.include({ accessToken: 'new', refreshToken: refresh_token, scope: 'api:access' })
      expect(stored.needs).to.deep.equal(['api:access'])
    })

    const margins: ReadonlyArray<
      readonly [lifetime: number, margin: number | undefined, goodFor: number, why: string]
    > = [
      [21_600_000, undefined, 60_000, 'a minute by default'],
      [900_000, 120_000, 120_000, 'the margin that was given'],
      [90_000, undefined, 30_000, 'a third of a short lifetime'],
      [30_000, 0, 0, 'no margin at all'],
      [900_000, Number.POSITIVE_INFINITY, 300_000, 'never more than a third'],
    ]
    for (const [lifetime, margin, goodFor, why] of margins)
      it(`refreshes ${goodFor / 1000} s before the end of ${lifetime / 1000} s: ${why}`, async () => {
        mock.timers.enable({ apis: ['Date'], now: hour })
        manager = build(margin === undefined ? {} : { margin })
        await signIn(lifetime / 1000)
        mock.timers.tick(lifetime - goodFor - 1)
        await manager.accessToken(key)
        expect(server.sent).to.be.empty
        mock.timers.tick(1)
        await manager.accessToken(key)
        expect(server.sent).to.have.length(1)
      })

    for (const expiresIn of [undefined, null, '3600', -1, Number.NaN, { toString: 1 }])
      it(`uses a token with expires_in ${inspect(expiresIn)} until the API refuses it`, async () => {
        mock.timers.enable({ apis: ['Date'], now: hour })
        await manager.save(key, { ...server.signIn(key), expires_in: expiresIn as never })
        mock.timers.tick(1000 * hour)
        await manager.accessToken(key)
        expect(server.sent).to.be.empty
      })

    it('hands on why a refresh failed, and keeps the tokens', async () => {
      const { refresh_token } = await signIn(0)
      server.onArrival = lostResponse
      const error = await failureOf(manager.accessToken(key))
      expect(error).to.include({ code: 'xai_refresh_failed', status: 502 })
      server.onArrival = () => {}
      await manager.accessToken(key)
      expect(server.sent).to.deep.equal([refresh_token, refresh_token])
    })

    describe('asks for a new sign-in', () => {
      const needed = async (): Promise<XaiOAuthError> => {
        const error = await failureOf(manager.accessToken(key))
        expect(error).to.include({ code: 'xai_sign_in_needed', status: 401, statusCode: 401 })
        expect((await store.read(key)) ?? undefined).to.equal(undefined)
        return error
      }

      for (const read of [Buffer.from('{}'), { accessToken: 'AT-1' }, 7])
        it(`says what a store must give that reads ${inspect(read)}`, async () => {
          mock.method(store, 'read', async () => read)
          for (const each of [manager, build({ store: sealTokens(store, 's'.repeat(32)) })]) {
            const error = await failureOf(each.accessToken(key))
            expect(error).to.be.an.instanceOf(TypeError)
            expect(error.message).to.equal('TokenStore: read must give the text that was written, or nothing')
          }
        })

      it('without tokens, and sends nothing', async () => {
        const warnOnce = mock.method(diagnostics, 'warnOnce', () => {})
        const { message } = await needed()
        expect(message).to.equal('The person has to sign in: there are no tokens')
        expect(warnOnce.mock.callCount()).to.equal(0)
        expect(server.sent).to.be.empty
      })

      it('when the access token has expired and there is no refresh token', async () => {
        await manager.save(key, { access_token: 'alone', expires_in: 0 })
        expect((await needed()).message).to.equal(
          'The person has to sign in again: the access token has expired and there is no refresh token',
        )
        expect(server.sent).to.be.empty
      })

      it('when xAI refuses the refresh token, whose last words are the cause', async () => {
        const { refresh_token } = await signIn(0)
        await server.strategy().revoke(refresh_token)
        const { message, cause } = await needed()
        expect(message).to.equal(
          'The person has to sign in again: xAI does not accept the refresh token any more',
        )
        expect(cause).to.include({ code: 'xai_refresh_token_revoked' })
      })

      it('whatever becomes of removing the dead tokens', async () => {
        const { refresh_token } = await signIn(0)
        await server.strategy().revoke(refresh_token)
        mock.method(store, 'write', async () => {
          throw new Error('the store is gone')
        })
        const error = await failureOf(manager.accessToken(key))
        expect(error).to.include({ code: 'xai_sign_in_needed' })
      })
    })

    it('asks xAI once about a dead token, however many ask', async () => {
      const { refresh_token } = await signIn(0)
      await server.strategy().revoke(refresh_token)
      for (let round = 0; round < 3; round += 1) {
        const errors = await Promise.all(
          Array.from({ length: 100 }, () => failureOf(build().accessToken(key))),
        )
        for (const { code } of errors) expect(code).to.equal('xai_sign_in_needed')
      }
      expect(server.sent).to.deep.equal([refresh_token])
    })

    it('makes 100 refreshes for 1,000 callers of 100 people, each of whom gets their own', async () => {
      const people = Array.from({ length: 100 }, (_, index) => `person-${index}`)
      for (const who of people) await signIn(0, who)
      const calls = Array.from({ length: 1000 }, async (_, index) => {
        const who = `person-${index % 100}`
        expect(await build().accessToken(who)).to.match(new RegExp(`^access of ${who}, `))
      })
      await Promise.all(calls)
      expect(server.sent).to.have.length(100)
      expect(new Set(server.sent)).to.have.property('size', 100)
    })

    it('takes the lock once for many callers, whichever manager they ask', async () => {
      await signIn(0)
      const lock = mock.method(store, 'lock')
      await Promise.all(Array.from({ length: 20 }, () => build().accessToken(key)))
      expect(lock.mock.callCount()).to.equal(1)
    })

    it('stores new tokens before anybody gets them', async () => {
      await signIn(0)
      let isWritten = false
      const write = store.write.bind(store)
      mock.method(store, 'write', async (...args: Parameters<typeof write>) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        const result = await write(...args)
        isWritten = true
        return result
      })
      await manager.accessToken(key)
      expect(isWritten).to.equal(true)
    })

    it('works through sealed tokens', async () => {
      const database = new SharedDatabase()
      const sealed = (): TokenStore => sealTokens(database.connect(), 'a secret of thirty-two characters')
      const [one, two] = [build({ store: sealed() }), build({ store: sealed() })]
      await one.save(key, { ...server.signIn(key), expires_in: 0 })
      const [first, second] = await Promise.all([one.accessToken(key), two.accessToken(key)])
      expect(first).to.equal(second)
      expect(server.sent).to.have.length(1)
      expect([...database.texts.values()].join()).not.to.match(/access|refresh/)
    })
  })

  describe('save', () => {
    it('takes what strategy.refresh() gave, and what became of it through JSON', async () => {
      mock.timers.enable({ apis: ['Date'], now: hour })
      const expiresAt = new Date(hour + 900_000)
      const tokens = {
        accessToken: 'AT-1',
        refreshToken: server.signIn(key).refresh_token,
        expiresIn: 900,
        expiresAt,
        scope: 'api:access',
        idToken: 'ID-1',
        raw: { access_token: 'AT-1' },
      }
      for (const given of [tokens, JSON.parse(JSON.stringify(tokens))]) {
        await manager.save(key, given)
        mock.timers.tick(60_000)
        const stored = JSON.parse(`${await store.read(key)}`)
        expect(stored).to.include({ accessToken: 'AT-1', expiresAt: hour + 900_000, lifetime: 900_000 })
        expect(stored).to.have.property('refreshToken', tokens.refreshToken)
        expect(stored).not.to.have.any.keys('idToken', 'raw')
      }
    })

    it('takes the lifetime from the moment of expiry where nothing else says it', async () => {
      mock.timers.enable({ apis: ['Date'], now: hour })
      await manager.save(key, { accessToken: 'AT-1', expiresAt: new Date(hour + 30_000) })
      expect(JSON.parse(`${await store.read(key)}`)).to.include({
        expiresAt: hour + 30_000,
        lifetime: 30_000,
      })
    })

    it('takes a moment of expiry in milliseconds, too', async () => {
      await manager.save(key, { accessToken: 'AT-1', expiresAt: (hour + 30_000) as never })
      expect(JSON.parse(`${await store.read(key)}`)).to.include({ expiresAt: hour + 30_000 })
    })

    for (const expiresAt of ['not a date', null, {}, { toString: 1 }])
      it(`knows no moment of expiry from ${inspect(expiresAt)}`, async () => {
        await manager.save(key, { accessToken: 'AT-1', expiresAt: expiresAt as never })
        expect(JSON.parse(`${await store.read(key)}`)).to.deep.equal({ key, accessToken: 'AT-1' })
      })

    it('counts the seconds where there is no moment of expiry', async () => {
      mock.timers.enable({ apis: ['Date'], now: hour })
      for (const expiresAt of [undefined, null, 'not a date']) {
        await manager.save(key, { accessToken: 'AT-1', expiresIn: 60, expiresAt: expiresAt as never })
        expect(JSON.parse(`${await store.read(key)}`)).to.include({
          expiresAt: hour + 60_000,
          lifetime: 60_000,
        })
      }
    })

    it('takes the lifetime from the moment of expiry where the seconds are not a number', async () => {
      mock.timers.enable({ apis: ['Date'], now: hour })
      const expiresIn = { toString: 1 } as never
      await manager.save(key, { accessToken: 'AT-1', expiresIn, expiresAt: new Date(hour + 30_000) })
      expect(JSON.parse(`${await store.read(key)}`)).to.include({ lifetime: 30_000 })
    })

    it('overwrites whatever was there, and takes no lock', async () => {
      await signIn()
      const lock = mock.method(store, 'lock')
      const { access_token } = await signIn()
      expect(await manager.accessToken(key)).to.equal(access_token)
      expect(lock.mock.callCount()).to.equal(0)
    })

    const noTokens: readonly unknown[] = [
      undefined,
      null,
      'AT-1',
      {},
      { access_token: '' },
      { accessToken: 7 },
    ]
    for (const tokens of noTokens)
      it(`refuses ${JSON.stringify(tokens)} in the place of tokens, and stores nothing`, async () => {
        const error = await failureOf(manager.save(key, tokens as never))
        expect(error).to.be.instanceOf(TypeError)
        expect(error.message).to.match(/^TokenManager: there is no access token; save the token response/)
        expect(await store.read(key)).to.equal(undefined)
      })

    it('refuses before the 403 when xAI did not grant what is needed, says which, and stores nothing', async () => {
      const tokens = { ...server.signIn(key), scope: 'openid email' }
      const needs = ['api:access', 'email', 'team:read']
      const error = await failureOf(manager.save(key, tokens, { needs }))
      expect(error).to.include({ code: 'xai_sign_in_needed', status: 401 })
      expect(error.message).to.equal(
        'xAI did not grant api:access team:read, which this application needs, but openid email. ' +
          'Ask for it in the scope of the strategy, and let the person sign in again',
      )
      expect(await store.read(key)).to.equal(undefined)
    })

    it('accepts what is needed where xAI says nothing of the scope (RFC 6749 §5.1)', async () => {
      const tokens = server.signIn(key)
      await manager.save(key, tokens, { needs: ['api:access'] })
      expect(await manager.accessToken(key)).to.equal(tokens.access_token)
    })

    it('is held to its needs when a refresh narrows the scope', async () => {
      const refresh = async (): Promise<object> => ({
        accessToken: 'narrow',
        refreshToken: 'R2',
        scope: 'openid',
      })
      manager = build({ strategy: { ...server.strategy(), refresh } as never })
      const tokens = { access_token: 'wide', refresh_token: 'R1', expires_in: 0, scope: 'openid api:access' }
      await manager.save(key, tokens, { needs: ['api:access'] })
      for (const ask of [
        () => manager.accessToken(key),
        () => manager.accessToken(key),
        () => manager.fetch(key, 'https://api.x.ai/v1/me'),
      ]) {
        const error = await failureOf(ask())
        expect(error).to.include({ code: 'xai_sign_in_needed' })
        expect(error.message).to.contain('api:access')
      }
      expect(JSON.parse(`${await store.read(key)}`)).to.include({ refreshToken: 'R2' })
    })

    it('refuses needs that are not a list of scopes', async () => {
      for (const needs of ['api:access', [7], [''], {}, null]) {
        const error = await failureOf(manager.save(key, server.signIn(key), { needs } as never))
        expect(error).to.be.instanceOf(TypeError)
        expect(error.message).to.equal(
          "TokenManager: needs must be a list of scopes; write needs: ['api:access']",
        )
      }
      const unknown = await failureOf(manager.save(key, server.signIn(key), { need: [] } as never))
      expect(unknown.message).to.equal('TokenManager.save: there is no option need; write needs')
    })
  })

  describe('revoke', () => {
    it('revokes the refresh token, then forgets', async () => {
      const { refresh_token } = await signIn()
      const order: string[] = []
      const strategy = {
        ...server.strategy(),
        revoke: async (...args: unknown[]) => {
          order.push(`revoked ${JSON.stringify(args)}, stored: ${(await store.read(key)) !== undefined}`)
        },
      }
      await build({ strategy }).revoke(key)
      expect(order).to.deep.equal([`revoked ["${refresh_token}",{"hint":"refresh_token"}], stored: true`])
      expect(await store.read(key)).to.equal(undefined)
      expect(await failureOf(manager.accessToken(key))).to.include({ code: 'xai_sign_in_needed' })
      expect(server.sent).to.be.empty
    })

    it('revokes the access token where there is no other', async () => {
      const strategy = server.strategy()
      const revoke = mock.method(strategy, 'revoke')
      await manager.save(key, { access_token: 'alone' })
      await build({ strategy }).revoke(key)
      expect(revoke.mock.calls.map((call) => call.arguments)).to.deep.equal([
        ['alone', { hint: 'access_token' }],
      ])
      expect(await store.read(key)).to.equal(undefined)
    })

    it('forgets nothing when it fails, and succeeds the next time', async () => {
      const { access_token } = await signIn()
      const failure = new Error('xAI is not there')
      const revoke = async (): Promise<void> => {
        throw failure
      }
      expect(await failureOf(build({ strategy: { ...server.strategy(), revoke } }).revoke(key))).to.equal(
        failure,
      )
      expect(await manager.accessToken(key)).to.equal(access_token)
      await manager.revoke(key)
      expect(await store.read(key)).to.equal(undefined)
    })

    it('waits for a refresh under way, and revokes what it gave', async () => {
      const { refresh_token } = await signIn(0)
      let respond = (): void => {}
      server.onResponse = () =>
        new Promise((resolve) => {
          respond = resolve
        })
      const refreshed = manager.accessToken(key)
      await until(() => server.sent.length === 1)
      const revoked = manager.revoke(key)
      await new Promise(setImmediate)
      expect(server.revoked).to.be.empty
      respond()
      await refreshed
      await revoked
      expect(server.revoked).to.have.length(1).and.not.include(refresh_token)
    })

    it('leaves the tokens of a sign-in that came meanwhile', async () => {
      await signIn()
      let newer = ''
      const strategy = {
        ...server.strategy(),
        revoke: async () => {
          newer = (await signIn()).access_token
        },
      }
      await build({ strategy }).revoke(key)
      expect(await manager.accessToken(key)).to.equal(newer)
    })

    it('does nothing where there are no tokens', async () => {
      await manager.revoke(key)
      expect(server.revoked).to.be.empty
    })
  })

  it('keeps people signed in with XaiStrategy, from verify to the API, until they sign out', async () => {
    const emulator = await startEmulator({ signInAs: 'personal' })
    try {
      const verify: XaiVerifyFunctionWithParams = async (
        _accessToken,
        _refreshToken,
        params,
        profile,
        done,
      ) => {
        await tokens.save(`${profile.id}`, params)
        done(null, { id: profile.id })
      }
      const { issuer, publicClient } = emulator
      const strategy = new XaiStrategy(
        {
          issuer,
          clientID: publicClient.clientID,
          callbackURL: 'http://127.0.0.1:9/callback',
          scope: 'openid email offline_access',
        },
        verify,
      )
      const tokens = new TokenManager({ strategy })
      const { value } = await signInDirectly(strategy)
      const { id } = value as { id: string }
      const first = await tokens.accessToken(id)
      emulator.clearRequests()
      const body = '{"code":"unauthenticated:bad-credentials"}'
      emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 403, body })
      const response = await tokens.fetch(id, `${issuer}/oauth2/userinfo`)
      expect(await response.json()).to.include({ sub: id })
      expect(emulator.requests.map(({ path }) => path)).to.deep.equal([
        '/oauth2/userinfo',
        '/oauth2/token',
        '/oauth2/userinfo',
      ])
      const last = await tokens.accessToken(id)
      expect(last).not.to.equal(first)
      await tokens.revoke(id)
      const headers = { authorization: `Bearer ${last}` }
      expect((await fetch(`${issuer}/oauth2/userinfo`, { headers })).status).to.equal(401)
      expect(await failureOf(tokens.accessToken(id))).to.include({ code: 'xai_sign_in_needed' })
    } finally {
      await emulator.close()
    }
  })

  it('forgets without asking xAI', async () => {
    const { refresh_token } = await signIn()
    await manager.forget(key)
    expect(await store.read(key)).to.equal(undefined)
    expect(server.isAlive(refresh_token)).to.equal(true)
    expect(server.revoked).to.be.empty
  })

  it('shows no token when it is inspected', async () => {
    await signIn()
    const shown = inspect(new TokenManager({ strategy: server.strategy(), store }), {
      depth: 9,
      showHidden: true,
    })
    expect(shown)
      .to.contain('MemoryTokenStore')
      .and.not.match(/access of|refresh of/)
  })

  describe('with a store that cannot be trusted', () => {
    it('refuses the tokens of another key, and shows neither', async () => {
      await signIn(21_600, 'somebody else')
      const text = await store.read('somebody else')
      await store.write(key, text as string)
      for (const ask of [() => manager.accessToken(key), () => manager.fetch(key, 'https://api.x.ai/')]) {
        const error = await failureOf(ask())
        expect(error.message).to.match(/^TokenManager: the store gave the tokens of another key/)
        expect(inspect(error)).not.to.contain('access of')
      }
      expect(server.sent).to.be.empty
    })

    for (const text of ['', 'not JSON', 'null', '[]', '7', '{}', '{"accessToken":"AT-1"}', '{"key":7}'])
      it(`asks for a new sign-in where ${text || 'an empty text'} lies, and warns the operator`, async () => {
        const warnOnce = mock.method(diagnostics, 'warnOnce', () => {})
        await store.write(key, text)
        expect(await failureOf(manager.accessToken(key))).to.include({ code: 'xai_sign_in_needed' })
        expect(warnOnce.mock.calls.map((call) => call.arguments)).to.deep.equal([
          [
            'xai_tokens_unreadable',
            'TokenManager: a stored text cannot be read; is it sealed, and the store given without sealTokens?',
          ],
        ])
      })

    it('says so when the lock does not run what it was given', async () => {
      await signIn(0)
      mock.method(store, 'lock', async () => undefined)
      expect((await failureOf(manager.accessToken(key))).message).to.match(
        /the lock of the store did not run/,
      )
      expect(server.sent).to.be.empty
    })

    it('sends nothing when the lock cannot be had', async () => {
      await signIn(0)
      const failure = new Error('the store is gone')
      mock.method(store, 'lock', async () => {
        throw failure
      })
      expect(await failureOf(manager.accessToken(key))).to.equal(failure)
      expect(server.sent).to.be.empty
    })

    it('needs no result of its lock', async () => {
      const { refresh_token } = await signIn(0)
      mock.method(store, 'lock', async (_key: string, run: () => Promise<unknown>) => {
        await run()
      })
      expect(await manager.accessToken(key)).to.match(/^access of/)
      expect(server.sent).to.deep.equal([refresh_token])
    })

    it('refreshes once when the lock runs what it was given twice', async () => {
      const { refresh_token } = await signIn(0)
      mock.method(store, 'lock', async (_key: string, run: () => Promise<unknown>) => {
        await run()
        return run()
      })
      expect(await manager.accessToken(key)).to.match(/^access of/)
      expect(server.sent).to.deep.equal([refresh_token])
    })

    it('takes a lock that gives something else than a number for one without a lease', async () => {
      await signIn(0)
      mock.method(store, 'lock', async (_key: string, run: (given: unknown) => Promise<unknown>) =>
        run(new AbortController().signal),
      )
      expect(await manager.accessToken(key)).to.match(/^access of/)
    })

    it('gives up after three locks that leave no time for a refresh, and sends nothing', async () => {
      await signIn(0)
      mock.method(performance, 'now', () => 0)
      let locks = 0
      mock.method(store, 'lock', async (_key: string, run: (given: number) => Promise<unknown>) => {
        locks += 1
        return run(0)
      })
      expect((await failureOf(manager.accessToken(key))).message).to.match(
        /the lease of the lock was nearly over/,
      )
      expect(locks).to.equal(3)
      expect(server.sent).to.be.empty
    })
  })

  describe('is built', () => {
    const wrong: ReadonlyArray<readonly [options: () => unknown, message: RegExp]> = [
      [() => undefined, /^TokenManager: options must be an object/],
      [() => ({}), /^TokenManager: strategy must have refresh and revoke/],
      [
        () => server.strategy(),
        /^TokenManager: the strategy is an option; write new TokenManager\(\{ strategy \}\)$/,
      ],
      [() => ({ strategy: { refresh() {} } }), /^TokenManager: strategy must have refresh and revoke/],
      [() => ({ strategy: { revoke() {} } }), /^TokenManager: strategy must have refresh and revoke/],
      [
        () => ({ strategy: server.strategy(), stores: store }),
        /^TokenManager: there is no option stores; write store$/,
      ],
      [() => ({ strategy: server.strategy(), store: {} }), /^TokenManager: store has no method read/],
      [
        () => ({ strategy: server.strategy(), margin: -1 }),
        /^TokenManager: margin must be a number of milliseconds/,
      ],
      [() => ({ strategy: server.strategy(), margin: '60' }), /^TokenManager: margin must be a number/],
      [() => ({ strategy: server.strategy(), margin: Number.NaN }), /^TokenManager: margin must be a number/],
    ]
    for (const [options, message] of wrong)
      it(`with options for which it says ${message.source}`, () => {
        expect(() => new TokenManager(options() as never)).to.throw(TypeError, message)
      })

    it('with a store in memory by default, one for each manager', async () => {
      const [one, other] = [
        new TokenManager({ strategy: server.strategy() }),
        new TokenManager({ strategy: server.strategy() }),
      ]
      await one.save(key, server.signIn(key))
      expect(await one.accessToken(key)).to.match(/^access of/)
      expect(await failureOf(other.accessToken(key))).to.include({ code: 'xai_sign_in_needed' })
    })
  })

  for (const bad of [undefined, null, '', 7, {}])
    it(`refuses ${JSON.stringify(bad)} in the place of a key, whatever is asked`, async () => {
      for (const ask of [
        () => manager.save(bad as never, server.signIn(key)),
        () => manager.accessToken(bad as never),
        () => manager.fetch(bad as never, 'https://api.x.ai/'),
        () => manager.revoke(bad as never),
        () => manager.forget(bad as never),
      ])
        expect(await failureOf(ask()))
          .to.be.instanceOf(TypeError)
          .and.have.property('message')
          .that.contains('key must be')
    })
})

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getEventListeners } from 'node:events'
import type { Socket } from 'node:net'
import { mock } from 'node:test'
import { format, inspect } from 'node:util'
import { expect } from 'chai'

import diagnostics = require('../../lib/diagnostics.js')

import { type Emulator, type Misbehaviour, startEmulator } from '../../lib/emulator/index.js'
import { XaiOAuthError, type XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { refreshOnce, unlessAborted } from '../../lib/token/refresh.js'
import { failureOf } from '../support/failure.js'
import { FaultServer, httpResponse } from '../support/fault-server.js'
import { buildOfflineStrategy, signInOffline } from '../support/offline-strategy.js'
import { nextRefreshEvent } from '../support/refresh-event.js'
import { until } from '../support/until.js'

const path = '/oauth2/token'

describe('strategy.refresh', () => {
  let emulator: Emulator
  let strategy: XaiStrategy

  const buildStrategy = (options?: Partial<XaiStrategyOptions>): XaiStrategy =>
    buildOfflineStrategy(emulator, options)

  /** A refresh token that nobody has used, and no requests in the log. */
  const signIn = async (by = strategy): Promise<string> => (await signInOffline(emulator, by)).refreshToken

  /** The response to the next request, in the place of the emulator's. */
  const respondWith = (body: object, rest: Partial<Misbehaviour> = {}): void =>
    emulator.misbehaveOnce({ path, body: JSON.stringify(body), ...rest })

  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  beforeEach(() => {
    strategy = buildStrategy()
    emulator.clearRequests()
  })
  afterEach(() => mock.timers.reset())

  describe('on success', () => {
    it('gives new tokens, whose refresh token works in its turn', async () => {
      const spent = await signIn()
      const { accessToken, refreshToken, expiresIn, scope, idToken, raw } = await strategy.refresh(spent)
      expect(refreshToken).to.match(/^OR-/).and.not.equal(spent)
      expect(raw).to.include({ access_token: accessToken, refresh_token: refreshToken, id_token: idToken })
      expect({ expiresIn, scope }).to.deep.equal({
        expiresIn: 21_600,
        scope: 'openid profile email offline_access',
      })
      expect((await strategy.refresh(refreshToken)).refreshToken).not.to.be.oneOf([spent, refreshToken])
    })

    it('sends a form of three parameters, without an echo and without a verifier', async () => {
      const refreshToken = await signIn()
      await strategy.refresh(refreshToken)
      const [request] = emulator.requests
      expect(request?.method).to.equal('POST')
      expect(request?.headers).to.include({
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      })
      expect(request?.headers).not.to.have.property('authorization')
      expect(request?.parameters).to.deep.equal({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: emulator.publicClient.clientID,
      })
    })

    it('authenticates with Basic credentials that the body does not repeat', async () => {
      const { clientID, clientSecret } = emulator.confidentialClient
      const confidential = buildStrategy({ clientID, clientSecret })
      const refreshToken = await signIn(confidential)
      await confidential.refresh(refreshToken)
      const credentials = Buffer.from(`${clientID}:${clientSecret}`).toString('base64')
      const [request] = emulator.requests
      expect(request?.headers.authorization).to.equal(`Basic ${credentials}`)
      expect(request?.parameters).to.have.all.keys('grant_type', 'refresh_token')
    })

    it('authenticates in the body when client_secret_post says so', async () => {
      const { clientID, clientSecret } = emulator.confidentialClient
      const options = { clientID, clientSecret, clientAuthentication: 'client_secret_post' } as const
      const confidential = buildStrategy(options)
      const refreshToken = await signIn(confidential)
      await confidential.refresh(refreshToken)
      const [request] = emulator.requests
      expect(request?.headers).not.to.have.property('authorization')
      expect(request?.parameters).to.include({ client_id: clientID, client_secret: clientSecret })
    })

    it('tells the moment of expiry from the seconds', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-06-01T12:00:00Z') })
      respondWith({ access_token: 'new', expires_in: 900 })
      const { expiresIn, expiresAt } = await strategy.refresh('old')
      expect(expiresIn).to.equal(900)
      expect(expiresAt?.toISOString()).to.equal('2026-06-01T12:15:00.000Z')
    })

    it('tells an expiry of 0 seconds as now', async () => {
      mock.timers.enable({ apis: ['Date'], now: 1000 })
      respondWith({ access_token: 'new', expires_in: 0 })
      expect(await strategy.refresh('old')).to.deep.include({ expiresIn: 0, expiresAt: new Date(1000) })
    })

    const unknownExpiries: ReadonlyArray<readonly [what: string, expiresIn: unknown]> = [
      ['missing', undefined],
      ['null', null],
      ['a string', '21600'],
      ['negative', -1],
      ['past every date', 1e300],
      ['an object', {}],
      ['an object that is no text either', { toString: 1 }],
      ['true', true],
    ]
    for (const [what, expires_in] of unknownExpiries)
      it(`invents no expiry when expires_in is ${what}`, async () => {
        respondWith({ access_token: 'new', expires_in })
        const tokens = await strategy.refresh('old')
        expect(tokens).to.have.all.keys('accessToken', 'refreshToken', 'raw')
        expect(tokens.accessToken).to.equal('new')
      })

    const keptTokens: ReadonlyArray<readonly [what: string, token: unknown]> = [
      ['is missing', undefined],
      ['is null', null],
      ['is empty', ''],
      ['is no string', 7],
    ]
    for (const [what, refresh_token] of keptTokens)
      it(`keeps the old refresh token when the response's ${what}`, async () => {
        respondWith({ access_token: 'new', refresh_token })
        expect((await strategy.refresh('old')).refreshToken).to.equal('old')
      })

    it('leaves out a scope and an id_token that are no text', async () => {
      respondWith({ access_token: 'new', scope: ['openid'], id_token: '' })
      expect(await strategy.refresh('old')).to.have.all.keys('accessToken', 'refreshToken', 'raw')
    })

    it('hands on the whole response', async () => {
      const response = { access_token: 'new', token_type: 'Bearer', principal_type: 'User' }
      respondWith(response)
      expect((await strategy.refresh('old')).raw).to.deep.equal(response)
    })
  })

  describe('called many times at once', () => {
    it('makes one request for 100 callers, and the old token is revoked afterwards', async () => {
      const spent = await signIn()
      const all = await Promise.all(Array.from({ length: 100 }, () => strategy.refresh(spent)))
      expect(emulator.requests).to.have.length(1)
      expect(new Set(all.map(({ accessToken }) => accessToken))).to.have.property('size', 1)
      const tokens = new Set(all.map(({ refreshToken }) => refreshToken))
      expect(tokens).to.have.property('size', 1)
      expect([...tokens]).not.to.include(spent)

      const error = await failureOf(strategy.refresh(spent))
      expect(error).to.include({ code: 'xai_refresh_token_revoked', status: 400, error: 'invalid_grant' })
      expect(emulator.requests).to.have.length(2)
    })

    it('fails for all callers with one error', async () => {
      const errors = await Promise.all(
        Array.from({ length: 10 }, () => failureOf(strategy.refresh('OR-unknown'))),
      )
      expect(new Set(errors)).to.have.property('size', 1)
      expect(errors[0]).to.include({ code: 'xai_refresh_token_revoked' })
      expect(emulator.requests).to.have.length(1)
    })

    it('keeps different tokens apart', async () => {
      const [one, two] = [await signIn(), await signIn()]
      const [first, second] = await Promise.all([strategy.refresh(one), strategy.refresh(two)])
      expect(emulator.requests.map(({ parameters }) => parameters?.refresh_token)).to.have.members([one, two])
      expect(first.refreshToken).not.to.equal(second.refreshToken)
    })

    it('is one flight for all strategies of one client', async () => {
      const spent = await signIn()
      const other = buildStrategy({ scope: 'openid offline_access' })
      const all = await Promise.all([strategy.refresh(spent), other.refresh(spent), strategy.refresh(spent)])
      expect(emulator.requests).to.have.length(1)
      expect(new Set(all.map(({ accessToken }) => accessToken))).to.have.property('size', 1)
      expect(new Set(all.map(({ expiresAt }) => expiresAt?.getTime()))).to.have.property('size', 1)
    })

    it('is a flight of its own for another client or another token endpoint', async () => {
      for (const body of ['first', 'second', 'third']) respondWith({ access_token: body })
      const [one, two, three] = await Promise.all([
        strategy.refresh('of both'),
        buildStrategy({ clientID: 'another' }).refresh('of both'),
        buildStrategy({ tokenURL: `${emulator.issuer}${path}?tenant=2` }).refresh('of both'),
      ])
      expect(emulator.requests).to.have.length(3)
      expect(new Set([one, two, three].map(({ accessToken }) => accessToken))).to.have.property('size', 3)
    })

    it('is one flight for objects derived from the strategy, as Passport makes them', async () => {
      const spent = await signIn()
      const derived = Object.create(strategy) as XaiStrategy
      const [one, two] = await Promise.all([strategy.refresh(spent), derived.refresh(spent)])
      expect(emulator.requests).to.have.length(1)
      expect(one).to.equal(two)
    })
  })

  describe('with a signal', () => {
    it('lets one caller go and answers the others', async () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      respondWith({ access_token: 'new', refresh_token: 'next' }, { delay: 1000 })
      const [impatient, patient] = [new AbortController(), new AbortController()]
      const left = failureOf(strategy.refresh('old', { signal: impatient.signal }))
      const stayed = strategy.refresh('old', { signal: patient.signal })
      await until(() => emulator.requests.length === 1)
      const reason = new Error('the visitor went away')
      impatient.abort(reason)
      expect(await left).to.equal(reason)
      const late = strategy.refresh('old')
      mock.timers.tick(1000)
      expect(await stayed).to.include({ accessToken: 'new', refreshToken: 'next' })
      expect(await late).to.include({ accessToken: 'new', refreshToken: 'next' })
      expect(emulator.requests).to.have.length(1)
      for (const { signal } of [impatient, patient])
        await until(() => getEventListeners(signal, 'abort').length === 0)
    })

    it('sends nothing when it is aborted already', async () => {
      const reason = new Error('too late')
      expect(await failureOf(strategy.refresh('old', { signal: AbortSignal.abort(reason) }))).to.equal(reason)
      expect(emulator.requests).to.be.empty
    })

    it('does not wait for a flight when the signal was aborted before the flight was joined', async () => {
      const reason = new Error('too late')
      const never = new Promise(() => {})
      expect(await failureOf(unlessAborted(never, AbortSignal.abort(reason)))).to.equal(reason)
    })

    it('causes no unhandled rejection when the refresh fails after everybody left', async () => {
      const unhandled: unknown[] = []
      const ended = nextRefreshEvent()
      const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
      process.on('unhandledRejection', onUnhandled)
      try {
        mock.timers.enable({ apis: ['setTimeout'] })
        emulator.misbehaveOnce({ path, delay: 1000, status: 500 })
        const controller = new AbortController()
        const left = failureOf(strategy.refresh('old', { signal: controller.signal }))
        await until(() => emulator.requests.length === 1)
        controller.abort()
        expect(await left).to.have.property('name', 'AbortError')
        mock.timers.tick(1000)
        expect(await ended).to.include({ outcome: 'failed', status: 500 })
        await new Promise(setImmediate)
        expect(unhandled).to.be.empty
      } finally {
        process.off('unhandledRejection', onUnhandled)
      }
    })
  })

  describe('refused', () => {
    interface Expected {
      code: string
      status: number
      message: RegExp
    }
    const html = { 'content-type': 'text/html' }
    const refusals: ReadonlyArray<
      readonly [what: string, response: Omit<Misbehaviour, 'path'>, expected: Expected]
    > = [
      [
        'invalid_grant',
        {
          status: 400,
          body: '{"error":"invalid_grant","error_description":"Refresh token has been revoked"}',
        },
        {
          code: 'xai_refresh_token_revoked',
          status: 400,
          message: /HTTP 400.*sign in again.*has been revoked/,
        },
      ],
      [
        'invalid_client',
        { status: 401, body: '{"error":"invalid_client","error_description":"Unknown or disabled client"}' },
        { code: 'xai_refresh_failed', status: 401, message: /HTTP 401.*Unknown or disabled client/ },
      ],
      [
        'a 403 of the OAuth server',
        { status: 403, body: '{"error":"access_denied"}' },
        { code: 'xai_refresh_failed', status: 403, message: /^xAI token refresh failed \(HTTP 403\)\. Resp/ },
      ],
      [
        'a 403 of Cloudflare',
        { status: 403, headers: html, body: '<title>Just a moment...</title>' },
        { code: 'xai_refresh_failed', status: 403, message: /HTTP 403.*Cloudflare/ },
      ],
      [
        'an HTML page of Cloudflare with 503',
        { status: 503, headers: html, body: '<html>' },
        { code: 'xai_refresh_failed', status: 503, message: /HTTP 503.*Cloudflare/ },
      ],
      [
        'a broken server',
        { status: 500, body: '' },
        { code: 'xai_refresh_failed', status: 500, message: /HTTP 500/ },
      ],
      [
        'a redirect, which it does not follow',
        { status: 307, headers: { location: '/oauth2/token' }, body: '' },
        { code: 'xai_refresh_failed', status: 502, message: /HTTP 307/ },
      ],
      [
        'invalid_grant in an unusual place: a nested error',
        { status: 400, body: '{"error":{"code":"invalid_grant"}}' },
        { code: 'xai_refresh_failed', status: 400, message: /HTTP 400/ },
      ],
      [
        'an HTML page with 200',
        { status: 200, headers: html, body: '<html>' },
        { code: 'xai_refresh_invalid', status: 502, message: /not a JSON object/ },
      ],
      [
        'an empty body with 200',
        { status: 200, body: '' },
        { code: 'xai_refresh_invalid', status: 502, message: /not a JSON object/ },
      ],
      [
        'a response without access_token',
        { status: 200, body: '{"refresh_token":"new"}' },
        { code: 'xai_refresh_invalid', status: 502, message: /no access_token/ },
      ],
      [
        'an error beside a token',
        { status: 200, body: '{"error":"invalid_grant","access_token":"new"}' },
        { code: 'xai_refresh_invalid', status: 502, message: /holds an error/ },
      ],
      [
        'another token type',
        { status: 200, body: '{"access_token":"new","token_type":"DPoP"}' },
        { code: 'xai_refresh_invalid', status: 502, message: /not Bearer/ },
      ],
      [
        'a body without an end',
        { endless: true },
        { code: 'xai_refresh_invalid', status: 502, message: /larger than 1048576 bytes/ },
      ],
    ]
    for (const [what, response, { code, status, message }] of refusals)
      it(`fails as ${code} on ${what}`, async () => {
        emulator.misbehaveOnce({ path, ...response })
        const error = await failureOf(strategy.refresh(`old, then ${what}`))
        expect(error).to.be.instanceOf(XaiOAuthError).and.include({ code, status, statusCode: status })
        expect(error.message).to.match(message)
        expect(emulator.requests).to.have.length(1)
      })

    it('says how long to wait when there were too many requests', async () => {
      emulator.misbehaveOnce({ path, status: 429, headers: { 'retry-after': '17' }, body: '' })
      const error = await failureOf(strategy.refresh('old'))
      expect(error).to.include({ code: 'xai_refresh_failed', status: 429, retryAfter: 17 })
      expect(emulator.requests).to.have.length(1)
    })

    it('reports an unknown client as the emulator, and xAI, words it', async () => {
      const stranger = buildStrategy({ clientID: 'stranger' })
      const error = await failureOf(stranger.refresh('old'))
      expect(error).to.include({
        code: 'xai_refresh_failed',
        error: 'invalid_client',
        error_description: 'Unknown or disabled client',
      })
    })

    it('asks again when it is asked again after a failure', async () => {
      const refreshToken = await signIn()
      emulator.misbehaveOnce({ path, status: 500, body: '' })
      await failureOf(strategy.refresh(refreshToken))
      expect((await strategy.refresh(refreshToken)).refreshToken).not.to.equal(refreshToken)
      expect(emulator.requests).to.have.length(2)
    })

    it('shows neither the token nor the client secret in the error', async () => {
      const refreshToken = 'OR-a token/with+marks'
      const clientSecret = 'a secret of+the client'
      const confidential = buildStrategy({ clientID: 'confidential', clientSecret })
      const basic = Buffer.from('confidential:a+secret+of%2Bthe+client').toString('base64')
      const spoken = [refreshToken, clientSecret, encodeURIComponent(refreshToken), basic].join(' ; ')
      respondWith(
        { error: 'invalid_grant', error_description: spoken },
        { status: 400, headers: { 'x-told': spoken } },
      )
      const error = await failureOf(confidential.refresh(refreshToken))
      expect(error.error_description).to.match(/^(\[redacted\](=*)( ; |$)){4}$/)
      const shown = [error.message, error.stack, inspect(error, { depth: 9 }), JSON.stringify(error)].join(
        '\n',
      )
      for (const secret of [refreshToken, clientSecret, encodeURIComponent(refreshToken), basic])
        expect(shown).not.to.include(secret)
    })

    it('shows no token that an unusable response issued', async () => {
      respondWith({
        access_token: 'AT-issued-in-vain',
        refresh_token: 'RT-issued-in-vain',
        token_type: 'MAC',
      })
      const error = await failureOf(strategy.refresh('old'))
      expect(error.code).to.equal('xai_refresh_invalid')
      expect(inspect(error, { depth: 9 })).not.to.include('issued-in-vain')
    })
  })

  describe('after xAI has called the token invalid', () => {
    const refuse = (status = 400, error = 'invalid_grant'): void =>
      respondWith(
        { error, error_description: 'Refresh token has been revoked', error_uri: 'https://x.ai/help' },
        { status },
      )

    it('fails with a new error of the same words, and sends nothing, whichever strategy asks', async () => {
      refuse()
      const first = await failureOf(strategy.refresh('dead'))
      const again = await failureOf(buildStrategy().refresh('dead'))
      expect(emulator.requests).to.have.length(1)
      expect(again).to.be.instanceOf(XaiOAuthError).and.not.equal(first)
      const words = {
        code: 'xai_refresh_token_revoked',
        error: 'invalid_grant',
        status: 400,
        statusCode: 400,
      }
      for (const error of [first, again])
        expect(error).to.include({
          ...words,
          message: first.message,
          error_description: 'Refresh token has been revoked',
          error_uri: 'https://x.ai/help',
        })
      expect(again).not.to.have.property('response')
    })

    it('asks xAI once for 1,000 callers at different times', async () => {
      refuse()
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 100 }, () => failureOf(strategy.refresh('dead for all'))))
      expect(emulator.requests).to.have.length(1)
    })

    it('asks again after an hour', async () => {
      mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
      refuse()
      await failureOf(strategy.refresh('dead for an hour'))
      mock.timers.tick(60 * 60_000 - 1)
      await failureOf(strategy.refresh('dead for an hour'))
      expect(emulator.requests).to.have.length(1)
      mock.timers.tick(1)
      respondWith({ access_token: 'alive after all' })
      expect(await strategy.refresh('dead for an hour')).to.include({ accessToken: 'alive after all' })
    })

    it('remembers the token of this client alone', async () => {
      refuse()
      await failureOf(strategy.refresh('dead for one client'))
      respondWith({ access_token: 'of the other' })
      const other = buildStrategy({ clientID: 'another' })
      expect(await other.refresh('dead for one client')).to.include({ accessToken: 'of the other' })
    })

    it('remembers 10,000 tokens, and forgets the oldest', async () => {
      const refused = new XaiOAuthError('xai_refresh_token_revoked', 'refused', { status: 400 })
      let sent = 0
      const ask = (refreshToken: string): Promise<unknown> =>
        refreshOnce({ tokenURL: 'https://x.ai/token', clientID: 'app', refreshToken, extras: {} }, () => {
          sent += 1
          return Promise.reject(refused)
        }).catch(() => undefined)
      for (let index = 0; index <= 10_000; index += 1) await ask(`dead-${index}`)
      expect(sent).to.equal(10_001)
      await ask('dead-1')
      await ask('dead-10000')
      expect(sent).to.equal(10_001)
      await ask('dead-0')
      expect(sent).to.equal(10_002)
    })

    it('remembers a digest, and never the token itself', async () => {
      const token = 'dead and remembered'
      refuse()
      const set = mock.method(Map.prototype, 'set')
      await failureOf(strategy.refresh(token))
      const kept = set.mock.calls.map((call) => inspect(call.arguments, { depth: 6 }))
      set.mock.restore()
      expect(kept.join()).to.contain('no longer valid')
      expect(kept.filter((text) => text.includes(token))).to.deep.equal([])
    })

    it('keeps no more than 2,000 characters of each of the words', async () => {
      const long = 'word '.repeat(4000)
      respondWith({ error: 'invalid_grant', error_description: long, error_uri: long }, { status: 400 })
      await failureOf(strategy.refresh('dead with many words'))
      const again = await failureOf(strategy.refresh('dead with many words'))
      expect(again.error_description).to.equal(long.slice(0, 2000))
      expect(again.error_uri).to.equal(long.slice(0, 2000))
      expect(again.message.length).to.be.below(2200)
    })

    const passing: ReadonlyArray<readonly [what: string, fail: () => void]> = [
      ['invalid_client', () => refuse(401, 'invalid_client')],
      ['a 5xx, even with the words of a refusal', () => refuse(503)],
      ['a connection that breaks', () => emulator.misbehaveOnce({ path, cut: 'before-headers' })],
      ['a response that nobody can use', () => emulator.misbehaveOnce({ path, status: 200, body: '' })],
    ]
    for (const [what, fail] of passing)
      it(`does not take ${what} for that`, async () => {
        fail()
        const { code } = await failureOf(strategy.refresh(`alive, with ${what}`))
        expect(code).to.be.oneOf(['xai_refresh_failed', 'xai_refresh_invalid'])
        respondWith({ access_token: 'new' })
        expect(await strategy.refresh(`alive, with ${what}`)).to.include({ accessToken: 'new' })
        expect(emulator.requests).to.have.length(2)
      })
  })

  describe('for listeners of passport-xai:refresh', () => {
    it('tells a success, a refusal, what is remembered, and a failure, without a secret', async () => {
      const events: object[] = []
      const refresh = async (token: string): Promise<void> => {
        const ended = nextRefreshEvent()
        await strategy.refresh(token).catch(() => undefined)
        events.push(await ended)
      }
      respondWith({ access_token: 'AT-secret', refresh_token: 'OR-next-secret' })
      await refresh('OR-first-secret')
      respondWith({ error: 'invalid_grant', error_description: 'OR-dead-secret' }, { status: 400 })
      await refresh('OR-dead-secret')
      await refresh('OR-dead-secret')
      emulator.misbehaveOnce({ path, cut: 'before-headers' })
      await refresh('OR-cut-secret')
      const revoked = { outcome: 'revoked', code: 'xai_refresh_token_revoked', status: 400 }
      for (const event of events) {
        expect(event).to.have.property('milliseconds').that.is.a('number').and.at.least(0)
        delete (event as { milliseconds?: number }).milliseconds
      }
      expect(events).to.deep.equal([
        { outcome: 'refreshed', remembered: false },
        { ...revoked, remembered: false },
        { ...revoked, remembered: true },
        { outcome: 'failed', code: 'xai_refresh_failed', status: 502, remembered: false },
      ])
      expect(JSON.stringify(events)).not.to.contain('secret')
    })

    it('is one event for callers who share a flight', async () => {
      let events = 0
      const count = (): void => {
        events += 1
      }
      subscribe('tracing:passport-xai:refresh:asyncEnd', count)
      try {
        respondWith({ access_token: 'new' })
        await Promise.all([strategy.refresh('shared'), strategy.refresh('shared')])
        expect(events).to.equal(1)
      } finally {
        unsubscribe('tracing:passport-xai:refresh:asyncEnd', count)
      }
    })
  })

  it('gives NODE_DEBUG=passport-xai a line for each end, without a secret', async () => {
    const lines: string[] = []
    const print = (...words: unknown[]): void => void lines.push(format(...words))
    const { debug } = diagnostics
    Object.assign(diagnostics, { debug: Object.assign(print, { enabled: true }) })
    try {
      respondWith({ access_token: 'AT-secret' })
      await strategy.refresh('OR-first-secret')
      respondWith({ error: 'invalid_grant' }, { status: 400 })
      await failureOf(strategy.refresh('OR-refused-secret'))
      emulator.misbehaveOnce({ path, status: 500, body: '' })
      await failureOf(strategy.refresh('OR-failed-secret'))
    } finally {
      Object.assign(diagnostics, { debug })
    }
    expect(lines).to.deep.equal([
      'refresh: refreshed ',
      'refresh: revoked xai_refresh_token_revoked',
      'refresh: failed xai_refresh_failed',
    ])
  })

  describe('given no token', () => {
    const noTokens: ReadonlyArray<readonly [what: string, token: unknown]> = [
      ['undefined', undefined],
      ['null', null],
      ['an empty string', ''],
      ['a number', 7],
      ['an object', { refreshToken: 'old' }],
    ]
    for (const [what, token] of noTokens)
      it(`refuses ${what} and sends nothing`, async () => {
        const error = await failureOf(strategy.refresh(token as string))
        expect(error).to.be.instanceOf(TypeError)
        expect(error.message).to.equal('XaiStrategy: refresh needs a token, a string that is not empty')
        expect(emulator.requests).to.be.empty
      })
  })

  describe('when the response gets lost', () => {
    const sentence = /may be spent already, so it is not sent again by itself$/

    for (const cut of ['before-headers', 'in-body'] as const)
      it(`does not send the token again after a cut ${cut}`, async () => {
        const spent = await signIn()
        emulator.misbehaveOnce({ path, cut, carriedOut: true })
        const error = await failureOf(strategy.refresh(spent))
        expect(error).to.include({ code: 'xai_refresh_failed', status: 502 })
        expect(error.message).to.match(sentence)
        expect(error.cause).to.include({ code: 'ECONNRESET' })
        expect(error).not.to.have.property('response')
        expect(emulator.requests).to.have.length(1)
        expect((await failureOf(strategy.refresh(spent))).code).to.equal('xai_refresh_token_revoked')
      })

    it('makes one connection to a server that ends every one', async () => {
      const server = await FaultServer.start((socket) => socket.destroy())
      const of = buildStrategy({ issuer: server.origin })
      const error = await failureOf(of.refresh('old'))
      await server.close()
      expect(error).to.include({ code: 'xai_refresh_failed', status: 502 })
      expect(server.sockets).to.have.length(1)
      expect(server.requests).to.have.length(1)

      const refused = await failureOf(of.refresh('old'))
      expect(refused).to.include({ code: 'xai_refresh_failed', status: 502 })
      expect(refused.cause).to.include({ code: 'ECONNREFUSED' })
    })

    it('never goes out on a connection that has been idle, and only once', async () => {
      let respond = (socket: Socket): void =>
        void socket.write(httpResponse(200, '{"access_token":"new","refresh_token":"next"}'))
      const server = await FaultServer.start((socket) => respond(socket))
      try {
        const of = buildStrategy({ issuer: server.origin })
        await of.refresh('first')
        expect(server.sockets.at(-1)?.closed).to.equal(false)
        respond = (socket) => socket.destroy()
        const error = await failureOf(of.refresh('second'))
        expect(error).to.include({ code: 'xai_refresh_failed', status: 502 })
        expect(error.message).to.match(sentence)
        expect(server.sockets).to.have.length(2)
        expect(server.requests).to.have.length(2)
      } finally {
        await server.close()
      }
    })

    it('ends at the deadline', async () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY })
      let ended = false
      const failure = failureOf(strategy.refresh('old')).finally(() => {
        ended = true
      })
      await until(() => emulator.requests.length === 1)
      mock.timers.tick(19_999)
      await new Promise(setImmediate)
      expect(ended).to.equal(false)
      mock.timers.tick(1)
      const error = await failure
      expect(error).to.include({ code: 'xai_refresh_failed', status: 504 })
      expect(error.message).to.match(sentence)
      expect(error.cause).to.include({ code: 'ETIMEDOUT' })
      expect(emulator.requests).to.have.length(1)
    })
  })

  it('leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length
    // Mocha's own timer begins when the test waits for the first time.
    await new Promise(setImmediate)
    const before = timers()
    respondWith({ access_token: 'new' })
    await strategy.refresh('old')
    emulator.misbehaveOnce({ path, cut: 'before-headers' })
    await failureOf(strategy.refresh('old'))
    await until(() => timers() === before)
  })
})

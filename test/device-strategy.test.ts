import { tracingChannel } from 'node:diagnostics_channel'
import { mock } from 'node:test'
import { inspect } from 'node:util'
import { expect } from 'chai'
import type { Request } from 'express'
import OAuth2Strategy from 'passport-oauth2'
import {
  CookieStateStore,
  SessionStateStore,
  XaiDeviceStrategy,
  type XaiProfile,
  type XaiSignIn,
} from '../lib/index.js'
import { parseDeviceOptions } from '../lib/option.js'
import { CookieClient } from './support/browserless-client.js'
import {
  DeviceApplication,
  type DeviceApplicationOptions,
  type DeviceEnding,
} from './support/device-application.js'
import { DeviceServer, json, type Respond, refusal } from './support/device-server.js'
import { until } from './support/until.js'

/** What an access token of a Team says, signed by nobody. */
const teamToken = ['{}', '{"principal_type":"Team","principal_id":"t-1"}', '']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')

const verify = async (_signIn: object): Promise<false> => false
const construct = (options: unknown, given: unknown = verify): XaiDeviceStrategy =>
  new XaiDeviceStrategy(options as never, given as typeof verify)

describe('XaiDeviceStrategy', () => {
  it('is a strategy of Passport’s, and not one of passport-oauth2', () => {
    const strategy = construct({ clientID: 'app' })
    expect(strategy.name).to.equal('xai-device')
    expect(strategy).not.to.be.instanceOf(OAuth2Strategy)
    expect(strategy).to.be.instanceOf(Object.getPrototypeOf(OAuth2Strategy.prototype).constructor)
  })

  describe('has options that', () => {
    it('have the defaults of the documentation', () => {
      const { store, ...settings } = parseDeviceOptions({ clientID: 'app' })
      expect(store).to.be.instanceOf(SessionStateStore)
      expect(settings).to.deep.include({
        clientID: 'app',
        issuer: 'https://auth.x.ai',
        deviceAuthorizationURL: 'https://auth.x.ai/oauth2/device/code',
        tokenURL: 'https://auth.x.ai/oauth2/token',
        scope: 'openid profile email',
        page: { title: undefined, homeURL: undefined },
        echoCodeChallenge: false,
      })
    })

    it('name the key of the default store', async () => {
      const { store } = parseDeviceOptions({ clientID: 'app', sessionKey: 'mine' })
      const session: Record<string, unknown> = {}
      const [device, meta] = [{ deviceCode: 'code' }, { clientID: 'app', issuer: '', tokenURL: '' }]
      await (store as SessionStateStore).keepDevice({ session } as never, device as never, meta as never)
      expect(Object.keys(session).filter((name) => name.startsWith('mine'))).to.have.length(1)
    })

    it('are not changed, and not read again', () => {
      const page = Object.freeze({ title: 'Notes' })
      const options = Object.freeze({ clientID: 'app', page })
      expect(parseDeviceOptions(options).page)
        .to.deep.equal({ title: 'Notes', homeURL: undefined })
        .and.not.equal(page)
    })

    const accepted: ReadonlyArray<readonly [what: string, options: object]> = [
      ['an endpoint with a query', { deviceAuthorizationURL: 'https://auth.x.ai/device?x=1' }],
      ['a page of one’s own', { page: () => '' }],
      ['a home on another host', { page: { homeURL: 'https://app.example/home' } }],
      ['a home with a query', { page: { homeURL: '/home?a=1#b' } }],
      ['a cookie store', { store: new CookieStateStore({ secret: 's'.repeat(32) }) }],
      ['a secret', { clientSecret: 's', clientAuthentication: 'client_secret_post' }],
    ]
    for (const [what, options] of accepted)
      it(`allow ${what}`, () => {
        construct({ clientID: 'app', ...options })
      })

    const refused: ReadonlyArray<readonly [what: string, options: unknown, message: RegExp]> = [
      ['nothing', undefined, /options must be an object with clientID/],
      ['null', null, /options must be an object/],
      ['a missing clientID', {}, /clientID is missing or not a string/],
      ['clientId', { clientId: 'app' }, /there is no option clientId; write clientID/],
      ['scopes', { clientID: 'app', scopes: [] }, /there is no option scopes; write scope/],
      ['pages', { clientID: 'app', pages: {} }, /there is no option pages; write page/],
      [
        'callbackURL',
        { clientID: 'app', callbackURL: 'https://a.example' },
        /a device sign-in has no callback, so leave it out/,
      ],
      [
        'echoCodeChallenge',
        { clientID: 'app', echoCodeChallenge: true },
        /no code challenge, so leave it out/,
      ],
      [
        'authorizationParams',
        { clientID: 'app', authorizationParams: {} },
        /no authorization request, so leave it out/,
      ],
      ['state', { clientID: 'app', state: true }, /no protocol state, so leave it out/],
      ['pkce', { clientID: 'app', pkce: true }, /no code challenge, so leave it out/],
      [
        'a foreign endpoint',
        { clientID: 'app', deviceAuthorizationURL: 'http://auth.x.ai/d' },
        /deviceAuthorizationURL "http:\/\/auth\.x\.ai\/d" is neither https nor/,
      ],
      [
        'an endpoint that is not a string',
        { clientID: 'app', deviceAuthorizationURL: 7 },
        /deviceAuthorizationURL is missing or not a string/,
      ],
      [
        'a page that is text',
        { clientID: 'app', page: '<html>' },
        /page: options must be an object with title, homeURL/,
      ],
      ['a page that is null', { clientID: 'app', page: null }, /page: options must be an object/],
      [
        'an unknown part of a page',
        { clientID: 'app', page: { name: 'Notes' } },
        /page: there is no option name/,
      ],
      [
        'an empty title',
        { clientID: 'app', page: { title: '' } },
        /page\.title must be the name of the application/,
      ],
      [
        'a title that is a number',
        { clientID: 'app', page: { title: 1 } },
        /page\.title must be the name of the application/,
      ],
      [
        'a home that runs',
        { clientID: 'app', page: { homeURL: 'javascript:alert(1)' } },
        /page\.homeURL must be a path/,
      ],
      [
        'a home on no host',
        { clientID: 'app', page: { homeURL: '//evil.example' } },
        /page\.homeURL must be a path/,
      ],
      [
        'a store for callbacks alone',
        { clientID: 'app', store: { store() {}, verify() {} } },
        /store cannot keep device sign-ins; write new SessionStateStore/,
      ],
      ['a store that is null', { clientID: 'app', store: null }, /store cannot keep device sign-ins/],
    ]
    for (const [what, options, message] of refused)
      it(`refuse ${what}`, () => {
        expect(() => construct(options))
          .to.throw(TypeError, message)
          .with.property('message')
          .matches(/^XaiDeviceStrategy: /)
      })

    it('refuse a verify that could be misread', () => {
      expect(() => construct({ clientID: 'app' }, (_a: 1, _b: 2) => false)).to.throw(
        TypeError,
        /^XaiDeviceStrategy: verify declares 2 parameters/,
      )
    })
  })

  describe('signs in by a code', () => {
    let xai: DeviceServer
    let app: DeviceApplication
    let browser: CookieClient

    before(async () => {
      xai = await DeviceServer.start()
    })
    after(() => xai.close())
    beforeEach(() => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      xai.reset()
      browser = new CookieClient()
    })
    afterEach(async () => {
      mock.timers.reset()
      await app.close()
    })

    const start = async (options: Partial<DeviceApplicationOptions> = {}): Promise<void> => {
      app = await DeviceApplication.start({ issuer: xai.issuer, store: 'session', ...options })
    }
    const signIn = async (respond = xai.approve('ada')): Promise<DeviceEnding> => {
      await app.ask(browser)
      xai.token = respond
      mock.timers.tick(5000)
      return app.ask(browser)
    }

    it('whoever confirmed it, with a checked profile and the whole token response', async () => {
      let seen: XaiSignIn | undefined
      await start({
        verify: async (given) => {
          seen = given
          return { id: given.profile.id }
        },
      })
      expect(await signIn()).to.include({ outcome: 'success' })
      expect(seen?.profile).to.include({ provider: 'xai', id: 'ada', displayName: 'ada' })
      expect(seen?.tokens).to.include({
        access_token: 'access-token-of-ada',
        refresh_token: 'refresh-token-of-ada',
      })
      expect(seen?.req).to.have.property('url', '/connect')
      expect(await browser.get(`${app.origin}/me`)).to.have.property('body', '{"id":"ada"}')
    })

    it('in a session that is renewed, so that nobody can have planted it', async () => {
      await start()
      await app.ask(browser)
      const before = browser.jar.headerFor(new URL(app.origin))
      await signIn()
      expect(browser.jar.headerFor(new URL(app.origin)))
        .to.be.a('string')
        .and.not.equal(before)
    })

    const ends: ReadonlyArray<
      readonly [what: string, verify: (signIn: XaiSignIn) => unknown, expected: object]
    > = [
      ['gives nobody', async (_signIn: XaiSignIn) => false, { http: 401, outcome: 'fail' }],
      [
        'says why not',
        async (_signIn: XaiSignIn) => [false, { message: 'not on the list' }],
        { http: 401, outcome: 'fail', info: { message: 'not on the list' } },
      ],
      [
        'throws',
        async (_signIn: XaiSignIn) => {
          throw new Error('no database')
        },
        { http: 500, outcome: 'error', error: { message: 'no database', name: 'Error' } },
      ],
    ]
    for (const [what, given, expected] of ends)
      it(`nobody when verify ${what}, and the code is spent`, async () => {
        await start({ verify: given })
        expect(await signIn()).to.deep.equal(expected)
        expect(await app.ask(browser)).to.include({ status: 'pending', user_code: xai.userCode(1) })
        expect(xai.questions).to.have.lengthOf(1)
      })

    it('nobody by an id_token of another client', async () => {
      await start()
      const foreign = new URLSearchParams({ client_id: 'another' })
      const ending = await signIn((res) => xai.approve()(res, foreign))
      expect(ending.error).to.include({ code: 'xai_id_token_invalid' })
    })

    it('nobody for a Team, of which xAI gives no id_token', async () => {
      await start()
      const ending = await signIn(xai.approve('team', { id_token: undefined, access_token: teamToken }))
      expect(ending).to.include({ http: 403, outcome: 'error' })
      expect(ending.error).to.include({ code: 'xai_identity_missing' })
    })

    it('with the scopes of the request, and the state that comes back as info.state', async () => {
      await start({ authenticate: { scope: ['openid', 'api:access'], state: { returnTo: '/inbox' } } })
      expect((await signIn()).info).to.deep.equal({ state: { returnTo: '/inbox' } })
      expect(xai.beginnings[0]?.form.get('scope')).to.equal('openid api:access')
    })

    it('not with scopes that are not strings, and sends nothing', async () => {
      await start({ authenticate: { scope: [7] as never } })
      expect((await app.ask(browser)).error?.message).to.match(/^XaiDeviceStrategy: scope/)
      expect(xai.beginnings).to.be.empty
    })

    it('at the endpoints that were given, their queries included', async () => {
      await start({
        strategy: {
          deviceAuthorizationURL: `${xai.issuer}/oauth2/device/code?tenant=one`,
          tokenURL: `${xai.issuer}/oauth2/token?tenant=two`,
        },
      })
      expect(await signIn()).to.include({ outcome: 'success' })
      expect(xai.requested).to.have.members([
        '/oauth2/device/code?tenant=one',
        '/.well-known/jwks.json',
        '/oauth2/token?tenant=two',
      ])
    })

    it('with keys that are fetched at the beginning, so that the last question does not wait for them', async () => {
      await start()
      await app.ask(browser)
      await until(() => xai.requested.length > 1)
      expect(xai.requested).to.deep.equal(['/oauth2/device/code', '/.well-known/jwks.json'])
      xai.token = xai.approve()
      mock.timers.tick(5000)
      expect(await app.ask(browser)).to.include({ outcome: 'success' })
      expect(xai.requested.slice(2)).to.deep.equal(['/oauth2/token'])
    })

    it('for a verify of passport-oauth2’s form, which gets the request first when it is asked for', async () => {
      type Done = (error: null, user: object) => void
      const seen: unknown[] = []
      const classic = (
        req: Request,
        accessToken: string,
        refreshToken: string,
        profile: XaiProfile,
        done: Done,
      ) => {
        seen.push(req.url, accessToken, refreshToken)
        done(null, { id: profile.id })
      }
      await start({ strategy: { passReqToCallback: true } as object, verify: classic as never })
      expect(await signIn()).to.deep.include({ outcome: 'success', user: { id: 'ada' } })
      expect(seen).to.deep.equal(['/connect', 'access-token-of-ada', 'refresh-token-of-ada'])
    })

    describe('as a confidential client', () => {
      const client = { clientID: 'app:1', clientSecret: 'the secret: 50%' }
      /** What the beginning and the question hold of the client, in this order. */
      const credentialsSent = () =>
        [...xai.beginnings, ...xai.questions].map(({ headers, form }) => ({
          authorization: headers.authorization,
          secret: form.get('client_secret'),
        }))
      const approve = (): Respond => (res) => xai.approve()(res, new URLSearchParams({ client_id: 'app:1' }))

      it('whose secret is form-encoded, in the header alone', async () => {
        await start({ strategy: client })
        expect(await signIn(approve())).to.include({ outcome: 'success' })
        const credentials = Buffer.from('app%3A1:the+secret%3A+50%25').toString('base64')
        const sent = { authorization: `Basic ${credentials}`, secret: null }
        expect(credentialsSent()).to.deep.equal([sent, sent])
      })

      it('whose secret is in the form alone with client_secret_post', async () => {
        await start({ strategy: { ...client, clientAuthentication: 'client_secret_post' } })
        expect(await signIn(approve())).to.include({ outcome: 'success' })
        const sent = { authorization: undefined, secret: 'the secret: 50%' }
        expect(credentialsSent()).to.deep.equal([sent, sent])
      })
    })

    it('one code for two tabs of a session that begin at once', async () => {
      await start({
        extend: (express) =>
          express.get('/open', (req, res) => void res.json(Object.assign(req.session, { open: true }))),
      })
      await browser.get(`${app.origin}/open`)
      const endings = await Promise.all([1, 2, 3].map(() => app.ask(browser)))
      expect(new Set(endings.map(({ user_code }) => user_code))).to.deep.equal(new Set([xai.userCode(0)]))
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    it('one code for two tabs that begin at once, also where every request saves its session', async () => {
      await start({
        extend: (express) =>
          express.use((req, _res, next) => {
            Object.assign(req.session, { at: performance.now() })
            next()
          }),
      })
      await browser.get(`${app.origin}/`)
      await Promise.all([1, 2].map(() => app.ask(browser)))
      const code = xai.userCode(0)
      expect(await app.ask(browser, `?shown=${code}`)).to.include({ status: 'pending', user_code: code })
      expect(await app.ask(browser)).to.include({ status: 'pending', user_code: code })
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    it('no more when a beginning fails for two tabs at once; the next one begins', async () => {
      await start({
        extend: (express) =>
          express.get('/open', (req, res) => void res.json(Object.assign(req.session, { open: true }))),
      })
      await browser.get(`${app.origin}/open`)
      xai.authorization = json(503, {})
      const endings = await Promise.all([1, 2].map(() => app.ask(browser)))
      expect(endings.map(({ http }) => http)).to.deep.equal([503, 503])
      xai.authorization = undefined
      expect(await app.ask(browser)).to.include({ status: 'pending' })
    })

    it('and refreshes and revokes as XaiStrategy does', async () => {
      await start()
      xai.token = json(200, { access_token: 'next', token_type: 'Bearer', refresh_token: 'next-refresh' })
      expect(await app.strategy.refresh('old-refresh')).to.include({
        accessToken: 'next',
        refreshToken: 'next-refresh',
      })
      expect(Object.fromEntries(xai.questions[0]?.form ?? [])).to.deep.equal({
        grant_type: 'refresh_token',
        refresh_token: 'old-refresh',
        client_id: 'app',
      })
      // The server has no such endpoint.
      const error = await app.strategy.revoke('next').catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'xai_revocation_failed', status: 404 })
    })

    it('and tells who listens each outcome, without a secret', async () => {
      await start()
      const events: Array<{ strategy?: string; outcome?: string; code?: string }> = []
      const channel = tracingChannel<'passport-xai:sign-in', object>('passport-xai:sign-in')
      const requests = tracingChannel<'passport-xai:request', object>('passport-xai:request')
      const handlers = {
        start: () => undefined,
        end: () => undefined,
        asyncStart: () => undefined,
        asyncEnd: (event: object) => void events.push({ ...event }),
        error: () => undefined,
      }
      channel.subscribe(handlers)
      requests.subscribe(handlers)
      try {
        await app.ask(browser, '?shown=OLD')
        await app.ask(browser)
        await browser.send(app.at(), { method: 'HEAD' })
        xai.token = refusal('access_denied')
        mock.timers.tick(5000)
        await app.ask(browser)
        await app.ask(browser)
        xai.token = refusal('expired_token')
        mock.timers.tick(5000)
        await app.ask(browser)
        await app.ask(browser)
        xai.token = refusal('invalid_client')
        mock.timers.tick(5000)
        await app.ask(browser)
        await signIn()
      } finally {
        channel.unsubscribe(handlers)
        requests.unsubscribe(handlers)
      }
      const outcomes = events.filter((event) => 'strategy' in event)
      expect(outcomes.map(({ outcome, code }) => [outcome, code].filter(Boolean).join(' '))).to.deep.equal([
        'pending',
        'pending',
        'fail xai_callback_invalid',
        'fail access_denied',
        'pending',
        'fail xai_device_expired',
        'pending',
        'error xai_token_exchange_failed',
        'pending',
        'success',
      ])
      const text = inspect(events, { depth: 10 })
      expect(text).to.include('xAI device authorization').and.include("strategy: 'xai-device'")
      for (const secret of [...xai.deviceCodes, 'access-token-of', 'refresh-token-of'])
        expect(text).not.to.include(secret)
    })
  })
})

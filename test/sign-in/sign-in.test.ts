import { randomUUID } from 'node:crypto'
import { mock } from 'node:test'
import { expect } from 'chai'
import type { RequestHandler } from 'express'
import { defaultAccounts, type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { Application, type ApplicationOptions, endingOf, load } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'

/** The store that passport-oauth2 uses itself; it has no types. */
const PKCESessionStore = require('passport-oauth2/lib/state/pkcesession') as new (options: {
  key: string
}) => object

const minutes = 60_000

type Setup = Pick<ApplicationOptions, 'store' | 'session'>

const setups: ReadonlyArray<readonly [what: string, setup: Setup]> = [
  ['SessionStateStore', {}],
  ['CookieStateStore beside sessions', { store: 'cookie' }],
  ['CookieStateStore without any session', { store: 'cookie', session: false }],
]

const states: ReadonlyArray<readonly [what: string, state: unknown]> = [
  ['a string', 'returnTo=/inbox&tab=2'],
  ['an empty string', ''],
  ['an object', { returnTo: '/inbox', tags: ['a', 'b'], deep: { n: 1.5 } }],
  ['null', null],
  ['0', 0],
  ['false', false],
  ['quotes and backslashes', `"it's" \\ <b>;=,%00`],
  ['letters of many scripts', 'Grüße 你好 مرحبا 👩‍🚀'],
]

/** Session middleware that keeps what is assigned at the top level, as JSON, and nothing else. */
function buildShallowSession(): RequestHandler {
  const sessions = new Map<string, Map<string, string>>()
  return (req, res, next) => {
    const sid = /sid=(\w+)/.exec(`${req.headers.cookie}`)?.[1] ?? randomUUID().replaceAll('-', '')
    const kept = sessions.get(sid) ?? new Map<string, string>()
    sessions.set(sid, kept)
    res.appendHeader('Set-Cookie', `sid=${sid}; Path=/`)
    const copy = Object.fromEntries([...kept].map(([name, json]) => [name, JSON.parse(json)]))
    const done = (callback: () => void): void => callback()
    Object.defineProperties(copy, { regenerate: { value: done, configurable: true }, save: { value: done } })
    const set = (target: object, name: string, value: unknown): boolean => {
      kept.set(name, JSON.stringify(value))
      return Reflect.set(target, name, value)
    }
    Object.assign(req, { session: new Proxy(copy, { set }) })
    next()
  }
}

describe('signing in', () => {
  let emulator: Emulator
  let application: Application

  const start = async (options: Partial<ApplicationOptions>): Promise<void> => {
    application = await Application.start({ issuer: emulator.issuer, ...options })
  }
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  afterEach(async () => {
    mock.timers.reset()
    emulator.clearRequests()
    await application.close()
  })

  const tokenRequests = (): number => emulator.requests.filter(({ path }) => path === '/oauth2/token').length

  for (const [what, setup] of setups) {
    describe(`with ${what}`, () => {
      it('goes from the first click to the profile', async () => {
        await start(setup)
        const browser = new CookieClient()
        const { sub, name } = defaultAccounts[0]!
        const ending = endingOf(await browser.open(`${application.origin}/sign-in`))
        expect(ending).to.deep.equal({
          status: 200,
          outcome: 'success',
          user: { id: sub, name },
          info: {},
        })
        if (setup.session !== false) {
          const me = await browser.get(`${application.origin}/me`)
          expect(JSON.parse(me.body)).to.deep.equal({ id: sub, name })
        }
      })

      for (const [order, first, second] of [
        ['first', 0, 1],
        ['last', 1, 0],
      ] as const) {
        it(`finishes one of two tabs, the one that began ${order}, and the other if no login ended it`, async () => {
          await start(setup)
          const browser = new CookieClient()
          const tabs = [
            await application.arrive(browser, '/sign-in?keep=tab-0'),
            await application.arrive(browser, '/sign-in?keep=tab-1'),
          ]
          const ending = await load(browser, tabs[first]!)
          expect(ending).to.deep.include({ outcome: 'success', info: { state: `tab-${first}` } })
          const { outcome, info } = await load(browser, tabs[second]!)
          const { state, reason } = info ?? {}
          const hasLogin = setup.session !== false
          expect({ outcome, state, reason }).to.deep.equal({
            outcome: hasLogin ? 'fail' : 'success',
            state: hasLogin ? undefined : `tab-${second}`,
            reason: hasLogin ? 'superseded' : undefined,
          })
          expect(tokenRequests()).to.equal(hasLogin ? 1 : 2)
        })
      }

      it('tells a tab that waited for 10 minutes that its sign-in expired, while another goes on', async () => {
        await start(setup)
        mock.timers.enable({ apis: ['Date'], now: Date.now() })
        const browser = new CookieClient()
        const waiting = await application.arrive(browser)
        mock.timers.tick(10 * minutes)
        const swift = await application.arrive(browser)
        const { status, info } = await load(browser, waiting)
        expect({ status, ...info }).to.include({ status: 403, code: 'xai_state_invalid', reason: 'expired' })
        expect(tokenRequests()).to.equal(0)
        expect(await load(browser, swift)).to.include({ outcome: 'success' })
      })

      it('finishes one millisecond before 10 minutes are over', async () => {
        await start(setup)
        mock.timers.enable({ apis: ['Date'], now: Date.now() })
        const browser = new CookieClient()
        const callback = await application.arrive(browser)
        mock.timers.tick(10 * minutes - 1)
        // xAI's codes live for seconds, so this one gets as far as the token request.
        expect(await load(browser, callback)).to.include({ outcome: 'error' })
        expect(tokenRequests()).to.equal(1)
      })

      it('keeps 8 sign-ins open; a ninth pushes out the first', async () => {
        // Nobody is signed in by any of them: that would end the others.
        await start({
          ...setup,
          verify: (
            _access: unknown,
            _refresh: unknown,
            _profile: unknown,
            done: (e: null, user: false) => void,
          ) => done(null, false),
        })
        mock.timers.enable({ apis: ['Date'], now: Date.now() })
        const browser = new CookieClient()
        const tabs: string[] = []
        for (let tab = 0; tab < 9; tab += 1) {
          tabs.push(await application.arrive(browser))
          mock.timers.tick(1)
        }
        const [first, second, ...others] = tabs as [string, string, ...string[]]
        expect((await load(browser, first)).info).to.include({ code: 'xai_state_invalid', reason: 'unknown' })
        expect(tokenRequests()).to.equal(0)
        for (const tab of [second, ...others])
          expect(await load(browser, tab)).to.deep.equal({ status: 401, outcome: 'fail' })
        expect(tokenRequests()).to.equal(8)
      })

      for (const [kind, state] of states) {
        it(`gives ${kind} back as the application’s state`, async () => {
          await start({ ...setup, begin: () => ({ state }) })
          const browser = new CookieClient()
          const callback = await application.arrive(browser)
          expect(new URL(callback).searchParams.get('state')).to.match(/^[\w-]{43}$/)
          const { info } = await load(browser, callback)
          expect(info).to.deep.equal({ state })
        })
      }
    })
  }

  it('renews the session, which ends what other tabs have begun', async () => {
    await start({})
    const browser = new CookieClient()
    const [one, two] = [await application.arrive(browser), await application.arrive(browser)]
    const sessionID = (): unknown => browser.jar.matching(new URL(application.origin))[0]?.value
    const before = sessionID()
    expect(await load(browser, one)).to.include({ outcome: 'success' })
    const after = sessionID()
    expect(after).not.to.equal(before)
    expect((await load(browser, two)).info).to.include({ reason: 'superseded' })
    expect(sessionID()).to.equal(after)
  })

  it('finishes two tabs under session middleware that notices neither nested writes nor delete', async () => {
    await start({ session: buildShallowSession() })
    const browser = new CookieClient()
    const [one, two] = [await application.arrive(browser), await application.arrive(browser)]
    for (const tab of [one, two]) expect(await load(browser, tab)).to.include({ outcome: 'success' })
    for (const tab of [one, two]) expect((await load(browser, tab)).info).to.include({ reason: 'used' })
    expect(tokenRequests()).to.equal(2)
  })

  it('goes through Passport’s own redirects, with the application’s state in req.authInfo', async () => {
    const authInfo: unknown[] = []
    await start({
      extend: (app, { passport }) => {
        const options = { failureRedirect: '/failed' }
        app.get('/callback', passport.authenticate('xai', options), (req, res) => {
          authInfo.push(req.authInfo)
          res.redirect('/me')
        })
      },
    })
    const browser = new CookieClient()
    const { url, body } = await browser.open(`${application.origin}/sign-in?keep=inbox`)
    expect(url).to.equal(`${application.origin}/me`)
    expect(JSON.parse(body)).to.include({ id: defaultAccounts[0]?.sub })
    expect(authInfo).to.deep.equal([{ state: 'inbox' }])
    const refused = await browser.open(`${application.origin}/callback?code=c&state=s`, (location) =>
      location.endsWith('/failed'),
    )
    expect(refused).to.include({ status: 302 })
  })

  for (const [kind, state] of states.filter(([, state]) => state)) {
    it(`gives ${kind} back from passport-oauth2’s own PKCE session store`, async () => {
      await start({ store: new PKCESessionStore({ key: 'pending' }), begin: () => ({ state }) })
      const ending = endingOf(await new CookieClient().open(`${application.origin}/sign-in`))
      expect(ending).to.deep.include({ outcome: 'success', info: { state } })
    })
  }

  it('finishes a form POST like a redirect', async () => {
    await start({})
    const browser = new CookieClient()
    const { searchParams } = new URL(await application.arrive(browser))
    const ending = endingOf(await browser.post(application.callbackURL, searchParams))
    expect(ending).to.include({ status: 200, outcome: 'success' })
  })

  it('begins anew at the callback when nothing comes with the request', async () => {
    await start({})
    const { status, headers } = await new CookieClient().get(application.callbackURL)
    expect(status).to.equal(302)
    expect(headers.location).to.match(new RegExp(`^${emulator.issuer}/oauth2/authorize\\?`))
  })

  for (const [what, callbackURL] of [
    ['has a path of its own', '/other'],
    ['has a query of its own', '/other?tenant=1'],
  ]) {
    it(`goes through a redirect URI of this request alone that ${what}`, async () => {
      const ofRequest = (): string => `${application.origin}${callbackURL}`
      await start({
        begin: () => ({ callbackURL: ofRequest() }),
        extend: (app, { finish }) => {
          app.get('/other', (req, res, next) =>
            finish.call(application, 'xai', { callbackURL: ofRequest() })(req, res, next),
          )
        },
      })
      const ending = endingOf(await new CookieClient().open(`${application.origin}/sign-in`))
      expect(ending).to.include({ outcome: 'success' })
    })
  }

  describe('with pages at xAI', () => {
    let pages: Emulator
    before(async () => {
      pages = await startEmulator()
    })
    after(() => pages.close())

    it('reports a person who says no as access_denied, and asks for no token', async () => {
      await start({ issuer: pages.issuer })
      const choice = { decision: 'deny' } as const
      const ending = endingOf(
        await new CookieClient().signIn(`${application.origin}/sign-in`, 'personal', choice),
      )
      expect(ending).to.include({ status: 403, outcome: 'fail' })
      expect(ending.info).to.include({ code: 'access_denied' })
      expect(pages.requests.map(({ path }) => path)).not.to.include('/oauth2/token')
    })
  })
})

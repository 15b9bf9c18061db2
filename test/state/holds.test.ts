import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import { CookieStateStore, SessionStateStore, type SignInHolder, type StateStore } from '../../lib/index.js'

const minute = 60_000
const meta = {
  authorizationURL: 'https://auth.example/authorize',
  tokenURL: 'https://auth.example/token',
  clientID: 'app',
  callbackURL: 'http://127.0.0.1/callback',
  issuer: 'https://auth.example',
  asksForIDToken: true,
}

/** The requests of one browser: their session is one, and what an answer sets, the next request carries. */
class Browser {
  private readonly session = {}
  private readonly cookies: string[] = []

  request(): Request {
    const appendHeader = (_name: string, cookie: string): void => {
      this.cookies.push(`${cookie.split(';')[0]}`)
    }
    const headers = this.cookies.length > 0 ? { cookie: this.cookies.join('; ') } : {}
    return { session: this.session, headers, res: { appendHeader } } as unknown as Request
  }
}

const save = (store: StateStore, browser: Browser, callbackURL = meta.callbackURL): Promise<string> =>
  new Promise((resolve, reject) => {
    store.store(browser.request(), 'verifier', undefined, { ...meta, callbackURL }, (error, state) =>
      error ? reject(error) : resolve(`${state}`),
    )
  })
const take = (store: StateStore, browser: Browser, state: string): Promise<unknown> =>
  new Promise((resolve) => {
    store.verify(browser.request(), state, meta, (_error, verifier) => resolve(verifier))
  })

const stores: ReadonlyArray<readonly [name: string, build: () => StateStore & SignInHolder]> = [
  ['SessionStateStore', () => new SessionStateStore()],
  [
    'CookieStateStore',
    () => new CookieStateStore({ secret: 'a secret of a test, longer than 32 characters' }),
  ],
]
for (const [name, buildStore] of stores) {
  describe(`${name}.holds`, () => {
    let store: StateStore & SignInHolder
    let browser: Browser
    let state: string
    beforeEach(async () => {
      mock.timers.enable({ apis: ['Date'], now: 0 })
      store = buildStore()
      browser = new Browser()
      state = await save(store, browser)
    })
    afterEach(() => mock.timers.reset())

    it('is true for a sign-in of this browser, and takes nothing', async () => {
      expect(await store.holds(browser.request(), state)).to.equal(true)
      expect(await store.holds(browser.request(), state)).to.equal(true)
      expect(await take(store, browser, state)).to.equal('verifier')
    })

    it('is true for a sign-in whose callback is https', async () => {
      const secureState = await save(store, browser, 'https://app.example/callback')
      expect(await store.holds(browser.request(), secureState)).to.equal(true)
    })

    it('is false for another browser, another state and none', async () => {
      expect(await store.holds(new Browser().request(), state)).to.equal(false)
      expect(await store.holds(browser.request(), `${state}x`)).to.equal(false)
      expect(await store.holds(browser.request(), '')).to.equal(false)
    })

    it('is false after 10 minutes', async () => {
      mock.timers.tick(10 * minute - 1)
      expect(await store.holds(browser.request(), state)).to.equal(true)
      mock.timers.tick(1)
      expect(await store.holds(browser.request(), state)).to.equal(false)
    })

    it('is false once the sign-in was used, even for a browser that kept what it had', async () => {
      const before = browser.request()
      const session = structuredClone((before as unknown as { session: object }).session)
      await take(store, browser, state)
      const kept = { ...before, session } as unknown as Request
      expect(await store.holds(kept, state)).to.equal(false)
    })
  })
}

describe('SessionStateStore.holds', () => {
  it('demands a session', () => {
    const request = { headers: {} } as Request
    expect(() => new SessionStateStore().holds(request, 'a')).to.throw(
      TypeError,
      'the request has no session',
    )
  })
})

describe('CookieStateStore.holds', () => {
  it('is false for a cookie of this name that another secret has sealed', async () => {
    const [one, other] = ['1', '2'].map((digit) => new CookieStateStore({ secret: digit.repeat(32) }))
    const browser = new Browser()
    const state = await save(one!, browser)
    expect(await other!.holds(browser.request(), state)).to.equal(false)
  })
})

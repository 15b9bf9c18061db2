import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import {
  CookieStateStore,
  type DeviceMetadata,
  type DeviceStore,
  type PendingDevice,
  SessionStateStore,
} from '../../lib/index.js'
import { checkDeviceStore, DeviceMemory } from '../../lib/state/pending-device.js'
import { type Browser, CookieBrowser, SessionBrowser } from './browser.js'

const secret = 'a secret of the tests that is no secret'

const meta: DeviceMetadata = {
  clientID: 'client',
  issuer: 'https://auth.x.ai',
  tokenURL: 'https://auth.x.ai/oauth2/token',
}

const buildDevice = (changes: Partial<PendingDevice> = {}): PendingDevice => ({
  deviceCode: 'the-device-code',
  userCode: 'WXYZ-1234',
  verificationURI: 'https://accounts.x.ai/oauth2/device',
  scope: 'openid',
  verificationURIComplete: 'https://accounts.x.ai/oauth2/device?user_code=WXYZ-1234',
  expires: Date.now() + 900_000,
  interval: 5,
  nextQuestion: Date.now() + 5_000,
  ...changes,
})

const setups: ReadonlyArray<
  readonly [name: string, buildStore: () => DeviceStore, buildBrowser: () => Browser]
> = [
  ['SessionStateStore', () => new SessionStateStore(), () => new SessionBrowser()],
  ['CookieStateStore', () => new CookieStateStore({ secret }), () => new CookieBrowser()],
]

for (const [name, buildStore, buildBrowser] of setups)
  describe(`a pending device sign-in in a ${name}`, () => {
    let store: DeviceStore
    let browser: Browser
    beforeEach(() => {
      store = buildStore()
      browser = buildBrowser()
    })
    afterEach(() => mock.timers.reset())

    it('is read as often as it is asked for, and as it was kept', async () => {
      const device = buildDevice({ applicationState: { returnTo: '/' } })
      await store.keepDevice(browser.request(), device, meta)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(device)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(device)
    })

    it('is shared by processes', async () => {
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      expect(await buildStore().readDevice(browser.request(), meta)).to.deep.equal(device)
    })

    it('is not there in another browser, or before any began', async () => {
      await store.keepDevice(browser.request(), buildDevice(), meta)
      expect(await store.readDevice(buildBrowser().request(), meta)).to.equal(undefined)
    })

    for (const [what, change] of [
      ['client', { clientID: 'another' }],
      ['issuer', { issuer: 'https://auth.example' }],
      ['token URL', { tokenURL: 'https://auth.example/token' }],
    ] as const)
      it(`is not there for another ${what}, which keeps one of its own beside it`, async () => {
        const [one, two] = [buildDevice(), buildDevice({ deviceCode: 'another-code' })]
        const other = { ...meta, ...change }
        await store.keepDevice(browser.request(), one, meta)
        expect(await store.readDevice(browser.request(), other)).to.equal(undefined)
        await store.keepDevice(browser.request(), two, other)
        expect(await store.readDevice(browser.request(), meta)).to.deep.equal(one)
        expect(await store.readDevice(browser.request(), other)).to.deep.equal(two)
      })

    it('gives way to the next one', async () => {
      await store.keepDevice(browser.request(), buildDevice(), meta)
      const next = buildDevice({ deviceCode: 'the-next-code' })
      await store.keepDevice(browser.request(), next, meta)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(next)
    })

    it('is gone once it is forgotten, and a late answer to another tab does not bring it back', async () => {
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      await store.forgetDevice(browser.request(), device, meta)
      expect(await store.readDevice(browser.request(), meta)).to.equal(undefined)
      await store.keepDevice(browser.request(), device, meta)
      expect(await store.readDevice(browser.request(), meta)).to.equal(undefined)
    })

    it('is found for an hour after it expired, so that the person is told, and not longer', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      mock.timers.tick(900_000 + 3_599_999)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(device)
      mock.timers.tick(1)
      expect(await store.readDevice(browser.request(), meta)).to.equal(undefined)
    })

    it('gives a request that comes while a question is under way the time of the next one', async () => {
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      const noted = { ...device, nextQuestion: device.nextQuestion + 5_000 }
      await store.noteQuestion(browser.request(), noted, meta)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(noted)
    })

    it('changes with a question, also for other processes', async () => {
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      const slower = { ...device, interval: 10, pause: 10, nextQuestion: device.nextQuestion + 10_000 }
      expect(await store.updateDevice(browser.request(), slower, meta)).to.equal(true)
      expect(await buildStore().readDevice(browser.request(), meta)).to.deep.equal(slower)
    })

    it('is not changed by a question that comes back after another one began', async () => {
      const [old, next] = [buildDevice(), buildDevice({ deviceCode: 'the-next-code' })]
      await store.keepDevice(browser.request(), old, meta)
      const late = browser.request()
      await store.forgetDevice(browser.request(), old, meta)
      await store.keepDevice(browser.request(), next, meta)
      expect(await store.updateDevice(late, { ...old, interval: 10 }, meta)).to.equal(false)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(next)
      await store.forgetDevice(late, old, meta)
      expect(await store.readDevice(browser.request(), meta)).to.deep.equal(next)
    })

    it('gives two requests that come at once the later interval', async () => {
      const device = buildDevice()
      await store.keepDevice(browser.request(), device, meta)
      const [one, two] = [browser.request(), browser.request()]
      const later = { ...device, nextQuestion: device.nextQuestion + 5_000 }
      await store.keepDevice(one, later, meta)
      expect(await store.readDevice(two, meta)).to.deep.equal(later)
    })
  })

describe('a device sign-in in a session', () => {
  const requestWith = (session: object, parts: object = {}): Request =>
    ({ session, headers: {}, ...parts }) as unknown as Request

  /** A session, and what it was each time that it was saved. */
  const buildSavedSession = (): { saves: string[]; session: object } => {
    const saves: string[] = []
    const session = {
      save(done: () => void) {
        saves.push(JSON.stringify(this))
        done()
      },
    }
    return { saves, session }
  }

  it('is saved at once, so that other processes find it while this one asks xAI', async () => {
    const { saves, session } = buildSavedSession()
    const [store, device] = [new SessionStateStore(), buildDevice()]
    await store.keepDevice(requestWith(session), device, meta)
    await store.forgetDevice(requestWith(session), device, meta)
    expect(saves).to.have.lengthOf(2)
    expect(saves[0]).to.include('the-device-code')
    expect(saves[1]).not.to.include('the-device-code')
  })

  it('is not saved for a question that changed nothing, which would undo what others have saved meanwhile', async () => {
    const { saves, session } = buildSavedSession()
    const [store, device] = [new SessionStateStore(), buildDevice()]
    await store.keepDevice(requestWith(session), device, meta)
    const later = { ...device, nextQuestion: device.nextQuestion + 5_000 }
    expect(await store.updateDevice(requestWith(session), later, meta)).to.equal(true)
    expect(saves).to.have.lengthOf(1)
    expect(await store.readDevice(requestWith(session), meta)).to.deep.equal(later)
  })

  it('is read from what is saved now, not from what this request found when it began', async () => {
    const stale = {}
    await new SessionStateStore().keepDevice(requestWith(stale), buildDevice(), meta)
    const saved: Record<string, unknown> = {}
    const sessionStore = { get: (_id: string, done: (e: null, s: object) => void) => done(null, saved) }
    const req = requestWith(stale, { sessionID: 'id', sessionStore })
    expect(await new SessionStateStore().readDevice(req, meta)).to.equal(undefined)
  })

  it('stays in the store when another tab forgets the one before it, which its own session still holds', async () => {
    const [old, next] = [buildDevice(), buildDevice({ deviceCode: 'the-next-code' })]
    const [stale, current] = [{ save: (done: () => void) => done() }, {}]
    await new SessionStateStore().keepDevice(requestWith(stale), old, meta)
    await new SessionStateStore().keepDevice(requestWith(current), next, meta)
    const sessionStore = { get: (_id: string, done: (e: null, s: object) => void) => done(null, current) }
    const before = JSON.stringify(stale)
    const req = requestWith(stale, { sessionID: 'id', sessionStore })
    await new SessionStateStore().forgetDevice(req, old, meta)
    expect(JSON.stringify(stale)).to.equal(before)
    expect(await new SessionStateStore().updateDevice(req, { ...old, interval: 10 }, meta)).to.equal(false)
    expect(JSON.stringify(stale)).to.equal(before)
  })

  it('stays when another tab forgets the one before it', async () => {
    const [store, session] = [new SessionStateStore(), {}]
    const [old, next] = [buildDevice(), buildDevice({ deviceCode: 'the-next-code' })]
    await store.keepDevice(requestWith(session), next, meta)
    await store.forgetDevice(requestWith(session), old, meta)
    expect(await store.readDevice(requestWith(session), meta)).to.deep.equal(next)
  })

  it('needs a session, and says so', async () => {
    const [store, device] = [new SessionStateStore(), buildDevice()]
    const bare = { headers: {} } as Request
    for (const attempt of [
      store.readDevice(bare, meta),
      store.keepDevice(bare, device, meta),
      store.forgetDevice(bare, device, meta),
    ]) {
      const error = await attempt.catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(TypeError).with.property('message').includes('no session')
    }
  })
})

describe('a device sign-in in a cookie', () => {
  const overHTTPS = (browser: CookieBrowser, parts: object = {}): Request =>
    Object.assign(browser.request(), { secure: true }, parts)

  it('cannot be read, and is kept to this host, out of scripts, and for an hour longer than its code is good', async () => {
    const browser = new CookieBrowser()
    await new CookieStateStore({ secret }).keepDevice(overHTTPS(browser), buildDevice(), meta)
    expect(browser.received[0]).to.match(
      /^__Host-xai-device\.[\w-]{16}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=4500; Secure$/,
    )
    const text = `${browser.cookie} ${Buffer.from(`${browser.cookie?.split('=')[1]}`, 'base64url').toString('latin1')}`
    for (const word of ['the-device-code', 'WXYZ', 'accounts.x.ai']) expect(text).not.to.include(word)
  })

  it('is not Secure when the request is not', async () => {
    const browser = new CookieBrowser(new URL('http://127.0.0.1:3000/'))
    const store = new CookieStateStore({ secret })
    await store.keepDevice(browser.request(), buildDevice(), meta)
    expect(browser.received[0]).to.match(/^xai-device\.[\w-]{16}=[\w-]+; .*Max-Age=4500$/)
    await store.forgetDevice(browser.request(), buildDevice(), meta)
    expect(browser.received[1]).to.match(/^xai-device\.[\w-]{16}=; .*Max-Age=0$/)
    expect(browser.cookie).to.equal(undefined)
  })

  it('is not given out again when a browser sends the cookie of a used code once more', async () => {
    const browser = new CookieBrowser()
    const store = new CookieStateStore({ secret })
    const device = buildDevice()
    await store.keepDevice(browser.request(), device, meta)
    const { cookie } = browser
    await store.forgetDevice(browser.request(), device, meta)
    expect(await store.readDevice(browser.request(cookie), meta)).to.equal(undefined)
  })

  it('keeps its interval when a browser sends an old cookie again', async () => {
    const browser = new CookieBrowser()
    const store = new CookieStateStore({ secret })
    const device = buildDevice()
    await store.keepDevice(browser.request(), device, meta)
    const { cookie } = browser
    const later = { ...device, nextQuestion: device.nextQuestion + 60_000, interval: 10 }
    await store.keepDevice(browser.request(), later, meta)
    expect(await store.readDevice(browser.request(cookie), meta)).to.deep.equal(later)
  })

  it('is not there for somebody who signed in after the attacker planted it', async () => {
    const browser = new CookieBrowser()
    const store = new CookieStateStore({ secret })
    await store.keepDevice(browser.request(), buildDevice(), meta)
    const victim = Object.assign(browser.request(), { user: { id: 'victim' } })
    expect(await store.readDevice(victim, meta)).to.equal(undefined)
  })

  const forgeries: ReadonlyArray<readonly [what: string, change: (cookie: string) => string]> = [
    ['truncated', (cookie) => cookie.slice(0, -4)],
    ['emptied', (cookie) => cookie.replace(/=.*/, '=')],
    ['filled with text', (cookie) => cookie.replace(/=.*/, '={"deviceCode":"x"}')],
    ['filled up to 12 KB', (cookie) => `${cookie}${'A'.repeat(12_000)}`],
    ['moved to another client', (cookie) => cookie.replace(/device\.[\w-]{16}/, 'device.AAAAAAAAAAAAAAAA')],
  ]
  for (const [what, change] of forgeries)
    it(`is not there in a cookie that was ${what}`, async () => {
      const browser = new CookieBrowser()
      const store = new CookieStateStore({ secret })
      await store.keepDevice(browser.request(), buildDevice(), meta)
      const changed = change(`${browser.cookie}`)
      expect(await store.readDevice(browser.request(changed), meta)).to.equal(undefined)
    })

  it('does not open a sign-in’s cookie as that of a device', async () => {
    const browser = new CookieBrowser()
    const store = new CookieStateStore({ secret })
    await store.keepDevice(browser.request(), buildDevice(), meta)
    const name = browser.cookie?.split('=')[0]
    const other = new CookieBrowser()
    const signInMeta = {
      ...meta,
      authorizationURL: 'https://auth.x.ai/oauth2/authorize',
      callbackURL: 'https://app.example/callback',
      asksForIDToken: true,
    }
    store.store(other.request(), 'v', undefined, signInMeta, () => {})
    const forged = `${name}=${other.cookie?.split('=')[1]}`
    expect(await store.readDevice(browser.request(forged), meta)).to.equal(undefined)
  })

  it('says which store to use when it is too large, and when the request has no response', async () => {
    const store = new CookieStateStore({ secret })
    const large = store.keepDevice(
      new CookieBrowser().request(),
      buildDevice({ deviceCode: 'x'.repeat(4000) }),
      meta,
    )
    const bare = store.keepDevice({ headers: {} } as Request, buildDevice(), meta)
    for (const attempt of [large, bare]) {
      const error = await attempt.catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(TypeError).with.property('message').includes('use SessionStateStore')
    }
  })
})

describe('a SessionStateStore whose session came from elsewhere', () => {
  for (const [what, change] of [
    ['a device code that is a number', { deviceCode: 7 }],
    ['no user code', { userCode: undefined }],
    ['an end that is a text', { expires: 'soon' }],
  ] as const)
    it(`finds no device sign-in where one with ${what} stands`, async () => {
      const session: Record<string, unknown> = {}
      const request = { session, headers: {} } as unknown as Request
      await new SessionStateStore().keepDevice(request, buildDevice(), meta)
      const [[key = '', kept] = []] = Object.entries(session)
      session[key] = { ...(kept as object), ...change }
      expect(await new SessionStateStore().readDevice(request, meta)).to.equal(undefined)
    })
})

describe('checkDeviceStore', () => {
  it('accepts both stores', () => {
    for (const [, buildStore] of setups) checkDeviceStore('XaiDeviceStrategy', buildStore())
  })

  for (const store of [undefined, null, 7, {}, { readDevice() {}, keepDevice() {}, forgetDevice() {} }])
    it(`refuses ${JSON.stringify(store)}, and says what to write`, () => {
      expect(() => checkDeviceStore('XaiDeviceStrategy', store)).to.throw(
        TypeError,
        /^XaiDeviceStrategy: store cannot keep device sign-ins; write new SessionStateStore\(\) or new CookieStateStore/,
      )
    })
})

describe('what a process knows of a device code', () => {
  it('gives way to what another process has noted since', () => {
    const memory = new DeviceMemory()
    const [older, newer] = [buildDevice({ nextQuestion: 1 }), buildDevice({ nextQuestion: 2 })]
    memory.remember(older)
    expect(memory.latestOf(newer)).to.equal(newer)
    memory.remember(newer)
    expect(memory.latestOf(older)).to.equal(newer)
  })
})

describe('a device sign-in whose session is gone', () => {
  const requestWith = (saved: object | null): Request =>
    ({
      session: {},
      sessionID: 'id',
      sessionStore: { get: (_id: string, done: (e: null, s: object | null) => void) => done(null, saved) },
      headers: {},
    }) as unknown as Request

  for (const [what, saved] of [
    ['destroyed', null],
    ['new', {}],
  ] as const)
    it(`because it is ${what}, is not found, not updated, and forgotten without an error`, async () => {
      const store = new SessionStateStore()
      expect(await store.readDevice(requestWith(saved), meta)).to.equal(undefined)
      expect(await store.updateDevice(requestWith(saved), buildDevice(), meta)).to.equal(false)
      await store.forgetDevice(requestWith(saved), buildDevice(), meta)
    })
})

import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import session from 'express-session'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { XaiProfile } from '../../lib/index.js'
import { Application, type ApplicationOptions, load } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'
import { Gate } from '../support/gate.js'
import { SlowSessionStore } from '../support/slow-session.js'

const tries = 10
const simultaneousTries = 5

/** Two applications behind one address, as far as a browser can tell, that share the session store. */
class Pair {
  private constructor(
    readonly emulator: Emulator,
    readonly one: Application,
    readonly two: Application,
  ) {}

  static async start(
    sessions: Pick<SlowSessionStore, 'middleware'>,
    options: Partial<ApplicationOptions> = {},
  ): Promise<Pair> {
    const emulator = await startEmulator({ signInAs: 'personal' })
    const { issuer } = emulator
    const one = await Application.start({ issuer, session: sessions.middleware(), ...options })
    const { callbackURL } = one
    const strategy = { callbackURL }
    const two = await Application.start({ issuer, session: sessions.middleware(), strategy, ...options })
    return new Pair(emulator, one, two)
  }

  async close(): Promise<void> {
    await this.one.close()
    await this.two.close()
    await this.emulator.close()
  }

  /** The same URL at the other application. */
  atOther(callback: string): string {
    return callback.replace(this.one.origin, this.two.origin)
  }

  get exchanges(): number {
    return this.emulator.requests.filter(({ path }) => path === '/oauth2/token').length
  }
}

describe('a callback that is loaded again at another process, with a session store that both share', () => {
  let pair: Pair
  afterEach(() => pair.close())

  it('sends the code once while the first is under way', async () => {
    let [atVerify, released] = [new Gate(), new Gate()]
    const verify = async ({ profile }: { profile: XaiProfile }) => {
      atVerify.open()
      await released.passed
      return { id: profile.id }
    }
    pair = await Pair.start(new SlowSessionStore({ get: 1, set: 1 }), { verify })
    for (let n = 0; n < tries; n += 1) {
      ;[atVerify, released] = [new Gate(), new Gate()]
      const browser = new CookieClient()
      const callback = await pair.one.arrive(browser)
      pair.emulator.clearRequests()
      const first = load(browser, callback)
      await atVerify.passed
      const second = await load(browser, pair.atOther(callback))
      released.open()
      expect(second).to.include({ status: 403, outcome: 'fail' })
      expect(second.info).to.include({ code: 'xai_state_invalid', reason: 'used' })
      expect(await first).to.include({ outcome: 'success' })
      expect(pair.exchanges).to.equal(1)
    }
  })

  const speeds: ReadonlyArray<readonly [what: string, delay: { get: number; set: number }]> = [
    ['reads and writes slowly', { get: 15, set: 15 }],
    ['reads slowly', { get: 25, set: 3 }],
    ['writes slowly', { get: 3, set: 25 }],
  ]
  for (const [what, delay] of speeds)
    it(`sends the code once when both come within milliseconds, in a store that ${what}`, async () => {
      pair = await Pair.start(new SlowSessionStore(delay))
      for (let n = 0; n < simultaneousTries; n += 1) {
        const browser = new CookieClient()
        const callback = await pair.one.arrive(browser)
        pair.emulator.clearRequests()
        const both = [
          load(browser, callback),
          setTimeout(n * 8).then(() => load(browser, pair.atOther(callback))),
        ]
        const endings = await Promise.all(both)
        const failed = endings.find(({ outcome }) => outcome === 'fail')
        expect(endings.map(({ outcome }) => outcome)).to.have.members(['success', 'fail'])
        expect(failed?.status).to.equal(403)
        expect(failed?.info?.reason).to.be.oneOf(['used', 'unknown'])
        expect(pair.exchanges).to.equal(1)
      }
    })

  it('sends the code once when two applications of one process share express-session’s MemoryStore', async () => {
    const options = { secret: 'a session secret of the tests', resave: false, saveUninitialized: false }
    const store = new session.MemoryStore()
    pair = await Pair.start({ middleware: () => session({ ...options, store }) })
    for (let n = 0; n < tries; n += 1) {
      const browser = new CookieClient()
      const callback = await pair.one.arrive(browser)
      pair.emulator.clearRequests()
      const endings = await Promise.all([load(browser, callback), load(browser, pair.atOther(callback))])
      expect(endings.map(({ outcome }) => outcome)).to.have.members(['success', 'fail'])
      expect(pair.exchanges).to.equal(1)
    }
  })

  it('says used afterwards at another application of the same process, to a browser whose session ended at the login', async () => {
    pair = await Pair.start(new SlowSessionStore({ get: 1, set: 1 }))
    const browser = new CookieClient()
    const callback = await pair.one.arrive(browser)
    const cookie = browser.jar.headerFor(new URL(callback))
    expect(await load(browser, callback)).to.include({ outcome: 'success' })
    const { status, body } = await new CookieClient().get(pair.atOther(callback), { headers: { cookie } })
    expect(status).to.equal(403)
    expect(JSON.parse(body).info).to.include({ code: 'xai_state_invalid', reason: 'used' })
    expect(pair.exchanges).to.equal(1)
  })

  it('sends nothing when the session cannot be saved, and passes the error of the store on', async () => {
    const sessions = new SlowSessionStore({ get: 1, set: 1 })
    pair = await Pair.start(sessions)
    const browser = new CookieClient()
    const callback = await pair.one.arrive(browser)
    pair.emulator.clearRequests()
    sessions.failure = new Error('the session store is down')
    const { status, outcome, error } = await load(browser, callback)
    expect({ status, outcome }).to.deep.equal({ status: 500, outcome: 'error' })
    expect(error?.message).to.equal('the session store is down')
    expect(pair.exchanges).to.equal(0)
  })
})

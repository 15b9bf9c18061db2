import { mock } from 'node:test'
import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { DeviceApplication, type DeviceEnding, type DeviceStoreName } from '../support/device-application.js'
import { DeviceServer, json, type Respond, refusal } from '../support/device-server.js'
import { SlowSessionStore } from '../support/slow-session.js'
import { until } from '../support/until.js'

/** Responses that a test lets go when it wants, in the order of the requests. */
class Held {
  readonly waiting: Array<(respond: Respond) => void> = []

  readonly respond: Respond = (res, form) => void this.waiting.push((respond) => respond(res, form))

  async release(index: number, respond: Respond): Promise<void> {
    await until(() => this.waiting.length > index)
    this.waiting[index]?.(respond)
  }
}

const stores: readonly DeviceStoreName[] = ['session', 'cookie']

for (const store of stores)
  describe(`two processes that share a device sign-in by a ${store}`, () => {
    let xai: DeviceServer
    let sessions: SlowSessionStore
    let one: DeviceApplication
    let two: DeviceApplication
    let browser: CookieClient

    before(async () => {
      xai = await DeviceServer.start()
    })
    after(() => xai.close())
    beforeEach(async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      xai.reset()
      sessions = new SlowSessionStore({ get: 1, set: 1 })
      const start = (): Promise<DeviceApplication> =>
        DeviceApplication.start({
          issuer: xai.issuer,
          store,
          ...(store === 'session' && { session: sessions.middleware() }),
        })
      one = await start()
      two = await start()
      browser = new CookieClient()
    })
    afterEach(async () => {
      mock.timers.reset()
      await Promise.all([one.close(), two.close()])
    })

    it('end in one what began in the other', async () => {
      await one.ask(browser)
      xai.token = xai.approve()
      mock.timers.tick(5000)
      expect(await two.ask(browser)).to.include({ outcome: 'success' })
      expect(await one.ask(browser, `?shown=${xai.userCode(0)}`)).to.include({ status: 'ended' })
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('keep one interval', async () => {
      await one.ask(browser)
      mock.timers.tick(5000)
      for (const process of [one, two, one, two]) await process.ask(browser)
      mock.timers.tick(4900)
      for (const process of [two, one]) await process.ask(browser)
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('both know that xAI wants it slower', async () => {
      await one.ask(browser)
      xai.token = refusal('slow_down')
      mock.timers.tick(5000)
      await one.ask(browser)
      mock.timers.tick(9900)
      expect(await two.ask(browser)).to.include({ interval: 10 })
      expect(xai.questions).to.have.lengthOf(1)
      mock.timers.tick(100)
      expect(await two.ask(browser)).to.include({ interval: 15 })
    })

    it('both know that xAI is in trouble, and that it is over', async () => {
      await one.ask(browser)
      xai.token = json(503, {})
      mock.timers.tick(5000)
      await one.ask(browser)
      mock.timers.tick(9900)
      await two.ask(browser)
      expect(xai.questions).to.have.lengthOf(1)
      xai.token = refusal('authorization_pending')
      mock.timers.tick(100)
      await two.ask(browser)
      mock.timers.tick(5000)
      await one.ask(browser)
      expect(xai.questions).to.have.lengthOf(3)
    })

    /** A question of the first process that xAI responds to when it is released. */
    const holdQuestion = async (): Promise<[held: Held, asker: Promise<DeviceEnding>]> => {
      await one.ask(browser)
      const held = new Held()
      xai.token = held.respond
      mock.timers.tick(5000)
      const asker = one.ask(browser)
      await until(() => held.waiting.length === 1)
      return [held, asker]
    }

    // A cookie is what each browser brings: a process learns from it what the last response has told the browser.
    if (store === 'cookie') return

    it('do not ask twice while one question is under way', async () => {
      const [held, asker] = await holdQuestion()
      expect(await two.ask(browser)).to.include({ status: 'pending' })
      await held.release(0, xai.approve())
      expect(await asker).to.include({ outcome: 'success' })
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('make no error of a question that comes second, because the first has spent the code', async () => {
      const [held, asker] = await holdQuestion()
      // Longer than the interval: the other process may ask as well.
      mock.timers.tick(5000)
      const asked = [asker, two.ask(browser)]
      await until(() => held.waiting.length === 2)
      await held.release(1, refusal('invalid_grant'))
      await held.release(0, xai.approve())
      const [first, second] = (await Promise.all(asked)) as [DeviceEnding, DeviceEnding]
      expect(first).to.include({ outcome: 'success' })
      expect(second).to.include({ status: 'ended' })
      expect(two.errors).to.be.empty
    })

    const lates: ReadonlyArray<readonly [what: string, respond: Respond, expected: object]> = [
      ['slow_down', refusal('slow_down'), { status: 'ended' }],
      ['denial', refusal('access_denied'), { outcome: 'fail' }],
      ['trouble', json(503, {}), { status: 'ended' }],
    ]
    for (const [what, respond, expected] of lates)
      it(`keep what one has begun anew, when the other one’s question brings ${what} late`, async () => {
        const [held, late] = await holdQuestion()
        expect(await two.post(browser, '?restart')).to.include({ user_code: xai.userCode(1) })
        await held.release(0, respond)
        expect(await late).to.include(expected)
        expect(await one.ask(browser)).to.include({ user_code: xai.userCode(1) })
        expect(await two.ask(browser)).to.include({ user_code: xai.userCode(1) })
      })

    it('do not bring a session back that was destroyed while a question was under way', async () => {
      const [held, late] = await holdQuestion()
      const [id] = sessions.ids
      sessions.destroy(`${id}`)
      await held.release(0, refusal('slow_down'))
      expect(await late).to.include({ status: 'ended' })
      expect(sessions.ids).to.be.empty
    })
  })

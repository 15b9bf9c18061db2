import { mock } from 'node:test'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { DeviceApplication, type DeviceStoreName } from '../support/device-application.js'
import { DeviceServer, json, refusal } from '../support/device-server.js'

const stores: readonly DeviceStoreName[] = ['session', 'cookie']

for (const store of stores)
  describe(`an attacker and a device sign-in that is kept in a ${store}`, () => {
    let xai: DeviceServer
    let app: DeviceApplication
    let victim: CookieClient
    let attacker: CookieClient

    before(async () => {
      xai = await DeviceServer.start()
      app = await DeviceApplication.start({ issuer: xai.issuer, store })
    })
    after(async () => {
      await app.close()
      await xai.close()
    })
    beforeEach(() => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      xai.reset()
      app.errors.length = 0
      victim = new CookieClient()
      attacker = new CookieClient()
    })
    afterEach(() => mock.timers.reset())

    const cookieOf = (browser: CookieClient): string => `${browser.jar.headerFor(new URL(app.origin))}`

    it('who has read the code from a screen cannot end the sign-in in a browser of their own', async () => {
      await app.ask(victim)
      xai.token = xai.approve('victim')
      mock.timers.tick(5000)
      expect(await app.ask(attacker, `?shown=${xai.userCode(0)}`)).to.include({ status: 'ended' })
      expect(xai.questions).to.be.empty
      expect(await app.ask(victim)).to.include({ outcome: 'success' })
    })

    it('who sends the cookie of a sign-in that has ended once more gets a new code, and asks xAI nothing', async () => {
      await app.ask(victim)
      const cookie = cookieOf(victim)
      xai.token = xai.approve('victim')
      mock.timers.tick(5000)
      await app.ask(victim)
      mock.timers.tick(5000)
      const { body } = await attacker.get(app.at(), { headers: { cookie, accept: 'application/json' } })
      expect(JSON.parse(body)).to.include({ status: 'pending', user_code: xai.userCode(1) })
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('who sends an old cookie again and again makes xAI hear no more than the interval allows', async () => {
      await app.ask(attacker)
      const cookie = cookieOf(attacker)
      const flood = async (): Promise<void> => {
        await Promise.all(
          Array.from({ length: 20 }, () =>
            new CookieClient().get(app.at(), { headers: { cookie, accept: 'application/json' } }),
          ),
        )
      }
      xai.token = refusal('slow_down')
      for (const seconds of [0, 4.9, 0.1, 9.9, 0.1, 14.9]) {
        mock.timers.tick(seconds * 1000)
        await flood()
      }
      expect(xai.questions).to.have.lengthOf(2)
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    for (const site of ['cross-site', 'same-site'])
      it(`who submits ?restart from a page that is ${site} takes nobody's code away`, async () => {
        await app.ask(victim)
        const headers = { 'sec-fetch-site': site, 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
        const refused = await app.post(victim, '?restart', headers)
        expect(refused).to.include({ http: 400, outcome: 'fail' })
        expect(refused.info?.message).to.include('a page of another site sent it')
        expect(xai.beginnings).to.have.lengthOf(1)
        expect(await app.ask(victim)).to.include({ user_code: xai.userCode(0) })
      })

    it('who makes the victim’s browser load the route as a part of a page begins nothing', async () => {
      for (const destination of ['image', 'script', 'style', 'object', 'worker']) {
        const response = await victim.get(app.at(), { headers: { 'sec-fetch-dest': destination } })
        expect(response.status).to.equal(400)
      }
      expect(xai.beginnings).to.be.empty
    })

    it('who invents a device code in the query, the form or a header is not heard', async () => {
      await app.ask(attacker)
      xai.token = xai.approve('victim')
      const invented = `device_code=${'a'.repeat(40)}`
      await app.ask(attacker, `?${invented}`)
      await attacker.post(
        app.at(`?${invented}`),
        { device_code: 'stolen' },
        { headers: { 'x-device-code': 'stolen' } },
      )
      expect(xai.questions).to.be.empty
      mock.timers.tick(5000)
      await app.ask(attacker, `?${invented}`)
      expect(xai.questions.map(({ form }) => form.getAll('device_code'))).to.deep.equal([
        [xai.deviceCodes[0]],
      ])
    })

    it('who looks at everything that reaches the browser finds no device code and no token', async () => {
      const seen: string[] = []
      const look = async (query = '', accept = 'application/json'): Promise<void> => {
        const response = await victim.get(app.at(query), { headers: { accept } })
        seen.push(JSON.stringify(response.headers), response.body)
      }
      await look()
      await look('', 'text/html')
      mock.timers.tick(5000)
      await look()
      xai.token = json(400, { error: 'invalid_request', device_code: xai.deviceCodes[0] })
      mock.timers.tick(5000)
      await look()
      await look()
      xai.token = xai.approve('victim')
      mock.timers.tick(5000)
      await look()
      expect(seen.at(-1)).to.include('success')
      expect(app.errors).to.have.lengthOf(1)
      const all = seen.join('\n')
      for (const text of [all, decodedPartsOf(all), inspect(app.errors, { depth: 10, showHidden: true })]) {
        for (const code of xai.deviceCodes) expect(text).not.to.include(code)
        expect(text).not.to.include('access-token-of').and.not.include('refresh-token-of')
      }
    })
  })

/** Whatever base64url hides in a text. */
const decodedPartsOf = (text: string): string =>
  (text.match(/[\w-]{16,}/g) ?? [])
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    .join('\n')

import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { type Application, startApplication, stores } from './application.js'
import { frameworks } from './framework.js'

const personal = { id: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01', name: 'Personal Account' }

for (const [framework, build] of Object.entries(frameworks)) {
  for (const [storeName, buildStore] of Object.entries(stores)) {
    describe(`${framework} with ${storeName}`, () => {
      let app: Application
      let browser: CookieClient

      before(async () => {
        app = await startApplication(build, { store: buildStore() })
      })
      after(() => app.close())
      beforeEach(() => {
        app.emulator.clearRequests()
        browser = new CookieClient()
      })

      it('signs a person in', async () => {
        const answer = await browser.open(await app.begin(browser))
        expect(answer.status, answer.body).to.equal(200)
        expect(await app.whoAmI(browser)).to.deep.equal(personal)
      })

      it('ends what a second tab has begun when the first signs in', async () => {
        const [first, second] = [await app.begin(browser), await app.begin(browser)]
        expect((await browser.get(first)).status).to.be.oneOf([200, 302])
        expect((await browser.get(second)).status).to.equal(403)
        expect(await app.whoAmI(browser)).to.deep.equal(personal)
        expect(app.tokenRequests).to.equal(1)
      })

      it('refuses a callback that is loaded again', async () => {
        const callback = await app.begin(browser)
        await browser.get(callback)
        expect((await browser.get(callback)).status).to.equal(403)
        expect(app.tokenRequests).to.equal(1)
        expect(await app.whoAmI(browser)).to.deep.equal(personal)
      })

      it('refuses a callback that is sent again with the cookies it was first sent with', async () => {
        const callback = await app.begin(browser)
        const cookie = `${browser.jar.headerFor(new URL(callback))}`
        await browser.get(callback)
        expect((await app.replay(callback, cookie)).status).to.equal(403)
        expect(app.tokenRequests).to.equal(1)
      })

      it('refuses the state of another browser', async () => {
        const callback = await app.begin(new CookieClient())
        expect((await browser.get(callback)).status).to.equal(403)
        expect(app.tokenRequests).to.equal(0)
        expect(await app.whoAmI(browser)).to.equal(null)
      })

      it('answers 403 when the person declines', async () => {
        const answer = await browser.get(await app.begin(browser, 'personal', 'deny'))
        expect(answer.status).to.equal(403)
        expect(app.tokenRequests).to.equal(0)
        expect(await app.whoAmI(browser)).to.equal(null)
      })

      it('answers 400 to a callback that xAI cannot have sent', async () => {
        const callback = await app.begin(browser)
        expect((await browser.get(`${callback}&code=another`)).status).to.equal(400)
        expect(app.tokenRequests).to.equal(0)
        expect(await app.whoAmI(browser)).to.equal(null)
      })

      const refusals: ReadonlyArray<readonly [answer: string, given: object, status: number]> = [
        ['an overloaded token endpoint', { status: 503, body: '{}' }, 503],
        ['a slow-down of the token endpoint', { status: 429, body: '{}' }, 429],
        ['an unusable answer of the token endpoint', { status: 200, body: 'hello' }, 502],
      ]
      for (const [answer, given, status] of refusals) {
        it(`answers ${status} to ${answer}`, async () => {
          const callback = await app.begin(browser)
          app.emulator.misbehaveOnce({ path: '/oauth2/token', ...given })
          expect((await browser.get(callback)).status).to.equal(status)
          expect(await app.whoAmI(browser)).to.equal(null)
        })
      }
    })
  }
}

import { expect } from 'chai'
import { SessionStateStore } from 'passport-xai'
import { CookieClient } from '../support/browserless-client.js'
import { type Application, startApplication } from './application.js'
import { frameworks } from './framework.js'

/** Frameworks whose session is a cookie: what is not written into it lasts no longer than the request. */
for (const framework of ['Fastify', 'Koa'] as const) {
  describe(`${framework}, two processes with one key`, () => {
    let first: Application
    let second: Application
    let browser: CookieClient

    before(async () => {
      first = await startApplication(frameworks[framework], { store: new SessionStateStore() })
      second = await startApplication(frameworks[framework], {
        store: new SessionStateStore(),
        issuer: first.emulator.issuer,
        callbackURL: `${first.origin}/auth/xai/callback`,
      })
    })
    after(async () => {
      await first.close()
      await second.close()
    })
    beforeEach(() => {
      first.emulator.clearRequests()
      browser = new CookieClient()
    })

    const atSecond = (callback: string): string => callback.replace(first.origin, second.origin)

    it('finish in one what began in the other', async () => {
      const callback = await first.begin(browser)
      expect((await browser.get(atSecond(callback))).status).to.equal(302)
      expect(first.tokenRequests).to.equal(1)
    })

    it('know a used state in neither, because it was written out of the session', async () => {
      const [callback] = [await first.begin(browser), await first.begin(browser)]
      await browser.get(callback)
      expect((await browser.get(atSecond(callback))).status).to.equal(403)
      expect(first.tokenRequests).to.equal(1)
    })
  })
}

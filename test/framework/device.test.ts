import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import { type Application, startApplication, stores } from './application.js'
import { frameworks } from './framework.js'

const personal = { id: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01', name: 'Personal Account' }

for (const [framework, build] of Object.entries(frameworks)) {
  for (const [storeName, buildStore] of Object.entries(stores)) {
    describe(`${framework} with ${storeName}, by a code`, () => {
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

      const connect = (query = '', accept = 'application/json'): Promise<ClientResponse> =>
        browser.get(`${app.origin}/connect/xai${query}`, { headers: { accept } })
      const codeOf = ({ body }: ClientResponse): string => JSON.parse(body).user_code
      /** The next question to xAI is allowed. */
      const waitAnInterval = (): Promise<void> => setTimeout(1050)

      it('signs a person in, and leads home', async () => {
        const code = codeOf(await connect())
        expect(codeOf(await connect(`?shown=${code}`))).to.equal(code)
        await waitAnInterval()
        expect(JSON.parse((await connect(`?shown=${code}`)).body)).to.include({ status: 'pending' })
        expect(app.tokenRequests).to.equal(1)
        await app.emulator.decide(code, { as: 'personal' })
        await waitAnInterval()
        const ended = await connect(`?shown=${code}`)
        expect(ended.status).to.be.oneOf([302, 303])
        expect(ended.headers.location).to.equal('/')
        expect(await app.whoAmI(browser)).to.deep.equal(personal)
        expect(JSON.parse((await connect(`?shown=${code}`)).body)).to.deep.equal({ status: 'ended' })
        expect(app.tokenRequests).to.equal(2)
      })

      it('shows a page under the library’s own policy, and keeps the code for the next request', async () => {
        const page = await connect('', 'text/html')
        expect(page.status).to.equal(200)
        expect(page.headers).to.include({
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
        })
        expect(page.headers['content-security-policy']).to.match(/^default-src 'none'; style-src 'nonce-/)
        const [, code] = /data-shown="([^"]+)"/.exec(page.body) ?? []
        expect(codeOf(await connect(`?shown=${code}`))).to.equal(code)
      })

      it('gives a new code to the form that asks for one', async () => {
        const code = codeOf(await connect())
        const page = await browser.post(
          `${app.origin}/connect/xai?restart`,
          {},
          { headers: { accept: 'application/json' } },
        )
        expect(page.status, page.body).to.equal(200)
        expect(codeOf(page)).to.be.a('string').and.not.equal(code)
        expect(codeOf(await connect())).to.equal(codeOf(page))
      })

      it('responds 403 when the person declines', async () => {
        const code = codeOf(await connect())
        await app.emulator.decide(code, { deny: true })
        await waitAnInterval()
        expect((await connect(`?shown=${code}`)).status).to.equal(403)
        expect(await app.whoAmI(browser)).to.equal(null)
      })

      it('responds 404 where xAI has it switched off, and 400 to a prefetch', async () => {
        app.emulator.misbehaveOnce({ path: '/oauth2/device/code', status: 404, body: '{}' })
        expect((await connect()).status).to.equal(404)
        const headers = { 'sec-purpose': 'prefetch' }
        expect((await browser.get(`${app.origin}/connect/xai`, { headers })).status).to.equal(400)
        expect(app.tokenRequests).to.equal(0)
      })
    })
  }
}

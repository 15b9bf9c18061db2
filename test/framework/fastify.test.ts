import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { type Application, startApplication } from './application.js'
import { frameworks } from './framework.js'

describe('Fastify with @fastify/secure-session', () => {
  let app: Application
  let browser: CookieClient

  before(async () => {
    app = await startApplication(frameworks.Fastify)
  })
  after(() => app.close())
  beforeEach(() => {
    app.emulator.clearRequests()
    browser = new CookieClient()
  })

  it('writes the end of a sign-in into the session cookie', async () => {
    const callback = await app.begin(browser)
    const before = browser.jar.headerFor(new URL(callback))
    await browser.get(callback)
    expect(browser.jar.headerFor(new URL(callback))).to.not.equal(before)
  })

  it('spends one code when one callback comes twice at once', async () => {
    const callback = await app.begin(browser)
    const statuses = (await Promise.all([browser.get(callback), browser.get(callback)])).map(
      ({ status }) => status,
    )
    expect(statuses).to.have.members([302, 403])
    expect(app.tokenRequests).to.equal(1)
  })
})

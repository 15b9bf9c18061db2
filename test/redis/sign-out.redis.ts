import { expect } from 'chai'
import type { Emulator } from '../../lib/emulator/index.js'
import type { CookieClient } from '../support/browserless-client.js'
import { type ApplicationProcess, signedInBrowser } from './application-process.js'
import { Deployment } from './deployment.js'

describe('processes of the Redis example, when somebody signs out everywhere,', () => {
  let deployment: Deployment
  let emulator: Emulator
  let processes: readonly [ApplicationProcess, ApplicationProcess]
  before(async () => {
    const accounts = ['leaver', 'stayer'].map((id) => ({ id, name: id }))
    deployment = await Deployment.start({ accounts })
    ;({ emulator, processes } = deployment)
  })
  after(() => deployment?.stop())

  const signOut = (browser: CookieClient, { url }: ApplicationProcess): Promise<number> =>
    browser.post(`${url}/sign-out-everywhere`, {}).then(({ status }) => status)
  const statusOf = (browser: CookieClient, { url }: ApplicationProcess): Promise<number> =>
    browser.get(`${url}/profile`).then(({ status }) => status)

  let here: CookieClient
  let elsewhere: CookieClient
  let bystander: CookieClient
  beforeEach(async () => {
    here = await signedInBrowser(processes, 'leaver')
    elsewhere = await signedInBrowser(processes, 'leaver')
    bystander = await signedInBrowser(processes, 'stayer')
    emulator.clearRequests()
  })

  it('revoke every grant, forget the tokens, and end every session, on all processes', async () => {
    const [left, right] = processes
    const refreshTokens = (await deployment.tokensOf('leaver')).map(({ refreshToken }) => refreshToken)
    expect(refreshTokens).to.have.length(2)
    expect(await signOut(here, left)).to.equal(303)
    expect(deployment.revokedTokens).to.have.members(refreshTokens)
    expect(await deployment.tokensOf('leaver')).to.be.empty
    for (const browser of [here, elsewhere])
      for (const each of [left, right]) {
        expect(await statusOf(browser, each)).to.equal(401)
        expect((await browser.get(`${each.url}/`)).body).to.include('Sign in with xAI')
      }
    expect(await statusOf(bystander, right)).to.equal(200)
  })

  for (const failures of [1, 2])
    it(`keep what ${failures} failed revocations left, and try it again`, async () => {
      const [left, right] = processes
      for (let failure = 0; failure < failures; failure += 1)
        emulator.misbehaveOnce({ path: '/oauth2/revoke', status: 503, body: '' })
      expect(await signOut(here, left)).to.equal(503)
      expect(await statusOf(here, right)).to.equal(200)
      expect(await deployment.tokensOf('leaver')).not.to.be.empty
      while ((await signOut(here, right)) === 503) emulator.clearRequests()
      expect(await deployment.tokensOf('leaver')).to.be.empty
      for (const browser of [here, elsewhere]) expect(await statusOf(browser, left)).to.equal(401)
    })
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type RelayApplication, startRelayApplication } from '../loopback-relay/relay-application.js'
import { expectAccessible } from './accessibility.js'
import { consent, type Stage, startStage, Visitor } from './stage.js'

const codeOn = async (page: Page): Promise<string> => {
  await page.getByText('The application could not be reached.').waitFor()
  return `${await page.locator('#code').textContent()}`
}

describe('Delivery on loopback, in Chromium', () => {
  let stage: Stage
  let visitor: Visitor
  before(async () => {
    stage = await startStage('fetch')
  })
  after(() => stage.close())
  beforeEach(() => stage.emulator.clearRequests())
  afterEach(() => visitor.leave())

  const beginAt = async (): Promise<Page> => {
    const home = await visitor.open()
    await home.getByRole('link', { name: 'Sign in with xAI' }).click()
    return home
  }

  it('needs the code to be pasted where Local Network Access blocks it', async () => {
    visitor = await Visitor.arrive(stage)
    const home = await beginAt()
    const xai = await visitor.continueAtXai(home)
    await consent(xai, 'Personal Account')
    const code = await codeOn(xai)
    await expectAccessible(xai)
    expect(stage.tokenRequests).to.equal(0)
    await home.getByLabel('Code from xAI').fill(`  ${code} `)
    await home.getByRole('button', { name: 'Sign in' }).click()
    await home.waitForURL('**/profile')
    expect(stage.tokenRequests).to.equal(1)
  })

  it('takes a whole callback address where the code is asked for', async () => {
    visitor = await Visitor.arrive(stage)
    const home = await beginAt()
    const xai = await visitor.continueAtXai(home)
    await consent(xai, 'Personal Account')
    const code = await codeOn(xai)
    await home.getByLabel('Code from xAI').fill(`${stage.example.url}/callback?code=${code}&state=another`)
    await home.keyboard.press('Enter')
    await home.waitForURL('**/profile')
  })

  it('needs no JavaScript: the code is shown, and the field takes it', async () => {
    visitor = await Visitor.arrive(stage, { javaScriptEnabled: false })
    await visitor.allowLoopback()
    const home = await beginAt()
    const xai = await visitor.continueAtXai(home)
    await consent(xai, 'Personal Account')
    const code = await codeOn(xai)
    await home.getByLabel('Code from xAI').fill(code)
    await home.getByRole('button', { name: 'Sign in' }).click()
    await home.waitForURL('**/profile')
  })

  it('goes on after the waiting page was reloaded', async () => {
    visitor = await Visitor.arrive(stage)
    await visitor.allowLoopback()
    const home = await beginAt()
    const xai = await visitor.continueAtXai(home)
    await home.reload()
    await consent(xai, 'Personal Account')
    await home.waitForURL('**/profile')
    await xai.getByText('The application knows.').waitFor()
  })

  it('says when the application does not respond, and waits on when it does again', async () => {
    visitor = await Visitor.arrive(stage)
    await visitor.allowLoopback()
    const home = await beginAt()
    await home.getByText('Waiting for').waitFor()
    await visitor.context.setOffline(true)
    await home.getByText('The application does not respond.').waitFor()
    await visitor.context.setOffline(false)
    await home.getByText('Waiting for').waitFor()
    await consent(await visitor.continueAtXai(home), 'Personal Account')
    await home.waitForURL('**/profile')
  })

  it('ends the waiting page when the sign-in is finished in another tab', async () => {
    visitor = await Visitor.arrive(stage)
    const home = await beginAt()
    const state = `${new URL(home.url()).searchParams.get('state')}`
    const xai = await visitor.continueAtXai(home)
    await consent(xai, 'Personal Account')
    const callback = new URLSearchParams({ code: await codeOn(xai), state })
    const other = await visitor.open(`${stage.example.url}/callback?${callback}`)
    expect(new URL(other.url()).pathname).to.equal('/profile')
    await home.getByRole('heading', { name: 'This sign-in has ended' }).waitFor()
    await home.getByRole('link', { name: 'Back to the application' }).click()
    await home.waitForURL('**/profile')
  })

  describe('without the relay', () => {
    let application: RelayApplication
    before(async () => {
      const { issuer, publicClient } = stage.emulator
      const relay = (_req: unknown, _res: unknown, next: () => void): void => next()
      application = await startRelayApplication({ issuer, ...publicClient, relay })
    })
    after(() => application.close())

    it('signs nobody in: the tab stays at xAI and shows a code that nothing asks for', async () => {
      visitor = await Visitor.arrive(stage)
      await visitor.allowLoopback()
      const tab = await visitor.open(`${application.origin}/callback`)
      await consent(tab, 'Personal Account')
      expect(await codeOn(tab)).to.not.equal('')
      expect(new URL(tab.url()).origin).to.equal(stage.emulator.issuer)
      expect(application.signedIn).to.be.empty
      expect(stage.tokenRequests).to.equal(0)
    })
  })

  describe('under attack by the page of another site', () => {
    let server: Server
    let evil: string
    before(async () => {
      server = createServer((_req, res) =>
        res.setHeader('content-type', 'text/html').end('<title>Evil</title>'),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      evil = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    })
    after(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })

    it('neither takes its code nor tells it anything, whatever it fetches', async () => {
      visitor = await Visitor.arrive(stage)
      const home = await beginAt()
      const state = new URL(home.url()).searchParams.get('state')
      const attacker = await visitor.open(evil)
      const attempts = [
        `code=of-the-attacker&state=${state}`,
        `relay=poll&state=${state}`,
        `relay=wait&state=${state}`,
        'relay=begin',
      ]
      for (const query of attempts) {
        for (const mode of ['cors', 'no-cors']) {
          const url = `${stage.example.url}/callback?${query}`
          const options = `{ mode: '${mode}', credentials: 'include' }`
          const read = `fetch('${url}', ${options}).then((response) => response.text(), () => 'blocked')`
          expect(await attacker.evaluate(read), `${mode} ${query}`).to.be.oneOf(['blocked', ''])
        }
      }
      expect(stage.tokenRequests).to.equal(0)
      await home.reload()
      expect(new URL(home.url()).searchParams.get('relay')).to.equal('wait')
    })
  })
})

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { createApplication } from '../../examples/express/application.js'
import { type Example, startExample } from '../../examples/express/server.js'
import { CookieClient } from '../support/browserless-client.js'
import { Visitor } from './visitor.js'

/** The address in an attribute of a page. */
const addressIn = (body: string, pattern: RegExp): string =>
  (pattern.exec(body)?.[1] ?? '').replaceAll('&amp;', '&')

describe('The Express example on loopback, where xAI delivers by fetch', () => {
  let emulator: Emulator
  let example: Example

  before(async () => {
    emulator = await startEmulator({ loopbackDelivery: 'fetch' })
    const { issuer, publicClient } = emulator
    const { clientID } = publicClient
    example = await startExample({ port: 0, issuer, clientID, delivery: 'fetch', log: () => undefined })
  })
  after(() => Promise.all([example?.close(), emulator?.close()]))

  /** Consents at the emulator, and returns the page where the person waits and what has to be delivered. */
  async function consent(visitor: Visitor): Promise<{ waitingURL: string; callback: string }> {
    const waiting = await visitor.open(await visitor.signInLink())
    const atXai = addressIn(waiting.body, /href="([^"]*\/oauth2\/authorize[^"]*)"/)
    const { body } = await visitor.signIn(atXai, 'personal')
    return { waitingURL: waiting.url, callback: addressIn(body, /data-deliver="([^"]*)"/) }
  }

  const deliver = (callback: string, origin: string) =>
    new CookieClient().get(callback, { headers: { origin, 'sec-fetch-mode': 'cors' } })

  it('signs in the browser that waits for the delivery', async () => {
    const visitor = new Visitor(example.url)
    const { waitingURL, callback } = await consent(visitor)
    expect(await deliver(callback, emulator.issuer)).to.include({ status: 204 })
    const page = await visitor.open(waitingURL)
    expect(page).to.include({ status: 200, url: `${example.url}/profile` })
    expect(page.body).to.include('<h1>Personal Account</h1>')
  })

  it('signs nobody in by what another site delivers', async () => {
    const visitor = new Visitor(example.url)
    const { waitingURL, callback } = await consent(visitor)
    emulator.clearRequests()
    expect(await deliver(callback, 'https://other.example')).to.include({ status: 403 })
    expect(await visitor.open(waitingURL)).to.include({ status: 200, url: waitingURL })
    expect(emulator.requests).to.be.empty
  })
})

describe('The Express example behind a proxy that ends TLS', () => {
  let emulator: Emulator
  let server: Server
  let url: string

  before(async () => {
    emulator = await startEmulator()
    const { issuer, publicClient } = emulator
    const callbackURL = 'https://app.example/callback'
    const application = createApplication({ ...publicClient, issuer, callbackURL, delivery: 'fetch' })
    server = application.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server?.close()
    return emulator?.close()
  })

  it('keeps its cookie to https, and needs no relay', async () => {
    const headers = { 'x-forwarded-proto': 'https' }
    const start = await new CookieClient().get(`${url}/`, { headers })
    expect(start.body).to.include('href="/auth/xai">Sign in with xAI</a>')
    const begun = await new CookieClient().get(`${url}/auth/xai`, { headers })
    expect(begun.status).to.equal(302)
    expect(begun.headers['set-cookie']?.[0]).to.include('; Secure;')
  })
})

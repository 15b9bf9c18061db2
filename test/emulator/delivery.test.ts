import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { RelyingParty } from './relying-party.js'

const deliveredTo = ({ body }: ClientResponse): string | undefined =>
  /data-deliver="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')

describe("delivery by fetch, as xAI's consent page does it", () => {
  let emulator: Emulator
  let application: Server
  let listener: RequestListener
  let redirectURI: string
  let received: IncomingMessage[]
  before(async () => {
    emulator = await startEmulator({
      loopbackDelivery: 'fetch',
      clients: [
        { clientID: 'loopback' },
        { clientID: 'web', redirectURIs: ['https://app.example/callback'] },
      ],
    })
    application = createServer((request, response) => {
      received.push(request)
      listener(request, response)
    })
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    redirectURI = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
  })
  after(async () => {
    application.closeAllConnections()
    await new Promise((resolve) => application.close(resolve))
    await emulator.close()
  })
  beforeEach(() => {
    received = []
  })

  const grants = (origin: () => string, status = 204, network = 'true'): RequestListener => {
    return (_request, response) => {
      response.writeHead(status, {
        'access-control-allow-origin': origin(),
        'access-control-allow-private-network': network,
      })
      response.end()
    }
  }
  const signIn = (decision: 'allow' | 'deny' = 'allow'): Promise<ClientResponse> => {
    const person = new RelyingParty(emulator)
    return person.browser.signIn(person.authorizationURL({ redirect_uri: redirectURI }), 'personal', {
      decision,
    })
  }

  it('asks the callback first, with the preflight of Private Network Access', async () => {
    listener = grants(() => emulator.issuer)
    const page = await signIn()
    const [preflight] = received
    expect(received).to.have.lengthOf(1)
    expect(preflight?.method).to.equal('OPTIONS')
    expect(preflight?.headers).to.include({
      origin: emulator.issuer,
      'access-control-request-method': 'GET',
      'access-control-request-private-network': 'true',
    })
    expect(preflight?.headers).not.to.have.property('cookie')
    expect(`http://${preflight?.headers.host}${preflight?.url}`).to.equal(deliveredTo(page))
  })

  for (const [what, origin] of [
    ['its origin', () => emulator.issuer],
    ['every origin', () => '*'],
  ] as const)
    it(`fetches the callback that allows ${what}, with code and state`, async () => {
      listener = grants(origin)
      const page = await signIn()
      expect(page).to.include({ status: 200 })
      expect(page.headers).not.to.have.property('location')
      const { origin: target, pathname, searchParams } = new URL(`${deliveredTo(page)}`)
      expect(target + pathname).to.equal(redirectURI)
      expect([...searchParams.keys()]).to.have.members(['code', 'state'])
      expect(page.body).to.contain('You can close this tab')
      expect(page.body).to.contain(`id="code">${searchParams.get('code')}</code>`)
      expect(page.body).to.contain("fetch(delivery.dataset.deliver, { mode: 'cors' })")
      expect(page.headers['content-security-policy']).to.contain('connect-src http:')
    })

  it('delivers a refusal by the same fetch', async () => {
    listener = grants(() => emulator.issuer)
    const { searchParams } = new URL(`${deliveredTo(await signIn('deny'))}`)
    expect(searchParams.get('error')).to.equal('access_denied')
    expect([...searchParams.keys()]).to.have.members(['error', 'error_description', 'state'])
  })

  const refusals: ReadonlyArray<readonly [what: string, listener: RequestListener]> = [
    ['responds with a page', (_request, response) => response.end('<h1>Sign in</h1>')],
    ['allows another origin', grants(() => 'https://accounts.x.ai')],
    ['does not allow private networks', grants(() => '*', 204, 'false')],
    ['redirects', grants(() => '*', 302)],
    ['hangs up', (request) => request.destroy()],
  ]
  for (const [what, refusing] of refusals)
    it(`shows the bare code, without state, when the callback ${what}`, async () => {
      listener = refusing
      const page = await signIn()
      expect(deliveredTo(page)).to.equal(undefined)
      expect(page.body)
        .to.match(/id="code">[\w-]+<\/code>/)
        .and.not.contain('the-state')
      expect(page.body).to.contain('<div data-state="undelivered">')
      expect(received.map(({ method }) => method)).to.deep.equal(['OPTIONS'])
    })

  it('shows a refusal that cannot be delivered', async () => {
    listener = (request) => request.destroy()
    expect((await signIn('deny')).body)
      .to.contain('<code>access_denied</code>')
      .and.not.contain('id="code"')
  })

  it('redirects to a callback that is not on loopback', async () => {
    const person = new RelyingParty(emulator, 'web')
    const callback = await person.signIn('personal', { redirect_uri: 'https://app.example/callback' })
    expect(callback.get('code')).to.be.a('string')
  })
})

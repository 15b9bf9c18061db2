import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { callbackURL, RelyingParty, useEmulator } from './relying-party.js'

const isCallback = (location: string): boolean => location.startsWith(callbackURL)

const parametersOf = ({ headers }: ClientResponse): URLSearchParams =>
  new URL(`${headers.location}`).searchParams

describe('the authorization endpoint of the emulator', () => {
  const given = useEmulator()

  const pages: ReadonlyArray<
    readonly [what: string, changes: Record<string, string | undefined>, words: string]
  > = [
    ['an unknown client', { client_id: 'stranger' }, 'Unknown or disabled client: stranger'],
    ['no client', { client_id: undefined }, 'client_id'],
    ['no redirect URI', { redirect_uri: undefined }, 'redirect_uri'],
    ['a redirect URI elsewhere', { redirect_uri: 'https://attacker.example/' }, 'invalid_redirect_uri'],
    ['a redirect URI that is not a URL', { redirect_uri: 'nonsense' }, 'invalid_redirect_uri'],
    ['a loopback name without http', { redirect_uri: 'https://localhost/callback' }, 'invalid_redirect_uri'],
    [
      'a name that begins like loopback',
      { redirect_uri: 'http://127.0.0.1.example/' },
      'invalid_redirect_uri',
    ],
  ]
  for (const [what, changes, words] of pages)
    it(`shows a page for ${what}, and redirects nowhere`, async () => {
      const page = await given.application.browser.get(given.application.authorizationURL(changes))
      expect(page.status).to.equal(400)
      expect(page.headers).not.to.have.property('location')
      expect(page.body).to.contain('This sign-in cannot go on').and.contain(words)
    })

  const redirects: ReadonlyArray<
    readonly [what: string, changes: Record<string, string | undefined>, error: string]
  > = [
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another response type', { response_type: 'another' }, 'unsupported_response_type'],
  ]
  for (const [what, changes, error] of redirects)
    for (const client of ['publicClient', 'confidentialClient'] as const)
      it(`tells the application of ${client} that it sent ${what}`, async () => {
        const url = given.application.authorizationURL({
          client_id: given.emulator[client].clientID,
          ...changes,
        })
        const parameters = parametersOf(await given.application.browser.get(url))
        expect(parameters.get('error')).to.equal(error)
        expect(parameters.get('state')).to.equal('the-state')
        expect([...parameters.keys()]).not.to.include.any.members(['code', 'iss'])
      })

  for (const redirectURI of [
    'http://127.0.0.1:1/callback',
    'http://localhost:49152/any/path?and=query',
    'http://[::1]:8080/',
  ])
    it(`calls back at ${redirectURI}`, async () => {
      const callback = await given.application.signIn('personal', { redirect_uri: redirectURI })
      const { status } = await given.application.exchange(callback, { redirect_uri: redirectURI })
      expect(status).to.equal(200)
    })

  it('ignores parameters that xAI is not known to honour', async () => {
    const ignored = {
      prompt: 'none',
      max_age: '0',
      login_hint: 'x',
      plan: 'generic',
      response_mode: 'fragment',
    }
    const callback = await given.application.signIn('personal', {
      ...ignored,
      id_token_hint: 'x',
      claims: '{}',
    })
    expect(callback.get('code')).to.be.a('string')
  })

  it('ignores a nonce without openid', async () => {
    expect((await given.application.signIn('personal', { scope: 'profile' })).get('code')).to.be.a('string')
  })

  it('takes its parameters as a form too (OpenID Connect Core §3.1.2.1)', async () => {
    const { browser } = given.application
    const { origin, pathname, searchParams } = new URL(given.application.authorizationURL())
    const accounts = await browser.follow(await browser.post(origin + pathname, searchParams))
    expect(accounts.body).to.contain('Choose an account')
    const consent = await browser.click(accounts, 'account', 'personal')
    const callback = parametersOf(await browser.click(consent, 'decision', 'allow', isCallback))
    expect((await given.application.exchange(callback)).status).to.equal(200)
    const mixed = await browser.post(given.application.authorizationURL(), { client_id: 'emulator-public' })
    expect(mixed).to.include({ status: 400 })
    expect(mixed.body).to.contain('response_type')
  })

  it('refuses a repeated parameter', async () => {
    const url = `${given.application.authorizationURL()}&state=another`
    const callback = parametersOf(await given.application.browser.get(url))
    expect(callback.get('error')).to.equal('invalid_request')
    expect(callback.has('code')).to.equal(false)
  })

  it('denies a request without a scope', async () => {
    const callback = await given.application.signIn('personal', { scope: undefined })
    expect(callback.get('error')).to.equal('access_denied')
  })
})

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

import { expect } from 'chai'
import type { RequestHandler } from 'express'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { CookieStateStore, loopbackRelay, SessionStateStore } from '../../lib/index.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { type RelayApplication, startRelayApplication } from './relay-application.js'
import { deliver, obtainCallback, preflight, RelayBrowser } from './relay-browser.js'

const secret = 'a secret of a test, longer than 32 characters'

describe('loopbackRelay', () => {
  let emulator: Emulator
  let application: RelayApplication
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  beforeEach(() => emulator.clearRequests())
  afterEach(() => application.close())

  const start = async (parts: Partial<Parameters<typeof startRelayApplication>[0]> = {}): Promise<void> => {
    const { issuer, publicClient } = emulator
    application = await startRelayApplication({ issuer, ...publicClient, ...parts })
  }
  const tokenRequests = () => emulator.requests.filter(({ path }) => path === '/oauth2/token')

  const stores = [
    ['SessionStateStore', () => new SessionStateStore()],
    ['CookieStateStore', () => new CookieStateStore({ secret })],
  ] as const
  for (const [name, buildStore] of stores) {
    it(`hands a delivery to the browser that began the sign-in, with ${name}`, async () => {
      await start({ store: buildStore() })
      const browser = new RelayBrowser(application)
      const waiting = await browser.begin()
      expect(waiting.page.status).to.equal(200)
      expect(await browser.poll(waiting)).to.include({ status: 204, body: '' })

      const callback = await obtainCallback(waiting)
      const allowed = await preflight(callback, emulator.issuer)
      expect(allowed.status).to.equal(204)
      const delivered = await deliver(callback, emulator.issuer)
      expect(delivered).to.include({ status: 204, body: '' })
      expect(delivered.headers).to.include({ 'access-control-allow-origin': emulator.issuer })
      expect(delivered.headers).not.to.have.property('access-control-allow-credentials')
      expect(application.signedIn, 'signed in by the delivery').to.be.empty
      expect(tokenRequests()).to.be.empty

      const polled = await browser.poll(waiting)
      expect(polled.status).to.equal(200)
      expect(polled.headers).to.include({ 'content-type': 'application/json; charset=utf-8' })
      expect(JSON.parse(polled.body)).to.deep.equal({ location: new URL(callback).search })
      expect(await browser.goOn(waiting.page, polled)).to.include({ status: 200, body: 'signed in' })
      expect(application.signedIn).to.have.lengthOf(1)
      expect((await browser.poll(waiting)).status).to.equal(404)
    })

    it(`lets an ordinary redirect through the same route, with ${name}`, async () => {
      await start({ store: buildStore() })
      const browser = new RelayBrowser(application)
      const response = await browser.client.open(`${application.origin}/callback`)
      expect(response).to.include({ status: 200, body: 'signed in' })
      expect(application.signedIn).to.have.lengthOf(1)
    })
  }

  it('is what a delivery needs: without it, nobody is signed in and the browser waits for ever', async () => {
    await start({ relay: (_req, _res, next) => next() })
    const browser = new RelayBrowser(application)
    const begun = await browser.client.get(`${application.origin}/callback`)
    const authorizationURL = `${begun.headers.location}`
    const callback = await obtainCallback({ authorizationURL })
    expect((await preflight(callback, emulator.issuer)).headers).not.to.have.property(
      'access-control-allow-origin',
    )
    expect((await deliver(callback, emulator.issuer)).status).to.equal(400)
    expect(application.signedIn).to.be.empty
    expect(tokenRequests()).to.be.empty
  })

  it('lets an ordinary redirect finish what a waiting page began, and the page learns of it', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }
    const response = await browser.client.get(await obtainCallback(waiting), { headers })
    expect(response.body).to.equal('signed in')
    expect((await browser.poll(waiting)).status).to.equal(404)
  })

  it('lets a form that another origin posts go to the strategy, because it is a navigation', async () => {
    await start()
    const response = await new RelayBrowser(application).client.post(
      `${application.origin}/callback?code=a&state=b`,
      {},
      { headers: { origin: 'https://other.example', 'sec-fetch-mode': 'navigate' } },
    )
    expect(response.status).to.equal(404)
    expect(response.body).to.include('Cannot POST')
  })

  it('leaves a request of the application’s own origin alone', async () => {
    await start()
    const headers = { origin: application.origin, 'sec-fetch-mode': 'cors' }
    const response = await new RelayBrowser(application).client.get(`${application.origin}/callback`, {
      headers,
    })
    expect(response.status).to.equal(302)
  })

  it('takes the code that a person pastes by an ordinary form, without any script', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    expect(waiting.page.body).to.include('<form class="section field" method="get">')
    expect(waiting.page.body).to.include(`<input type="hidden" name="state" value="${waiting.state}">`)
    const code = new URL(await obtainCallback(waiting)).searchParams.get('code') ?? ''
    const submitted = new URL(`?${new URLSearchParams({ state: waiting.state, code })}`, waiting.page.url)
    expect((await browser.client.open(submitted.href)).body).to.equal('signed in')
  })

  it('goes on without any script when the waiting page is loaded again', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    expect(await browser.client.open(waiting.page.url)).to.include({ status: 200, url: waiting.page.url })
    await deliver(await obtainCallback(waiting), emulator.issuer)
    expect(await browser.client.get(waiting.page.url)).to.include({ status: 303, body: '' })
    expect((await browser.client.open(waiting.page.url)).body).to.equal('signed in')
  })

  it('leads from relay=begin to the waiting page by a redirect that nothing caches', async () => {
    await start()
    const { status, headers } = await new RelayBrowser(application).client.get(application.beginURL)
    expect(status).to.equal(302)
    expect(headers.location).to.match(/^\?relay=wait&state=[\w-]{43}$/)
    expect(headers['cache-control']).to.equal('no-store')
  })

  it('refuses in one sentence of plain text', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    const { issuer } = emulator
    const callback = await obtainCallback(waiting)
    const { origin } = application
    const foreign = { host: 'rebound.example' }
    const asksAnew = `${origin}/callback?relay=poll&state=a`
    const refusals: ReadonlyArray<
      readonly [request: Promise<ClientResponse>, status: number, words: string]
    > = [
      [deliver(callback, 'https://evil.example'), 403, 'No sign-in is delivered from this origin.'],
      [deliver(callback, issuer, foreign), 403, 'Sign-ins are delivered on loopback only.'],
      [
        browser.client.post(callback, {}, { headers: { origin: issuer } }),
        405,
        'A sign-in is delivered by GET.',
      ],
      [deliver(`${origin}/callback?code=a`, issuer), 400, 'This is not the delivery of a sign-in.'],
      [
        deliver(`${origin}/callback?error=access_denied`, issuer),
        404,
        'This sign-in is not expected, or has expired.',
      ],
      [browser.client.post(asksAnew, {}), 405, 'The relay is asked by GET.'],
      [browser.client.get(asksAnew, { headers: foreign }), 403, 'The relay works on loopback only.'],
      [browser.client.get(`${origin}/callback?relay=x`), 403, 'The relay does not allow this request.'],
      [browser.client.get(asksAnew), 404, 'This sign-in has ended, or began in another browser.'],
    ]
    const expectWords = (response: ClientResponse, status: number, words: string): void => {
      expect(response).to.include({ status, body: `${words}\n` })
      expect(response.headers).to.include({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      })
    }
    for (const [request, status, words] of refusals) expectWords(await request, status, words)
    await deliver(callback, issuer)
    expectWords(await deliver(callback, issuer), 409, 'This sign-in was delivered already.')
  })

  it('relays a refusal like a code', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    const callback = `${application.origin}/callback?error=access_denied&state=${waiting.state}`
    expect((await deliver(callback, emulator.issuer)).status).to.equal(204)
    const polled = await browser.poll(waiting)
    expect((await browser.goOn(waiting.page, polled)).status).to.equal(403)
    expect(tokenRequests()).to.be.empty
  })

  it('believes a browser that does not say where its requests come from', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    const url = new URL(`?${new URLSearchParams({ relay: 'poll', state: waiting.state })}`, waiting.page.url)
    expect((await browser.client.get(url.href)).status).to.equal(204)
  })

  const names = ['localhost', 'LOCALHOST:3000', '127.0.0.1', '127.8.9.10:80', '[::1]', '[::1]:3000']
  for (const host of names) {
    it(`works under the loopback name ${host}`, async () => {
      await start()
      const browser = new RelayBrowser(application)
      const waiting = await browser.begin()
      expect((await browser.poll(waiting, { host })).status).to.equal(204)
    })
  }

  it('works in an application that is mounted under a path', async () => {
    await start({ mountPath: '/tools' })
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    await deliver(await obtainCallback(waiting), emulator.issuer)
    const polled = await browser.poll(waiting)
    expect((await browser.goOn(waiting.page, polled)).body).to.equal('signed in')
  })

  it('keeps two sign-ins of one browser apart, and ends the page of the one that the other’s login ended', async () => {
    await start()
    const browser = new RelayBrowser(application)
    const [first, second] = [await browser.begin(), await browser.begin()]
    await deliver(await obtainCallback(second), emulator.issuer)
    expect((await browser.poll(first)).status).to.equal(204)
    expect((await browser.goOn(second.page, await browser.poll(second))).body).to.equal('signed in')
    await deliver(await obtainCallback(first), emulator.issuer)
    expect((await browser.poll(first)).status).to.equal(404)
    expect(application.signedIn).to.have.lengthOf(1)
  })

  it('serves a page that works under its own Content-Security-Policy, and is never cached', async () => {
    await start({ relayOptions: { homeURL: '/?a=1&b="2"' } })
    const browser = new RelayBrowser(application)
    const { page } = await browser.begin()
    expect(page.headers).to.include({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    const policy = `${page.headers['content-security-policy']}`
    const [, nonce = ''] = /'nonce-([\w-]{22})'/.exec(policy) ?? []
    expect(policy).to.equal(
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'`,
    )
    expect(page.body).to.include('<title>Continue at xAI</title>')
    expect(page.body).to.include('<a href="/?a=1&amp;b=&quot;2&quot;">')
    expect(page.body).not.to.match(/ style=| on\w+=| src=/)
    expect(page.body.match(/<(style|script)[^>]*>/g)).to.deep.equal([
      `<style nonce="${nonce}">`,
      `<script nonce="${nonce}">`,
    ])
    const again = await browser.client.get(page.url)
    expect(again.body, 'a nonce that is used twice').not.to.include(nonce)
  })

  it('says so on a page when the sign-in has ended, or began in another browser', async () => {
    await start()
    const { page } = await new RelayBrowser(application).begin()
    const response = await new RelayBrowser(application).client.get(page.url)
    expect(response.status).to.equal(404)
    expect(response.body).to.include('This sign-in has ended').and.to.include('?relay=begin')
  })

  const preflights = [
    ['nothing more', {}, undefined, undefined],
    ['private network', { 'access-control-request-private-network': 'true' }, undefined, 'true'],
    ['headers', { 'access-control-request-headers': 'content-type,x-a' }, 'content-type,x-a', undefined],
    ['headers that are none', { 'access-control-request-headers': 'a\tb' }, undefined, undefined],
    ['too many headers', { 'access-control-request-headers': 'a'.repeat(257) }, undefined, undefined],
  ] as const
  for (const [what, headers, allowedHeaders, privateNetwork] of preflights) {
    it(`responds to a preflight of the consent page that asks for ${what}`, async () => {
      await start()
      const response = await preflight(
        `${application.origin}/callback?code=a&state=b`,
        emulator.issuer,
        headers,
      )
      expect(response).to.include({ status: 204, body: '' })
      expect(response.headers['access-control-allow-origin']).to.equal(emulator.issuer)
      expect(response.headers['access-control-allow-methods']).to.equal('GET')
      expect(response.headers['access-control-allow-headers']).to.equal(allowedHeaders)
      expect(response.headers['access-control-allow-private-network']).to.equal(privateNetwork)
      expect(response.headers.vary).to.match(/^Origin, /)
    })
  }

  it('takes deliveries from every consent origin of a list', async () => {
    const consentOrigin = ['https://one.example', 'https://two.example']
    await start({ relayOptions: { consentOrigin } })
    const browser = new RelayBrowser(application)
    for (const origin of consentOrigin) {
      const waiting = await browser.begin()
      expect((await deliver(await obtainCallback(waiting), origin)).status).to.equal(204)
    }
  })

  it('withdraws what earlier middleware grants to every origin', async () => {
    const grantEverybody: RequestHandler = (req, res, next) => {
      res.setHeader('Access-Control-Allow-Origin', req.headers.origin ?? '*')
      res.setHeader('Access-Control-Allow-Credentials', 'true')
      res.setHeader('X-Request-Id', '7')
      next()
    }
    await start({ before: grantEverybody })
    const browser = new RelayBrowser(application)
    const waiting = await browser.begin()
    const callback = await obtainCallback(waiting)
    const responses = [
      await deliver(callback, 'https://evil.example'),
      await preflight(callback, 'https://evil.example'),
      await browser.poll(waiting),
    ]
    for (const { headers } of responses) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).to.be.empty
      expect(headers).to.include({ 'x-request-id': '7' })
    }
  })

  const redirectTo =
    (location: string): RequestHandler =>
    (_req, res) =>
      res.redirect(location)
  const authorize = 'https://auth.example/authorize'
  const here = encodeURIComponent('http://127.0.0.1:3000/callback')
  const endings: ReadonlyArray<readonly [what: string, status: number, begin: RequestHandler]> = [
    ['an error', 500, (_req, _res, next) => next(new Error('no sign-in today'))],
    ['a page', 200, (_req, res) => res.send('maintenance')],
    ['a redirect to a page of its own', 302, redirectTo(`/login?state=a&redirect_uri=${here}`)],
    ['a redirect without a state', 302, redirectTo(`${authorize}?redirect_uri=${here}`)],
    ['a redirect without a redirect URI', 302, redirectTo(`${authorize}?state=a`)],
    [
      'a redirect that comes back to another host',
      302,
      redirectTo(`${authorize}?state=a&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback`),
    ],
    [
      'a redirect whose headers are sent already',
      302,
      (_req, res) =>
        res.writeHead(302, { location: `${authorize}?state=a&redirect_uri=${here}` }).end('redirected'),
    ],
  ]
  for (const [what, status, begin] of endings) {
    it(`leaves the response alone when relay=begin ends in ${what}`, async () => {
      await start({ begin })
      const response = await new RelayBrowser(application).client.get(application.beginURL)
      expect(response.status).to.equal(status)
      expect(`${response.headers.location}`).not.to.include('relay=')
    })
  }

  it('asks the store about an empty state when none comes', async () => {
    const states: string[] = []
    const holds = (_req: unknown, state: string): boolean => states.push(state) > 1
    await start({ relayOptions: { store: { holds } } })
    const { status } = await new RelayBrowser(application).client.get(
      `${application.origin}/callback?relay=wait`,
    )
    expect({ status, states }).to.deep.equal({ status: 404, states: [''] })
  })

  it('hands an error of the store to the application', async () => {
    await start({ relayOptions: { store: { holds: () => Promise.reject(new Error('no database')) } } })
    const response = await new RelayBrowser(application).client.get(
      `${application.origin}/callback?relay=wait&state=a`,
    )
    expect(response).to.include({ status: 500, body: 'no database' })
  })
})

describe('loopbackRelay options', () => {
  const wrong: ReadonlyArray<readonly [what: string, options: unknown, message: RegExp]> = [
    ['no object', null, /^loopbackRelay: options must be an object with consentOrigin, store, homeURL/],
    [
      'an option that is misspelt',
      { consentOrigins: 'https://accounts.x.ai' },
      /^loopbackRelay: there is no option consentOrigins; write consentOrigin$/,
    ],
    ['an option in other capitals', { homeUrl: '/' }, /there is no option homeUrl; write homeURL$/],
    [
      'an option that is unknown',
      { callbackPath: '/callback' },
      /there is no option callbackPath; the options are consentOrigin, store, homeURL$/,
    ],
    ['a consent origin that is no string', { consentOrigin: 1 }, /consentOrigin must be an origin/],
    [
      'a consent origin that is no URL',
      { consentOrigin: 'accounts.x.ai' },
      /write https:\/\/accounts\.x\.ai$/,
    ],
    ['a consent origin with a path', { consentOrigin: 'https://accounts.x.ai/' }, /no path/],
    ['a consent origin without TLS', { consentOrigin: 'http://accounts.x.ai' }, /http only on loopback/],
    ['the origin "null"', { consentOrigin: 'null' }, /consentOrigin must be an origin/],
    ['an opaque origin', { consentOrigin: 'data:a' }, /consentOrigin must be an origin/],
    ['an empty list of consent origins', { consentOrigin: [] }, /or a list of such/],
    [
      'one wrong consent origin in a list',
      { consentOrigin: ['https://accounts.x.ai', '*'] },
      /a list of such/,
    ],
    ['a store that holds nothing', { store: {} }, /write the SessionStateStore or CookieStateStore/],
    ['no store', { store: null }, /store cannot tell whose sign-in a state is/],
    ['a home URL that is no string', { homeURL: 1 }, /homeURL must be a path such as '\/'/],
    ['a home URL of another scheme', { homeURL: 'javascript:alert(1)' }, /or an http or https URL/],
    ['a home URL without a scheme', { homeURL: '//evil.example' }, /homeURL must be a path/],
    ['a home URL that browsers read so', { homeURL: '/\\evil.example' }, /homeURL must be a path/],
  ]
  for (const [what, options, message] of wrong) {
    it(`are refused with ${what}`, () => {
      expect(() => loopbackRelay(options as object)).to.throw(TypeError, message)
    })
  }

  const right: ReadonlyArray<readonly [what: string, options: Parameters<typeof loopbackRelay>[0]]> = [
    ['nothing', undefined],
    ['undefined values', { consentOrigin: undefined, store: undefined, homeURL: undefined }],
    ['an origin', { consentOrigin: 'https://accounts.x.ai' }],
    ['an origin on loopback', { consentOrigin: 'http://127.0.0.1:4000' }],
    ['several origins', { consentOrigin: ['https://accounts.x.ai', 'http://localhost:4000'] }],
    ['a session store', { store: new SessionStateStore() }],
    ['a cookie store', { store: new CookieStateStore({ secret }) }],
    ['a path as home', { homeURL: '/home' }],
    ['an address as home', { homeURL: 'https://app.example/' }],
  ]
  for (const [what, options] of right) {
    it(`are taken with ${what}`, () => {
      expect(loopbackRelay(options)).to.be.a('function')
    })
  }
})

import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import { XaiDeviceStrategy } from '../../lib/index.js'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import { DeviceApplication, type DeviceApplicationOptions } from '../support/device-application.js'
import { DeviceServer, refusal } from '../support/device-server.js'
import { act } from '../support/direct-sign-in.js'

const codeOn = ({ body }: ClientResponse): string =>
  (/<code id="code">(.*?)<\/code>/.exec(body)?.[1] ?? '').replaceAll(/<\/?span>/g, '')

describe('the response to a browser whose device sign-in is pending', () => {
  let xai: DeviceServer
  let app: DeviceApplication
  let browser: CookieClient

  before(async () => {
    xai = await DeviceServer.start()
  })
  after(() => xai.close())
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    xai.reset()
    browser = new CookieClient()
  })
  afterEach(async () => {
    mock.timers.reset()
    await app?.close()
  })

  const start = async (options: Partial<DeviceApplicationOptions> = {}): Promise<void> => {
    app = await DeviceApplication.start({ issuer: xai.issuer, store: 'session', ...options })
  }

  const wants: ReadonlyArray<readonly [accept: string | undefined, type: string]> = [
    ['application/json', 'application/json; charset=utf-8'],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8'],
    ['APPLICATION/JSON', 'application/json; charset=utf-8'],
    ['text/html,application/xhtml+xml,application/json;q=0.9', 'text/html; charset=utf-8'],
    ['*/*', 'text/html; charset=utf-8'],
    ['', 'text/html; charset=utf-8'],
    [undefined, 'text/html; charset=utf-8'],
  ]
  for (const [accept, type] of wants)
    it(`is ${type.split(';')[0]} for Accept: ${accept ?? 'nothing'}`, async () => {
      await start()
      const { headers } = await browser.get(app.at(), { headers: accept === undefined ? {} : { accept } })
      expect(headers).to.include({
        'content-type': type,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
    })

  it('is a page under a strict policy that names the application, and loads nothing from elsewhere', async () => {
    await start({ strategy: { page: { title: 'Notes', homeURL: '/notes' } } })
    const page = await app.open(browser)
    expect(page.status).to.equal(200)
    expect(codeOn(page)).to.equal(xai.userCode(0))
    expect(page.headers['content-security-policy']).to.match(
      /^default-src 'none'; style-src 'nonce-[\w+/=-]{16,}'; script-src 'nonce-[\w+/=-]{16,}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'$/,
    )
    expect(page.body)
      .to.include('<strong>Notes</strong> asks to sign you in')
      .and.include('<a href="/notes">Back to the application</a>')
      .and.not.match(/<(?:img|link|iframe|script[^>]* src)/)
  })

  it('is a page that loads itself with ?shown, so that it begins nothing after the end', async () => {
    await start()
    const page = await app.open(browser, '?next=%2Fnotes')
    const reload = /http-equiv="refresh" content="5; url=([^"]+)"/
      .exec(page.body)?.[1]
      ?.replaceAll('&amp;', '&')
    expect(reload).to.equal(`?next=%2Fnotes&shown=${xai.userCode(0)}`)
    xai.token = xai.approve()
    mock.timers.tick(5000)
    expect((await app.open(browser, reload)).body).to.include('"outcome":"success"')
    const ended = await app.open(browser, reload)
    expect(ended.status).to.equal(200)
    expect(ended.body)
      .to.include('<h1 tabindex="-1">This code has ended</h1>')
      .and.include('<form method="post" action="?next=%2Fnotes&amp;restart">')
      .and.not.include('http-equiv="refresh"')
    expect(xai.beginnings).to.have.lengthOf(1)
  })

  it('keeps other parameters, and never its own, in what a page asks', async () => {
    await start()
    const { body } = await browser.post(app.at('?a=1&restart&shown=OLD&b=%26%22'), {})
    expect(body).to.include('url=?a=1&amp;b=%26%22&amp;shown=')
    expect(body).to.include('action="?a=1&amp;b=%26%22&amp;restart"')
    expect(body).not.to.include('OLD')
  })

  for (const mount of ['/', '/a/deep/mount'])
    it(`leads back to the route alone where the router is mounted at ${mount}`, async () => {
      await start({ mount })
      const { body, url } = await app.open(browser)
      const addresses = [...body.matchAll(/(?:action|href|url)="?=?"?(\?[^"]*)"/g)].map(
        ([, address]) => `${address}`,
      )
      expect(addresses)
        .to.include(`?shown=${xai.userCode(0)}`)
        .and.include('?restart')
      for (const address of addresses)
        expect(new URL(address, url).pathname).to.equal(new URL(app.at()).pathname)
      expect(await app.ask(browser, `?shown=${xai.userCode(0)}`)).to.include({ status: 'pending' })
    })

  const ownPages: ReadonlyArray<readonly [how: string, page: (pending: object) => unknown]> = [
    ['returns', (pending) => `<p>${JSON.stringify(pending)}</p>`],
    ['promises', async (pending) => `<p>${JSON.stringify(pending)}</p>`],
  ]
  for (const [how, page] of ownPages)
    it(`is the HTML that the application’s own function ${how}`, async () => {
      await start({ strategy: { page: page as never } })
      const response = await app.open(browser)
      expect(response.headers).to.include({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': "base-uri 'none'; frame-ancestors 'none'",
      })
      expect(JSON.parse(response.body.slice(3, -4))).to.deep.equal({
        status: 'pending',
        user_code: xai.userCode(0),
        verification_uri: `${xai.issuer}/device`,
        verification_uri_complete: `${xai.issuer}/device?user_code=${xai.userCode(0)}`,
        expires_in: 900,
        interval: 5,
      })
      expect((await app.ask(browser)).status).to.equal('pending')
    })

  it('gives the application’s own function the request', async () => {
    await start({ strategy: { page: (_pending, req) => `at ${req.url}` } })
    expect((await app.open(browser, '?a=1')).body).to.equal('at /connect?a=1')
  })

  it('leaves a policy of the application’s own on its own page', async () => {
    const extend: DeviceApplicationOptions['extend'] = (express) =>
      express.use((_req, res, next) => {
        res.set('content-security-policy', "default-src 'self'")
        next()
      })
    await start({ extend, strategy: { page: () => '' } })
    expect((await app.open(browser)).headers['content-security-policy']).to.equal("default-src 'self'")
  })

  const wrongPages: ReadonlyArray<readonly [how: string, page: () => unknown, message: RegExp]> = [
    [
      'throws',
      () => {
        throw new Error('no template')
      },
      /no template/,
    ],
    [
      'rejects',
      async () => {
        throw new Error('no template')
      },
      /no template/,
    ],
    ['returns nothing', () => undefined, /XaiDeviceStrategy: page returned no string; return HTML/],
    ['returns bytes', () => Buffer.from('x'), /XaiDeviceStrategy: page returned no string; return HTML/],
  ]
  for (const [how, page, message] of wrongPages)
    it(`is an error when the application’s own function ${how}, and the sign-in stays`, async () => {
      await start({ strategy: { page: page as never } })
      const { status, body } = await app.open(browser)
      expect(status).to.equal(500)
      expect(JSON.parse(body).error.message).to.match(message)
      expect(await app.ask(browser)).to.include({ user_code: xai.userCode(0) })
      expect(xai.beginnings).to.have.lengthOf(1)
    })

  it('is the library’s page once it has ended, also for an application with a page of its own', async () => {
    await start({ strategy: { page: () => 'own' } })
    expect((await app.open(browser, '?shown=OLD')).body).to.include('This code has ended')
  })

  it('leads from the library’s page, once it has ended, to where the pages of the application begin', async () => {
    await start({ strategy: { page: { homeURL: '/notes' } } })
    expect((await app.open(browser, '?shown=OLD')).body).to.include('href="/notes"')
  })

  it('is a page of the application’s own also where a response cannot read its headers', async () => {
    const strategy = new XaiDeviceStrategy(
      { clientID: 'app', issuer: xai.issuer, page: () => 'own' },
      async ({ profile }) => profile,
    )
    const body = await new Promise((end) => {
      const res = { setHeader: () => undefined, end }
      void act(strategy, { session: {}, res } as unknown as Request).then(end)
    })
    expect(body).to.equal('own')
  })

  it('names no complete address when xAI gives none', async () => {
    await start()
    xai.issue = { verification_uri_complete: undefined }
    expect(await app.ask(browser)).not.to.have.property('verification_uri_complete')
    const { body } = await app.open(browser)
    expect(body).to.include(`class="button primary wide" href="${xai.issuer}/device"`)
  })

  it('shows a foreign address to nobody', async () => {
    await start()
    for (const address of ['https://evil.example/device', 'javascript:alert(1)']) {
      xai.issue = { verification_uri: address }
      const { status, body } = await app.open(browser)
      expect(status).to.equal(502)
      expect(body).not.to.include('evil').and.not.include('alert')
      expect(JSON.parse(body).error.code).to.equal('xai_device_authorization_failed')
    }
    expect(xai.questions).to.be.empty
  })

  const bare: ReadonlyArray<readonly [what: string, parts: object]> = [
    ['no response', {}],
    ['a response that is null', { res: null }],
    ['a response that cannot set headers', { res: { end: () => undefined } }],
    ['a response that cannot end', { res: { setHeader: () => undefined } }],
  ]
  for (const [what, parts] of bare)
    it(`is an error that says what to write where the request has ${what}, and nothing is sent`, async () => {
      const strategy = new XaiDeviceStrategy(
        { clientID: 'app', issuer: xai.issuer },
        async ({ profile }) => profile,
      )
      const request = { session: {}, url: '/', ...parts } as unknown as Request
      const { kind, value } = await act(strategy, request)
      expect(kind).to.equal('error')
      expect(value)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.matches(
          /^XaiDeviceStrategy: the request has no response; .*req\.res = res \(docs\/frameworks\.md/,
        )
      expect(xai.beginnings).to.be.empty
    })

  it('is an error that names the session where there is none, and nothing is sent', async () => {
    await start({ session: false })
    const response = await app.open(browser)
    expect(response.status).to.equal(500)
    expect(JSON.parse(response.body).error.message).to.include('the request has no session')
    expect(xai.beginnings).to.be.empty
  })

  it('is sent although the browser is told to wait by the server’s word, and not by its own', async () => {
    await start()
    await app.ask(browser)
    xai.token = refusal('slow_down')
    mock.timers.tick(5000)
    expect((await app.open(browser)).body).to.include('content="10; url=')
  })
})

import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { type ClientResponse, CookieClient, formAction } from '../support/browserless-client.js'
import { callbackURL, RelyingParty } from './relying-party.js'

const isCallback = (location: string): boolean => location.startsWith(callbackURL)

const parametersOf = ({ headers }: ClientResponse): URLSearchParams =>
  new URL(`${headers.location}`).searchParams

describe('the pages of the emulator', () => {
  let emulator: Emulator
  let application: RelyingParty
  before(async () => {
    emulator = await startEmulator({
      clients: [{ clientID: 'emulator-public', name: 'Tom & <Jerry>' }, { clientID: 'nameless' }],
    })
  })
  after(() => emulator.close())
  beforeEach(() => {
    application = new RelyingParty(emulator)
  })

  it('offer every account, under a strict policy and without anything from elsewhere', async () => {
    const page = await application.browser.open(application.authorizationURL())
    expect(page.status).to.equal(200)
    expect(page.body).to.contain('<html lang="en">').and.contain('>Choose an account</h1>')
    expect(page.body).to.contain('This is not xAI').and.contain('Tom &amp; &lt;Jerry&gt;')
    for (const id of ['personal', 'free', 'team'])
      expect(formAction(page, 'account', id)).to.match(new RegExp(`^${emulator.issuer}/sign-in/`))
    expect(page.headers['content-security-policy']).to.match(
      /^default-src 'none'; style-src 'nonce-[\w-]+'; form/,
    )
    expect(page.headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    expect(page.body).not.to.match(/<script| style=| onclick=|https:\/\//)
  })

  it('ask for consent to what the application wants', async () => {
    const accounts = await application.browser.open(
      application.authorizationURL({ scope: 'openid profile unheard:of' }),
    )
    const consent = await application.browser.click(accounts, 'account', 'personal')
    expect(consent.body).to.contain('>Allow access?</h1>').and.contain('Personal Account')
    expect(consent.body).to.contain('<strong>Tom &amp; &lt;Jerry&gt;</strong> asks for access')
    expect(consent.body).to.contain('See your name and picture')
    expect(consent.body.replaceAll('<wbr>', '')).to.contain(callbackURL)
    expect(consent.body).not.to.contain('See your e-mail address').and.not.contain('unheard:of')
  })

  it('name a nameless application by its client id', async () => {
    const page = await application.browser.open(application.authorizationURL({ client_id: 'nameless' }))
    expect(page.body).to.contain('<strong>nameless</strong>')
  })

  it('deliver that the person declined', async () => {
    const callback = await application.signIn('personal', {}, { decision: 'deny' })
    expect(callback.get('error')).to.equal('access_denied')
    expect(callback.get('error_description')).to.be.a('string')
    expect(callback.get('state')).to.equal('the-state')
    expect([...callback.keys()]).not.to.include.any.members(['code', 'iss'])
  })

  it('let a person change their mind about the account', async () => {
    const { browser } = application
    const accounts = await browser.open(application.authorizationURL())
    const consent = await browser.click(accounts, 'account', 'team')
    const [, link = ''] = /<a href="([^"]*)">Use another account/.exec(consent.body) ?? []
    const again = await browser.get(new URL(link, consent.url).href)
    const response = await browser.click(
      await browser.click(again, 'account', 'personal'),
      'decision',
      'allow',
      isCallback,
    )
    const { json } = await application.exchange(parametersOf(response))
    expect(json).to.have.property('id_token')
  })

  it('send a person whose address names no account to the first page', async () => {
    const page = await application.browser.open(application.authorizationURL())
    const again = await application.browser.open(`${page.url}?account=stranger`)
    expect(again.body).to.contain('Choose an account')
    const { headers } = await application.browser.post(`${page.url}?account=stranger`, { decision: 'allow' })
    expect(headers).not.to.have.property('location')
  })

  it('offer the accounts again when an unknown one is chosen', async () => {
    const page = await application.browser.open(application.authorizationURL())
    const again = await application.browser.post(page.url, { account: 'stranger' })
    expect(again).to.include({ status: 200 })
    expect(again.body).to.contain('Choose an account')
    const empty = await application.browser.send(page.url, { method: 'POST' })
    expect(empty.body).to.contain('Choose an account')
  })

  it('take an empty response to the question of consent as no', async () => {
    const accounts = await application.browser.open(application.authorizationURL())
    const consent = await application.browser.click(accounts, 'account', 'personal')
    const posted = await application.browser.send(consent.url, { method: 'POST' })
    expect(parametersOf(await application.browser.follow(posted, isCallback)).get('error')).to.equal(
      'access_denied',
    )
  })

  it('begin every sign-in anew', async () => {
    await application.signIn('personal')
    const page = await application.browser.open(application.authorizationURL())
    expect(page.body).to.contain('Choose an account')
  })

  it('serve several tabs of one browser, which finish in another order', async () => {
    const { browser } = application
    const first = await browser.open(application.authorizationURL({ state: 'first' }))
    const second = await browser.open(application.authorizationURL({ state: 'second' }))
    const callbacks = []
    for (const [page, account] of [
      [second, 'team'],
      [first, 'personal'],
    ] as const) {
      const consent = await browser.click(page, 'account', account)
      callbacks.push(parametersOf(await browser.click(consent, 'decision', 'allow', isCallback)))
    }
    expect(callbacks.map((callback) => callback.get('state'))).to.deep.equal(['second', 'first'])
    const responses = await Promise.all(callbacks.map((callback) => application.exchange(callback)))
    expect(responses.map(({ status, json }) => [status, 'id_token' in json])).to.deep.equal([
      [200, false],
      [200, true],
    ])
  })

  it('name their cookies so that no application has the same', async () => {
    const { headers } = await application.browser.get(application.authorizationURL())
    for (const cookie of headers['set-cookie'] ?? [])
      expect(cookie).to.match(
        /^xai_emulator_(interaction|resume)=.*path=\/(sign-in|oauth2\/authorize)\/.+httponly/,
      )
    expect(headers['set-cookie']).to.have.lengthOf(2)
  })

  it('refuse the sign-in of another browser, which goes on in its own', async () => {
    const page = await application.browser.open(application.authorizationURL())
    const stranger = await new CookieClient().get(page.url)
    expect(stranger).to.include({ status: 400 })
    expect(stranger.body).to.contain('another browser began it').and.not.to.contain('<form')
    expect((await application.browser.get(page.url)).status).to.equal(200)
  })

  it('refuse a decision that another browser wants to complete', async () => {
    const page = await application.browser.open(application.authorizationURL())
    const resume = page.url.replace('/sign-in/', '/oauth2/authorize/')
    const stranger = await new CookieClient().get(resume)
    expect(stranger.status).to.equal(400)
    expect(stranger.headers).not.to.have.property('location')
  })

  it('refuse a sign-in that has ended', async () => {
    const { browser } = application
    const page = await browser.open(application.authorizationURL())
    const consent = await browser.click(page, 'account', 'personal')
    await browser.click(consent, 'decision', 'allow', isCallback)
    expect((await browser.get(consent.url)).status).to.equal(400)
  })

  it('serve a picture of every account, and of nobody else', async () => {
    const picture = await application.browser.get(`${emulator.issuer}/pictures/personal.svg`)
    expect(picture).to.include({ status: 200 })
    expect(picture.headers['content-type']).to.match(/^image\/svg\+xml/)
    expect(picture.body).to.match(/^<svg .*>P<\/text>/s)
    expect((await application.browser.get(`${emulator.issuer}/pictures/stranger.svg`)).status).to.equal(404)
  })
})

describe('the authorization endpoint of the emulator', () => {
  let emulator: Emulator
  let application: RelyingParty
  before(async () => {
    emulator = await startEmulator()
  })
  after(() => emulator.close())
  beforeEach(() => {
    application = new RelyingParty(emulator)
  })

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
      const page = await application.browser.get(application.authorizationURL(changes))
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
        const url = application.authorizationURL({ client_id: emulator[client].clientID, ...changes })
        const parameters = parametersOf(await application.browser.get(url))
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
      const callback = await application.signIn('personal', { redirect_uri: redirectURI })
      const { status } = await application.exchange(callback, { redirect_uri: redirectURI })
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
    const callback = await application.signIn('personal', { ...ignored, id_token_hint: 'x', claims: '{}' })
    expect(callback.get('code')).to.be.a('string')
  })

  it('ignores a nonce without openid', async () => {
    expect((await application.signIn('personal', { scope: 'profile' })).get('code')).to.be.a('string')
  })

  it('takes its parameters as a form too (OpenID Connect Core §3.1.2.1)', async () => {
    const { browser } = application
    const { origin, pathname, searchParams } = new URL(application.authorizationURL())
    const accounts = await browser.follow(await browser.post(origin + pathname, searchParams))
    expect(accounts.body).to.contain('Choose an account')
    const consent = await browser.click(accounts, 'account', 'personal')
    const callback = parametersOf(await browser.click(consent, 'decision', 'allow', isCallback))
    expect((await application.exchange(callback)).status).to.equal(200)
    const mixed = await browser.post(application.authorizationURL(), { client_id: 'emulator-public' })
    expect(mixed).to.include({ status: 400 })
    expect(mixed.body).to.contain('response_type')
  })

  it('refuses a repeated parameter', async () => {
    const url = `${application.authorizationURL()}&state=another`
    const callback = parametersOf(await application.browser.get(url))
    expect(callback.get('error')).to.equal('invalid_request')
    expect(callback.has('code')).to.equal(false)
  })

  it('denies a request without a scope', async () => {
    const callback = await application.signIn('personal', { scope: undefined })
    expect(callback.get('error')).to.equal('access_denied')
  })
})

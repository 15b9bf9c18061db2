import { expect } from 'chai'
import { type ClientResponse, CookieClient, formAction } from '../support/browserless-client.js'
import { callbackURL, useEmulator } from './relying-party.js'

const isCallback = (location: string): boolean => location.startsWith(callbackURL)

const parametersOf = ({ headers }: ClientResponse): URLSearchParams =>
  new URL(`${headers.location}`).searchParams

describe('the pages of the emulator', () => {
  const given = useEmulator({
    clients: [{ clientID: 'emulator-public', name: 'Tom & <Jerry>' }, { clientID: 'nameless' }],
  })

  it('offer every account, under a strict policy and without anything from elsewhere', async () => {
    const page = await given.application.browser.open(given.application.authorizationURL())
    expect(page.status).to.equal(200)
    expect(page.body).to.contain('<html lang="en">').and.contain('>Choose an account</h1>')
    expect(page.body).to.contain('This is not xAI').and.contain('Tom &amp; &lt;Jerry&gt;')
    for (const id of ['personal', 'free', 'team'])
      expect(formAction(page, 'account', id)).to.match(new RegExp(`^${given.emulator.issuer}/sign-in/`))
    expect(page.headers['content-security-policy']).to.match(
      /^default-src 'none'; style-src 'nonce-[\w-]+'; form/,
    )
    expect(page.headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    expect(page.body).not.to.match(/<script| style=| onclick=|https:\/\//)
  })

  it('ask for consent to what the application wants', async () => {
    const accounts = await given.application.browser.open(
      given.application.authorizationURL({ scope: 'openid profile unheard:of' }),
    )
    const consent = await given.application.browser.click(accounts, 'account', 'personal')
    expect(consent.body).to.contain('>Allow access?</h1>').and.contain('Personal Account')
    expect(consent.body).to.contain('<strong>Tom &amp; &lt;Jerry&gt;</strong> asks for access')
    expect(consent.body).to.contain('See your name and picture')
    expect(consent.body.replaceAll('<wbr>', '')).to.contain(callbackURL)
    expect(consent.body).not.to.contain('See your e-mail address').and.not.contain('unheard:of')
  })

  it('name a nameless application by its client id', async () => {
    const page = await given.application.browser.open(
      given.application.authorizationURL({ client_id: 'nameless' }),
    )
    expect(page.body).to.contain('<strong>nameless</strong>')
  })

  it('deliver that the person declined', async () => {
    const callback = await given.application.signIn('personal', {}, { decision: 'deny' })
    expect(callback.get('error')).to.equal('access_denied')
    expect(callback.get('error_description')).to.be.a('string')
    expect(callback.get('state')).to.equal('the-state')
    expect([...callback.keys()]).not.to.include.any.members(['code', 'iss'])
  })

  it('let a person change their mind about the account', async () => {
    const { browser } = given.application
    const accounts = await browser.open(given.application.authorizationURL())
    const consent = await browser.click(accounts, 'account', 'team')
    const [, link = ''] = /<a href="([^"]*)">Use another account/.exec(consent.body) ?? []
    const again = await browser.get(new URL(link, consent.url).href)
    const response = await browser.click(
      await browser.click(again, 'account', 'personal'),
      'decision',
      'allow',
      isCallback,
    )
    const { json } = await given.application.exchange(parametersOf(response))
    expect(json).to.have.property('id_token')
  })

  it('send a person whose address names no account to the first page', async () => {
    const page = await given.application.browser.open(given.application.authorizationURL())
    const again = await given.application.browser.open(`${page.url}?account=stranger`)
    expect(again.body).to.contain('Choose an account')
    const { headers } = await given.application.browser.post(`${page.url}?account=stranger`, {
      decision: 'allow',
    })
    expect(headers).not.to.have.property('location')
  })

  it('offer the accounts again when an unknown one is chosen', async () => {
    const page = await given.application.browser.open(given.application.authorizationURL())
    const again = await given.application.browser.post(page.url, { account: 'stranger' })
    expect(again).to.include({ status: 200 })
    expect(again.body).to.contain('Choose an account')
    const empty = await given.application.browser.send(page.url, { method: 'POST' })
    expect(empty.body).to.contain('Choose an account')
  })

  it('take an empty response to the question of consent as no', async () => {
    const accounts = await given.application.browser.open(given.application.authorizationURL())
    const consent = await given.application.browser.click(accounts, 'account', 'personal')
    const posted = await given.application.browser.send(consent.url, { method: 'POST' })
    expect(parametersOf(await given.application.browser.follow(posted, isCallback)).get('error')).to.equal(
      'access_denied',
    )
  })

  it('begin every sign-in anew', async () => {
    await given.application.signIn('personal')
    const page = await given.application.browser.open(given.application.authorizationURL())
    expect(page.body).to.contain('Choose an account')
  })

  it('serve several tabs of one browser, which finish in another order', async () => {
    const { browser } = given.application
    const first = await browser.open(given.application.authorizationURL({ state: 'first' }))
    const second = await browser.open(given.application.authorizationURL({ state: 'second' }))
    const callbacks = []
    for (const [page, account] of [
      [second, 'team'],
      [first, 'personal'],
    ] as const) {
      const consent = await browser.click(page, 'account', account)
      callbacks.push(parametersOf(await browser.click(consent, 'decision', 'allow', isCallback)))
    }
    expect(callbacks.map((callback) => callback.get('state'))).to.deep.equal(['second', 'first'])
    const responses = await Promise.all(callbacks.map((callback) => given.application.exchange(callback)))
    expect(responses.map(({ status, json }) => [status, 'id_token' in json])).to.deep.equal([
      [200, false],
      [200, true],
    ])
  })

  it('name their cookies so that no application has the same', async () => {
    const { headers } = await given.application.browser.get(given.application.authorizationURL())
    for (const cookie of headers['set-cookie'] ?? [])
      expect(cookie).to.match(
        /^xai_emulator_(interaction|resume)=.*path=\/(sign-in|oauth2\/authorize)\/.+httponly/,
      )
    expect(headers['set-cookie']).to.have.lengthOf(2)
  })

  it('refuse the sign-in of another browser, which goes on in its own', async () => {
    const page = await given.application.browser.open(given.application.authorizationURL())
    const stranger = await new CookieClient().get(page.url)
    expect(stranger).to.include({ status: 400 })
    expect(stranger.body).to.contain('another browser began it').and.not.to.contain('<form')
    expect((await given.application.browser.get(page.url)).status).to.equal(200)
  })

  it('refuse a decision that another browser wants to complete', async () => {
    const page = await given.application.browser.open(given.application.authorizationURL())
    const resume = page.url.replace('/sign-in/', '/oauth2/authorize/')
    const stranger = await new CookieClient().get(resume)
    expect(stranger.status).to.equal(400)
    expect(stranger.headers).not.to.have.property('location')
  })

  it('refuse a sign-in that has ended', async () => {
    const { browser } = given.application
    const page = await browser.open(given.application.authorizationURL())
    const consent = await browser.click(page, 'account', 'personal')
    await browser.click(consent, 'decision', 'allow', isCallback)
    expect((await browser.get(consent.url)).status).to.equal(400)
  })

  it('serve a picture of every account, and of nobody else', async () => {
    const picture = await given.application.browser.get(`${given.emulator.issuer}/pictures/personal.svg`)
    expect(picture).to.include({ status: 200 })
    expect(picture.headers['content-type']).to.match(/^image\/svg\+xml/)
    expect(picture.body).to.match(/^<svg .*>P<\/text>/s)
    expect(
      (await given.application.browser.get(`${given.emulator.issuer}/pictures/stranger.svg`)).status,
    ).to.equal(404)
  })
})

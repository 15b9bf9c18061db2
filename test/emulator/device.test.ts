import { mock } from 'node:test'
import { expect } from 'chai'
import { defaultAccounts, startEmulator } from '../../lib/emulator/index.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { claimsOf, type JSONResponse, RelyingParty, useEmulator } from './relying-party.js'

const isRefused = ({ status, json }: JSONResponse, error: string, description?: string): void => {
  expect(status).to.equal(400)
  expect(json).to.have.all.keys('error', 'error_description').and.include({ error })
  if (description !== undefined) expect(json).to.include({ error_description: description })
}

describe('a device sign-in at the emulator', () => {
  const given = useEmulator({
    clients: [
      { clientID: 'emulator-public', name: 'Tom & <Jerry>' },
      { clientID: 'other', clientSecret: 'secret' },
    ],
  })
  afterEach(() => mock.timers.reset())

  it('begins with a code for the person and one for the device', async () => {
    const { status, headers, json } = await given.application.beginDevice()
    expect(status).to.equal(200)
    expect(headers).to.include({ 'cache-control': 'no-store' })
    expect(json.user_code).to.match(/^[A-Z]{4}-[A-Z]{4}$/)
    expect(json.device_code).to.match(/^[\w-]{43}$/)
    expect(json).to.deep.include({
      verification_uri: `${given.emulator.issuer}/oauth2/device`,
      verification_uri_complete: `${given.emulator.issuer}/oauth2/device?user_code=${json.user_code}`,
      expires_in: 900,
      interval: 5,
    })
    expect(Object.keys(json)).to.have.lengthOf(6)
  })

  it('names the host of the issuer, whatever the Host header says', async () => {
    const form = { client_id: 'emulator-public', scope: 'openid' }
    const { json } = await given.application.post('/oauth2/device/code', form, { host: 'attacker.example' })
    expect(json.verification_uri).to.equal(`${given.emulator.issuer}/oauth2/device`)
  })

  it('ends with the tokens of whoever approved it, once', async () => {
    const { json: begun } = await given.application.beginDevice()
    await given.emulator.decide(`${begun.user_code}`, { as: 'personal' })
    const { status, json } = await given.application.poll(begun.device_code)
    expect(status).to.equal(200)
    expect(json).to.include({ token_type: 'Bearer', scope: 'openid profile email offline_access' })
    expect(claimsOf(`${json.id_token}`)).to.include({ sub: defaultAccounts[0]?.sub, aud: 'emulator-public' })
    expect(claimsOf(`${json.id_token}`)).not.to.have.property('nonce')
    expect((await given.application.userinfo(`${json.access_token}`)).json).to.include({
      name: 'Personal Account',
    })
    expect((await given.application.refresh(`${json.refresh_token}`)).status).to.equal(200)
    isRefused(await given.application.poll(begun.device_code), 'invalid_grant')
  })

  it('gives the tokens to one of two polls that come at once', async () => {
    const { json } = await given.application.beginDevice()
    await given.emulator.decide(`${json.user_code}`)
    const responses = await Promise.all([
      given.application.poll(json.device_code),
      given.application.poll(json.device_code),
    ])
    expect(responses.map(({ status }) => status)).to.have.members([200, 400])
  })

  it('gives a Team no id_token', async () => {
    const { json: begun } = await given.application.beginDevice()
    await given.emulator.decide(`${begun.user_code}`, { as: 'team' })
    const { status, json } = await given.application.poll(begun.device_code)
    expect(status).to.equal(200)
    expect(json).to.include({ scope: 'profile offline_access' }).and.not.to.have.property('id_token')
    expect(claimsOf(`${json.access_token}`)).to.include({ principal_type: 'Team' })
  })

  it('refuses an account whose tier is denied with 403', async () => {
    const { json: begun } = await given.application.beginDevice()
    await given.emulator.decide(`${begun.user_code}`, { as: 'free' })
    const { status, json } = await given.application.poll(begun.device_code)
    expect({ status, error: json.error }).to.deep.equal({ status: 403, error: 'not_entitled' })
  })

  it('refuses team:read to a User', async () => {
    const { json } = await given.application.beginDevice({ scope: 'openid team:read' })
    await given.emulator.decide(`${json.user_code}`, { as: 'personal' })
    isRefused(await given.application.poll(json.device_code), 'invalid_scope')
  })

  for (const [deny, error] of [
    [true, 'access_denied'],
    ['authorization_denied', 'authorization_denied'],
  ] as const)
    it(`ends with ${error} when the person denies it`, async () => {
      const { json } = await given.application.beginDevice()
      await given.emulator.decide(`${json.verification_uri_complete}`, { deny })
      isRefused(await given.application.poll(json.device_code), error)
      isRefused(await given.application.poll(json.device_code), 'invalid_grant')
    })

  it('asks to wait while nobody has decided, and 5 seconds more after each poll that comes too soon', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const { json } = await given.application.beginDevice()
    isRefused(
      await given.application.poll(json.device_code),
      'authorization_pending',
      'User has not yet authorized',
    )
    mock.timers.tick(5_000)
    isRefused(await given.application.poll(json.device_code), 'authorization_pending')
    mock.timers.tick(4_000)
    isRefused(await given.application.poll(json.device_code), 'slow_down')
    mock.timers.tick(9_000)
    isRefused(await given.application.poll(json.device_code), 'slow_down')
    mock.timers.tick(15_000)
    isRefused(await given.application.poll(json.device_code), 'authorization_pending')
    await given.emulator.decide(`${json.user_code}`)
    expect((await given.application.poll(json.device_code)).status).to.equal(200)
  })

  it('keeps the pauses when keys are rotated', async () => {
    const { json } = await given.application.beginDevice()
    isRefused(await given.application.poll(json.device_code), 'authorization_pending')
    await given.emulator.rotateKeys()
    isRefused(await given.application.poll(json.device_code), 'slow_down')
    await given.emulator.decide(`${json.user_code}`)
    expect((await given.application.poll(json.device_code)).status).to.equal(200)
  })

  it('expires', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const { json } = await given.application.beginDevice()
    mock.timers.tick(900_000)
    isRefused(await given.application.poll(json.device_code), 'expired_token')
    const page = await given.application.browser.get(`${json.verification_uri_complete}`)
    expect(page).to.include({ status: 400 })
    expect(page.body).to.contain('This code has expired.').and.not.contain('name="account"')
  })

  it('refuses an unknown client, at the beginning and at every poll', async () => {
    const stranger = { client_id: 'stranger' }
    const { json } = await given.application.beginDevice()
    isRefused(await given.application.beginDevice(stranger), 'invalid_client', 'Unknown or disabled client')
    isRefused(
      await given.application.poll(json.device_code, stranger),
      'invalid_client',
      'Unknown or disabled client',
    )
  })

  it('refuses an unknown code, no code, and the code of another client', async () => {
    const { json } = await given.application.beginDevice()
    await given.emulator.decide(`${json.user_code}`)
    isRefused(await given.application.poll('unknown'), 'invalid_grant')
    isRefused(await given.application.poll(undefined), 'invalid_request')
    const other = { client_id: 'other', client_secret: 'secret' }
    isRefused(await given.application.poll(json.device_code, other), 'invalid_grant')
    expect((await given.application.poll(json.device_code)).status).to.equal(200)
  })

  it('refuses a body that is JSON', async () => {
    const { status } = await given.application.post(
      '/oauth2/device/code',
      {},
      { 'content-type': 'application/json' },
    )
    expect(status).to.equal(400)
  })

  describe('on its pages', () => {
    const open = async (): Promise<{ begun: Record<string, string>; page: ClientResponse }> => {
      const { json: begun } = await given.application.beginDevice()
      return { begun, page: await given.application.browser.get(`${begun.verification_uri_complete}`) }
    }

    it('is approved', async () => {
      const { browser } = given.application
      const { begun, page } = await open()
      expect(page.body).to.contain('>Choose an account</h1>').and.contain('Tom &amp; &lt;Jerry&gt;')
      expect(page.body).to.contain(`<strong class="whole">${begun.user_code}</strong>`)
      const consent = await browser.click(page, 'account', 'personal')
      expect(consent.body).to.contain('Personal Account').and.contain('Stay signed in while you are away')
      expect(consent.body).to.contain(`<strong class="whole">${begun.user_code}</strong>`)
      const end = await browser.click(consent, 'decision', 'allow')
      expect(end.body).to.contain('>Your device is signed in</h1>').and.not.contain('<form')
      expect((await given.application.poll(begun.device_code)).status).to.equal(200)
    })

    it('is denied', async () => {
      const { begun, page } = await open()
      const consent = await given.application.browser.click(page, 'account', 'personal')
      const end = await given.application.browser.click(consent, 'decision', 'deny')
      expect(end.body).to.contain('>Access was denied</h1>')
      isRefused(await given.application.poll(begun.device_code), 'access_denied')
    })

    it('is decided once, also when the last page is sent again', async () => {
      const { begun, page } = await open()
      const consent = await given.application.browser.click(page, 'account', 'personal')
      await given.application.browser.click(consent, 'decision', 'deny')
      const again = await given.application.browser.click(consent, 'decision', 'allow')
      expect(again).to.include({ status: 400 })
      expect(again.body).to.contain('This code has been used.')
      isRefused(await given.application.poll(begun.device_code), 'access_denied')
    })

    it('asks for the code, in capitals or not, with a hyphen or without', async () => {
      const { begun } = await open()
      const form = await given.application.browser.open(`${given.emulator.issuer}/device`)
      expect(form.url).to.equal(`${given.emulator.issuer}/oauth2/device`)
      expect(form.body)
        .to.contain('<form method="get" action="/oauth2/device">')
        .and.contain('name="user_code"')
      const typed = `${begun.user_code}`.toLowerCase().replace('-', ' ')
      const page = await given.application.browser.get(
        `${form.url}?${new URLSearchParams({ user_code: typed })}`,
      )
      expect(page.body).to.contain(`<strong class="whole">${begun.user_code}</strong>`)
    })

    for (const [what, userCode] of [
      ['that is unknown', 'BCDF-GHJK'],
      ['that is markup', '"><script>alert(1)</script>'],
    ] as const)
      it(`asks again for a code ${what}`, async () => {
        const url = `${given.emulator.issuer}/oauth2/device?${new URLSearchParams({ user_code: userCode })}`
        const page = await given.application.browser.get(url)
        expect(page).to.include({ status: 400 })
        expect(page.body).to.contain('Nobody was given this code.').and.not.contain('<script')
      })

    it('asks for the account again when an unknown one is chosen', async () => {
      const { begun, page } = await open()
      const again = await given.application.browser.post(page.url, { account: 'stranger' })
      expect(again.body).to.contain('>Choose an account</h1>')
      isRefused(await given.application.poll(begun.device_code), 'authorization_pending')
    })
  })
})

describe('the option deviceFlow', () => {
  it('switches the grant off: 404, and nothing of it in the discovery document', async () => {
    const emulator = await startEmulator({ deviceFlow: 'off' })
    const application = new RelyingParty(emulator)
    const { browser } = application
    const begun = await browser.post(`${emulator.issuer}/oauth2/device/code`, {
      client_id: 'emulator-public',
    })
    const page = await browser.get(`${emulator.issuer}/oauth2/device`)
    const polled = await application.poll('any')
    const discovery = await browser.get(`${emulator.issuer}/.well-known/openid-configuration`)
    const decided = await emulator.decide('BCDF-GHJK').catch((error: Error) => error.message)
    await emulator.close()
    expect([begun.status, page.status]).to.deep.equal([404, 404])
    isRefused(polled, 'unsupported_grant_type')
    expect(discovery.body).not.to.contain('device')
    expect(decided).to.equal('decide: the device authorization grant is switched off')
    for (const path of ['/oauth2/device/code', '/oauth2/device'])
      expect(() => emulator.misbehaveOnce({ path })).to.throw(
        TypeError,
        `misbehaveOnce: there is nothing at the path ${path}; `,
      )
  })

  it('says how long to wait and how long the code is good for', async () => {
    const emulator = await startEmulator({ deviceFlow: { interval: 1, expiresIn: 60 } })
    const application = new RelyingParty(emulator)
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const { json } = await application.beginDevice()
    const polls = []
    for (const seconds of [0, 1, 60]) {
      mock.timers.tick(seconds * 1000)
      polls.push((await application.poll(json.device_code)).json.error)
    }
    mock.timers.reset()
    await emulator.close()
    expect(json).to.deep.include({ interval: 1, expires_in: 60 })
    expect(polls).to.deep.equal(['authorization_pending', 'authorization_pending', 'expired_token'])
  })
})

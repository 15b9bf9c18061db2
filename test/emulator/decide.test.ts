import { expect } from 'chai'
import { type EmulatorDecision, startEmulator } from '../../lib/emulator/index.js'
import { failureOf } from '../support/failure.js'
import { callbackURL, claimsOf, RelyingParty, useEmulator } from './relying-party.js'

describe('emulator.decide', () => {
  const given = useEmulator()

  const decide = async (decision?: EmulatorDecision, changes = {}): Promise<URL> =>
    new URL(`${await given.emulator.decide(given.application.authorizationURL(changes), decision)}`)

  it('resolves to the callback URL, with a code for the first account', async () => {
    const callback = await decide()
    expect(callback.origin + callback.pathname).to.equal(callbackURL)
    expect([...callback.searchParams.keys()]).to.have.members(['code', 'state'])
    const { status, json } = await given.application.exchange(callback.searchParams)
    expect(status).to.equal(200)
    expect(claimsOf(`${json.id_token}`)).to.include({
      email: 'personal@example.com',
      nonce: given.application.nonce,
    })
  })

  it('signs the account in that it names', async () => {
    const { searchParams } = await decide({ as: 'team' })
    const { json } = await given.application.exchange(searchParams)
    expect(claimsOf(`${json.access_token}`)).to.include({ principal_type: 'Team' })
  })

  it('takes a URL object, and a callback with a query', async () => {
    const redirectURI = 'http://localhost:1234/callback?tenant=one'
    const url = new URL(given.application.authorizationURL({ redirect_uri: redirectURI }))
    const callback = new URL(`${await given.emulator.decide(url)}`)
    expect(callback.searchParams.get('tenant')).to.equal('one')
    expect(
      (await given.application.exchange(callback.searchParams, { redirect_uri: redirectURI })).status,
    ).to.equal(200)
  })

  it('denies, and the callback says so', async () => {
    const { searchParams } = await decide({ deny: true })
    expect(searchParams.get('error')).to.equal('access_denied')
    expect(searchParams.get('state')).to.equal('the-state')
    expect(searchParams.has('code')).to.equal(false)
  })

  it('resolves to the callback URL with which the emulator refuses', async () => {
    const { searchParams } = await decide({}, { code_challenge: undefined, code_challenge_method: undefined })
    expect(searchParams.get('error')).to.equal('invalid_request')
    expect((await decide({}, { scope: 'openid team:read' })).searchParams.get('error')).to.equal(
      'invalid_scope',
    )
  })

  it('leaves one request in the log, and nothing of the decision', async () => {
    await decide({ as: 'team' })
    expect(given.emulator.requests.map(({ path, status }) => [path, status])).to.deep.equal([
      ['/oauth2/authorize', 303],
    ])
    expect(JSON.stringify(given.emulator.requests)).not.to.contain('team').and.not.contain('decision')
  })

  it('changes nothing for the next request, which has pages', async () => {
    await decide()
    expect((await given.application.browser.open(given.application.authorizationURL())).body).to.contain(
      'Choose an account',
    )
  })

  it('decides several requests at once', async () => {
    const callbacks = await Promise.all(
      ['personal', 'team', 'personal', 'team'].map((as) => decide({ as }, { nonce: undefined })),
    )
    const responses = await Promise.all(
      callbacks.map(({ searchParams }) => given.application.exchange(searchParams)),
    )
    expect(responses.map(({ json }) => 'id_token' in json)).to.deep.equal([true, false, true, false])
  })

  it('resolves to nothing for a device sign-in', async () => {
    const { json } = await given.application.beginDevice()
    expect(await given.emulator.decide(`${json.verification_uri_complete}`)).to.equal(undefined)
    expect((await given.application.poll(json.device_code)).status).to.equal(200)
  })

  const written: ReadonlyArray<
    readonly [how: string, write: (userCode: string, url: string) => string | URL]
  > = [
    ['a user code in lower case', (userCode) => userCode.toLowerCase()],
    ['a user code without its hyphen', (userCode) => userCode.replace('-', '')],
    ['a user code with blanks around it', (userCode) => `  ${userCode} `],
    ['a URL object of verification_uri_complete', (_userCode, url) => new URL(url)],
  ]
  for (const [how, write] of written)
    it(`takes ${how}`, async () => {
      const { json } = await given.application.beginDevice()
      await given.emulator.decide(write(`${json.user_code}`, `${json.verification_uri_complete}`))
      expect((await given.application.poll(json.device_code)).json).to.include.keys('access_token')
    })

  it('resolves to the callback URL where the emulator delivers by fetch, and to the account of signInAs', async () => {
    const other = await startEmulator({ loopbackDelivery: 'fetch', signInAs: 'team', issOnCallback: true })
    const relyingParty = new RelyingParty(other)
    const callback = new URL(`${await other.decide(relyingParty.authorizationURL())}`)
    const { json } = await relyingParty.exchange(callback.searchParams)
    await other.close()
    expect(callback.searchParams.get('iss')).to.equal(other.issuer)
    expect(claimsOf(`${json.access_token}`)).to.include({ principal_type: 'Team' })
  })

  it('rejects when the emulator would show an error page', async () => {
    const error = await failureOf(decide({}, { client_id: 'stranger' }))
    expect(error.message)
      .to.match(/^decide: the emulator refuses this authorization request \(HTTP 400\): /)
      .and.contain('Unknown or disabled client')
  })

  it('meets a fault that was ordered, as a browser would', async () => {
    given.emulator.misbehaveOnce({ path: '/oauth2/authorize', status: 503, body: 'down' })
    expect((await failureOf(decide())).message).to.contain('(HTTP 503): down')
    given.emulator.misbehaveOnce({ path: '/oauth2/authorize', status: 500, endless: true, body: 'endless ' })
    expect((await failureOf(decide())).message).to.match(/\(HTTP 500\): (endless ){250}$/)
    given.emulator.misbehaveOnce({ path: '/oauth2/authorize', cut: 'before-headers' })
    expect(await failureOf(decide())).to.include({ code: 'ECONNRESET' })
  })

  it('rejects for a code that was used, or that nobody was given', async () => {
    const { json } = await given.application.beginDevice()
    await given.emulator.decide(`${json.user_code}`)
    expect((await failureOf(given.emulator.decide(`${json.user_code}`))).message).to.equal(
      'decide: This code has been used.',
    )
    expect((await failureOf(given.emulator.decide('BCDF-GHJK'))).message).to.equal(
      'decide: Nobody was given this code.',
    )
  })

  const wrong: ReadonlyArray<readonly [what: string, url: () => string, decision: object, message: string]> =
    [
      [
        'a URL of another server',
        () => 'https://auth.x.ai/oauth2/authorize',
        {},
        'url must be an authorization URL of',
      ],
      [
        'another path',
        () => `${given.emulator.issuer}/oauth2/token`,
        {},
        'url must be an authorization URL of',
      ],
      ['a relative URL', () => '/connect', {}, 'url must be an authorization URL of'],
      ['nothing', () => undefined as unknown as string, {}, 'or a user code'],
      ['a device page without a code', () => `${given.emulator.issuer}/oauth2/device`, {}, 'or a user code'],
      [
        'an account that there is not',
        () => given.application.authorizationURL(),
        { as: 'nobody' },
        'personal, free, team',
      ],
      [
        'a misspelt decision',
        () => given.application.authorizationURL(),
        { denny: true },
        'there is no option denny; write deny',
      ],
      [
        'a denial that is not an error',
        () => given.application.authorizationURL(),
        { deny: 'no' },
        'deny must be true or false or',
      ],
      [
        'null',
        () => given.application.authorizationURL(),
        null as unknown as object,
        'options must be an object',
      ],
    ]
  for (const [what, url, decision, message] of wrong)
    it(`refuses ${what}, and asks nothing`, async () => {
      const error = await failureOf(given.emulator.decide(url(), decision))
      expect(error).to.be.instanceOf(TypeError)
      expect(error.message)
        .to.match(/^decide: /)
        .and.contain(message)
      expect(given.emulator.requests).to.be.empty
    })
})

import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { RelyingParty } from './relying-party.js'

describe('the token endpoint of the emulator', () => {
  let emulator: Emulator
  before(async () => {
    emulator = await startEmulator()
  })
  after(() => emulator.close())

  const refusals: ReadonlyArray<
    readonly [what: string, changes: Record<string, string | undefined>, status: number, response: object]
  > = [
    [
      'an exchange without the echo',
      { code_challenge: undefined, code_challenge_method: undefined },
      400,
      { error: 'invalid_request', error_description: 'code_challenge is required' },
    ],
    [
      'an empty challenge',
      { code_challenge: '' },
      400,
      { error: 'invalid_request', error_description: 'code_challenge is required' },
    ],
    [
      'an echo without its method',
      { code_challenge_method: undefined },
      400,
      { error: 'invalid_request', error_description: 'code_challenge_method must be S256' },
    ],
    [
      'the method plain',
      { code_challenge_method: 'plain' },
      400,
      { error: 'invalid_request', error_description: 'code_challenge_method must be S256' },
    ],
    [
      'a challenge that is not the one of the verifier',
      { code_challenge: 'x'.repeat(43) },
      400,
      { error: 'invalid_grant' },
    ],
    ['no verifier', { code_verifier: undefined }, 400, { error: 'invalid_grant' }],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:9/other' }, 400, { error: 'invalid_grant' }],
    ['an unknown code', { code: 'unknown' }, 400, { error: 'invalid_grant' }],
    ['another grant', { grant_type: 'password' }, 400, { error: 'unsupported_grant_type' }],
    [
      'an unknown client',
      { client_id: 'stranger' },
      400,
      { error: 'invalid_client', error_description: 'Unknown or disabled client' },
    ],
    ['a secret of a public client', { client_secret: 'invented' }, 401, { error: 'invalid_client' }],
    ['no client', { client_id: undefined }, 400, { error: 'invalid_request' }],
  ]
  for (const [what, changes, status, response] of refusals)
    it(`refuses ${what}`, async () => {
      const application = new RelyingParty(emulator)
      const refused = await application.exchange(await application.signIn(), changes)
      expect(refused.status).to.equal(status)
      expect(refused.headers['content-type']).to.match(/^application\/json/)
      expect(refused.json).to.include(response).and.not.to.have.property('access_token')
    })

  it('refuses a verifier that another challenge began with', async () => {
    const application = new RelyingParty(emulator)
    const { verifier, challenge } = new RelyingParty(emulator)
    const changes = { code_verifier: verifier, code_challenge: challenge }
    const { status, json } = await application.exchange(await application.signIn(), changes)
    expect(status).to.equal(400)
    expect(json).to.include({ error: 'invalid_grant' })
  })

  it('refuses an unknown client that authenticates by client_secret_basic', async () => {
    const application = new RelyingParty(emulator)
    const credentials = Buffer.from('str%25anger:secret').toString('base64')
    const { status, json } = await application.exchange(
      await application.signIn(),
      { client_id: undefined },
      { authorization: `Basic ${credentials}` },
    )
    expect(status).to.equal(400)
    expect(json).to.include({ error_description: 'Unknown or disabled client' })
  })

  it('refuses credentials that are none', async () => {
    const application = new RelyingParty(emulator)
    const callback = await application.signIn()
    const { status } = await application.exchange(
      callback,
      { client_id: undefined },
      { authorization: 'Basic' },
    )
    expect(status).to.equal(400)
  })

  it('refuses a code that was used', async () => {
    const application = new RelyingParty(emulator)
    const callback = await application.signIn()
    const { json } = await application.exchange(callback)
    const again = await application.exchange(callback)
    expect(again.status).to.equal(400)
    expect(again.json).to.include({ error: 'invalid_grant' })
    const userinfo = await application.userinfo(`${json.access_token}`)
    expect(userinfo.status).to.equal(401)
  })

  it('refuses one of two exchanges of a code that come at once', async () => {
    const application = new RelyingParty(emulator)
    const callback = await application.signIn()
    const responses = await Promise.all([application.exchange(callback), application.exchange(callback)])
    expect(responses.map(({ status }) => status)).to.have.members([200, 400])
  })

  it('responds to a JSON body with 415, and spends nothing', async () => {
    const application = new RelyingParty(emulator)
    const callback = await application.signIn()
    const refused = await application.exchange(callback, {}, { 'content-type': 'application/json' })
    expect(refused.status).to.equal(415)
    expect((await application.exchange(callback)).status).to.equal(200)
  })

  it('refuses a body of more than 64 KiB, and records none of it', async () => {
    const application = new RelyingParty(emulator)
    const { status } = await application.post('/oauth2/token', { padding: 'x'.repeat(65 * 1024) })
    expect(status).to.equal(413)
    expect(emulator.requests.at(-1)).to.include({ body: '', status: 413 })
  })

  it('issues a refresh token only with offline_access', async () => {
    const { json } = await new RelyingParty(emulator).tokens('personal', { scope: 'openid' })
    expect(json).to.include({ scope: 'openid' })
    expect(json).not.to.have.property('refresh_token')
  })

  it('issues an id_token only with openid', async () => {
    const { json } = await new RelyingParty(emulator).tokens('personal', { scope: 'api:access' })
    expect(json).to.include({ scope: 'api:access' })
    expect(json).not.to.have.property('id_token')
  })

  describe('with its quirks off', () => {
    let plain: Emulator
    before(async () => {
      plain = await startEmulator({ requireCodeChallengeEcho: false, refuseJSON: false })
    })
    after(() => plain.close())

    it('takes an exchange without the echo, and still demands the verifier', async () => {
      const withoutEcho = { code_challenge: undefined, code_challenge_method: undefined }
      const application = new RelyingParty(plain)
      const callback = await application.signIn()
      const refused = await application.exchange(callback, { ...withoutEcho, code_verifier: undefined })
      expect(refused.status).to.equal(400)
      expect((await application.exchange(callback, withoutEcho)).status).to.equal(200)
    })

    it('responds to a JSON body with 400', async () => {
      const { status } = await new RelyingParty(plain).post(
        '/oauth2/token',
        {},
        { 'content-type': 'application/json' },
      )
      expect(status).to.equal(400)
    })
  })
})

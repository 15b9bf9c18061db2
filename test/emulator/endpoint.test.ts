import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { claimsOf, type JSONResponse, RelyingParty, useEmulator } from './relying-party.js'

describe('the token endpoint of the emulator', () => {
  const given = useEmulator()

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
      const refused = await given.application.exchange(await given.application.signIn(), changes)
      expect(refused.status).to.equal(status)
      expect(refused.headers['content-type']).to.match(/^application\/json/)
      expect(refused.json).to.include(response).and.not.to.have.property('access_token')
    })

  it('refuses a verifier that another challenge began with', async () => {
    const { verifier, challenge } = new RelyingParty(given.emulator)
    const changes = { code_verifier: verifier, code_challenge: challenge }
    const { status, json } = await given.application.exchange(await given.application.signIn(), changes)
    expect(status).to.equal(400)
    expect(json).to.include({ error: 'invalid_grant' })
  })

  it('refuses an unknown client that authenticates by client_secret_basic', async () => {
    const credentials = Buffer.from('str%25anger:secret').toString('base64')
    const { status, json } = await given.application.exchange(
      await given.application.signIn(),
      { client_id: undefined },
      { authorization: `Basic ${credentials}` },
    )
    expect(status).to.equal(400)
    expect(json).to.include({ error_description: 'Unknown or disabled client' })
  })

  it('refuses credentials that are none', async () => {
    const callback = await given.application.signIn()
    const { status } = await given.application.exchange(
      callback,
      { client_id: undefined },
      { authorization: 'Basic' },
    )
    expect(status).to.equal(400)
  })

  it('refuses a code that was used', async () => {
    const callback = await given.application.signIn()
    const { json } = await given.application.exchange(callback)
    const again = await given.application.exchange(callback)
    expect(again.status).to.equal(400)
    expect(again.json).to.include({ error: 'invalid_grant' })
    const userinfo = await given.application.userinfo(`${json.access_token}`)
    expect(userinfo.status).to.equal(401)
  })

  it('refuses one of two exchanges of a code that come at once', async () => {
    const callback = await given.application.signIn()
    const responses = await Promise.all([
      given.application.exchange(callback),
      given.application.exchange(callback),
    ])
    expect(responses.map(({ status }) => status)).to.have.members([200, 400])
  })

  it('responds to a JSON body with 415, and spends nothing', async () => {
    const callback = await given.application.signIn()
    const refused = await given.application.exchange(callback, {}, { 'content-type': 'application/json' })
    expect(refused.status).to.equal(415)
    expect((await given.application.exchange(callback)).status).to.equal(200)
  })

  it('refuses a body of more than 64 KiB, and records none of it', async () => {
    const { status } = await given.application.post('/oauth2/token', { padding: 'x'.repeat(65 * 1024) })
    expect(status).to.equal(413)
    expect(given.emulator.requests.at(-1)).to.include({ body: '', status: 413 })
  })

  it('issues a refresh token only with offline_access', async () => {
    const { json } = await new RelyingParty(given.emulator).tokens('personal', { scope: 'openid' })
    expect(json).to.include({ scope: 'openid' })
    expect(json).not.to.have.property('refresh_token')
  })

  it('issues an id_token only with openid', async () => {
    const { json } = await new RelyingParty(given.emulator).tokens('personal', { scope: 'api:access' })
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

const isRefused = ({ status, json }: JSONResponse, description: string): void => {
  expect(status).to.equal(400)
  expect(json).to.deep.equal({ error: 'invalid_grant', error_description: description })
}

describe('the refresh tokens of the emulator', () => {
  let refreshToken: string
  let accessToken: string
  const given = useEmulator()
  beforeEach(async () => {
    const { json } = await given.application.tokens()
    refreshToken = `${json.refresh_token}`
    accessToken = `${json.access_token}`
  })

  it('rotate, and need no echo', async () => {
    const first = await given.application.refresh(refreshToken)
    expect(first.status).to.equal(200)
    expect(first.json.refresh_token).to.match(/^OR-/).and.not.equal(refreshToken)
    expect(first.json.access_token).not.to.equal(accessToken)
    expect(claimsOf(`${first.json.id_token}`)).to.include({ sub: claimsOf(accessToken).sub })
    const second = await given.application.refresh(`${first.json.refresh_token}`)
    expect(second.status).to.equal(200)
  })

  it('revoke their family when one is used again', async () => {
    const { json } = await given.application.refresh(refreshToken)
    isRefused(await given.application.refresh(refreshToken), 'Refresh token has been revoked')
    isRefused(await given.application.refresh(`${json.refresh_token}`), 'Refresh token has been revoked')
    expect((await given.application.userinfo(`${json.access_token}`)).status).to.equal(401)
  })

  it('revoke their family when one is used twice at once', async () => {
    const responses = await Promise.all([
      given.application.refresh(refreshToken),
      given.application.refresh(refreshToken),
    ])
    expect(responses.map(({ status }) => status)).to.have.members([200, 400])
    const successor = responses.find(({ status }) => status === 200)?.json.refresh_token
    isRefused(await given.application.refresh(`${successor}`), 'Refresh token has been revoked')
  })

  it('are refused when they are unknown', async () => {
    isRefused(await given.application.refresh('OR-unknown'), 'Refresh token not found or invalid')
  })

  it('are demanded', async () => {
    const form = { grant_type: 'refresh_token', client_id: given.emulator.publicClient.clientID }
    const { status, json } = await given.application.post('/oauth2/token', form)
    expect(status).to.equal(400)
    expect(json).to.include({ error: 'invalid_request' })
  })

  it('are refused to another client, and stay with theirs', async () => {
    const { clientID, clientSecret } = given.emulator.confidentialClient
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientID }
    const stolen = await given.application.post('/oauth2/token', { ...form, client_secret: clientSecret })
    isRefused(stolen, 'Refresh token not found or invalid')
    expect((await given.application.refresh(refreshToken)).status).to.equal(200)
  })

  it('end with their grant when they are revoked', async () => {
    const revoked = await given.application.revoke(refreshToken)
    expect(revoked).to.include({ status: 200, body: '' })
    isRefused(await given.application.refresh(refreshToken), 'Refresh token has been revoked')
    expect((await given.application.userinfo(accessToken)).status).to.equal(401)
  })

  it('may be revoked with a hint, and twice', async () => {
    for (const _ of [1, 2])
      expect(
        (await given.application.revoke(refreshToken, { token_type_hint: 'refresh_token' })).status,
      ).to.equal(200)
  })

  it('are not revoked by another client', async () => {
    const { clientID, clientSecret } = given.emulator.confidentialClient
    const response = await given.application.revoke(refreshToken, {
      client_id: clientID,
      client_secret: clientSecret,
    })
    expect(response.status).to.equal(200)
    expect((await given.application.refresh(refreshToken)).status).to.equal(200)
  })

  it('are not revoked by an unknown client', async () => {
    const { status, json } = await given.application.revoke(refreshToken, { client_id: 'stranger' })
    expect(status).to.equal(400)
    expect(json).to.include({ error_description: 'Unknown or disabled client' })
    expect((await given.application.refresh(refreshToken)).status).to.equal(200)
  })

  it('may be revoked without being known, as RFC 7009 §2.2 wants it', async () => {
    expect((await given.application.revoke('header.payload.signature')).status).to.equal(200)
  })

  it('make way for access tokens, which can be revoked too', async () => {
    expect((await given.application.userinfo(accessToken)).status).to.equal(200)
    expect((await given.application.revoke(accessToken)).status).to.equal(200)
    expect((await given.application.userinfo(accessToken)).status).to.equal(401)
  })
})

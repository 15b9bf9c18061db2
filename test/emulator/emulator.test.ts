import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import type { JSONWebKeySet } from 'jose' with { 'resolution-mode': 'import' }
import { defaultAccounts, type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { failureOf } from '../support/failure.js'
import { callbackURL, claimsOf, headerOf, RelyingParty, useEmulator } from './relying-party.js'

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(user)}:${encodeURIComponent(password)}`).toString('base64')}`,
})

describe('startEmulator', () => {
  const given = useEmulator()
  const personalClaims = () => ({
    sub: defaultAccounts[0]?.sub,
    email: 'personal@example.com',
    email_verified: true,
    name: 'Personal Account',
    given_name: 'Personal',
    family_name: 'Account',
    picture: `${given.emulator.issuer}/pictures/personal.svg`,
  })

  it('listens on 127.0.0.1, on a free port', () => {
    expect(given.emulator.issuer).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('shows the discovery document of xAI, with its own endpoints', async () => {
    const response = await new CookieClient().get(`${given.emulator.issuer}/.well-known/openid-configuration`)
    expect(response).to.include({ status: 200 })
    expect(JSON.parse(response.body)).to.deep.equal({
      issuer: given.emulator.issuer,
      authorization_endpoint: `${given.emulator.issuer}/oauth2/authorize`,
      token_endpoint: `${given.emulator.issuer}/oauth2/token`,
      userinfo_endpoint: `${given.emulator.issuer}/oauth2/userinfo`,
      revocation_endpoint: `${given.emulator.issuer}/oauth2/revoke`,
      device_authorization_endpoint: `${given.emulator.issuer}/oauth2/device/code`,
      jwks_uri: `${given.emulator.issuer}/.well-known/jwks.json`,
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
      scopes_supported: [
        'openid',
        'profile',
        'email',
        'offline_access',
        'grok-cli:access',
        'team:read',
        'org:read',
        'api:access',
        'office-addins:access',
      ],
    })
  })

  it('shows two EC P-256 keys for ES256, and no private part', async () => {
    const response = await new CookieClient().get(`${given.emulator.issuer}/.well-known/jwks.json`)
    const { keys } = JSON.parse(response.body) as { keys: Record<string, string>[] }
    expect(keys).to.have.lengthOf(2)
    for (const key of keys) {
      expect(key).to.include({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
      expect(key).to.have.all.keys('kty', 'crv', 'alg', 'use', 'kid', 'x', 'y')
    }
  })

  it('signs a public client in', async () => {
    const callback = await given.application.signIn()
    expect([...callback.keys()]).to.have.members(['code', 'state'])
    expect(callback.get('state')).to.equal('the-state')
    const { status, headers, json } = await given.application.exchange(callback)
    expect(status).to.equal(200)
    expect(headers).to.include({ 'cache-control': 'no-store' })
    expect(headers).not.to.have.any.keys('access-control-allow-origin', 'vary')
    expect(json).to.include({
      token_type: 'Bearer',
      expires_in: 21_600,
      scope: 'openid profile email offline_access',
    })
    expect(json.refresh_token).to.match(/^OR-/)
  })

  it('signs an id_token that the JWKS verifies', async () => {
    const { createRemoteJWKSet, jwtVerify } = await import('jose')
    const { json } = await given.application.tokens()
    const keys = createRemoteJWKSet(new URL(`${given.emulator.issuer}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(`${json.id_token}`, keys, {
      issuer: given.emulator.issuer,
      audience: given.emulator.publicClient.clientID,
      algorithms: ['ES256'],
    })
    expect(payload).to.include({
      nonce: given.application.nonce,
      ...personalClaims(),
    })
    expect(payload.at_hash).to.be.a('string').with.lengthOf(22)
  })

  it('issues at+jwt access tokens with the claims of xAI', async () => {
    const { json } = await new RelyingParty(given.emulator).tokens()
    const sub = defaultAccounts[0]?.sub
    expect(headerOf(`${json.access_token}`)).to.include({ typ: 'at+jwt', alg: 'ES256' })
    expect(claimsOf(`${json.access_token}`)).to.include({
      iss: given.emulator.issuer,
      aud: 'emulator-public',
      client_id: 'emulator-public',
      sub,
      scope: 'openid profile email offline_access',
      principal_type: 'User',
      principal_id: sub,
    })
    const { iat, exp, jti } = claimsOf(`${json.access_token}`)
    expect(Number(exp) - Number(iat)).to.equal(21_600)
    expect(jti).to.be.a('string')
  })

  it('tells userinfo for an access token, and refuses any other', async () => {
    const { json } = await given.application.tokens()
    const userinfo = await given.application.userinfo(`${json.access_token}`)
    expect(userinfo.json).to.deep.equal(personalClaims())
    const stranger = await given.application.userinfo('another-token')
    expect(stranger).to.include({ status: 401 })
    expect(stranger.json).to.include({ error: 'invalid_token' })
    const anonymous = await given.application.browser.get(`${given.emulator.issuer}/oauth2/userinfo`)
    expect(anonymous).to.include({ status: 401 })
  })

  it('tells userinfo by POST too, with the token in the header or in the form', async () => {
    const { json } = await given.application.tokens()
    const token = `${json.access_token}`
    const byHeader = await given.application.post(
      '/oauth2/userinfo',
      {},
      { authorization: `Bearer ${token}` },
    )
    const byForm = await given.application.post('/oauth2/userinfo', { access_token: token })
    for (const { status, json: claims } of [byHeader, byForm]) {
      expect(status).to.equal(200)
      expect(claims).to.include({ sub: defaultAccounts[0]?.sub, name: 'Personal Account' })
    }
    const inQuery = await given.application.browser.get(
      `${given.emulator.issuer}/oauth2/userinfo?access_token=${token}`,
    )
    expect(inQuery).to.include({ status: 400 })
  })

  const authentications: ReadonlyArray<
    readonly [
      how: string,
      authenticate: () => [Record<string, string | undefined>, { authorization?: string }],
    ]
  > = [
    ['client_secret_basic', () => [{ client_id: undefined }, basic(...confidential())]],
    ['client_secret_post', () => [{ client_secret: confidential()[1] }, {}]],
  ]
  const confidential = (): [string, string] => {
    const { clientID, clientSecret } = given.emulator.confidentialClient
    return [clientID, clientSecret]
  }
  for (const [how, authenticate] of authentications)
    it(`signs a confidential client in by ${how}`, async () => {
      const application = new RelyingParty(given.emulator, given.emulator.confidentialClient.clientID)
      const { status, json } = await application.exchange(await application.signIn(), ...authenticate())
      expect(status).to.equal(200)
      expect(claimsOf(`${json.id_token}`)).to.include({ aud: given.emulator.confidentialClient.clientID })
    })

  it('refuses a confidential client with a wrong secret', async () => {
    const application = new RelyingParty(given.emulator, given.emulator.confidentialClient.clientID)
    const { status, json } = await application.exchange(await application.signIn(), {
      client_secret: 'wrong',
    })
    expect(status).to.equal(401)
    expect(json).to.include({ error: 'invalid_client' }).and.not.to.have.property('access_token')
  })

  it('responds to an unknown path with a page, to an unknown method with 405', async () => {
    const browser = new CookieClient()
    for (const path of ['/', '/oauth/token', '/oauth2/authorize/a/b', '/sign-in/', '/sign-in/a/b']) {
      const unknown = await browser.get(`${given.emulator.issuer}${path}`)
      expect(unknown.status).to.equal(404)
      expect(unknown.headers['content-type']).to.match(/^text\/html/)
    }
    const refused = await browser.get(`${given.emulator.issuer}/oauth2/token`)
    expect(refused.status).to.equal(405)
    expect(refused.headers.allow).to.equal('POST')
  })

  it('records every request, and forgets them when told to', async () => {
    const { json } = await given.application.tokens()
    await given.application.userinfo(`${json.access_token}`)
    const [exchange, userinfo] = given.emulator.requests.slice(-2)
    expect(exchange).to.deep.include({ method: 'POST', path: '/oauth2/token', query: {}, status: 200 })
    expect(exchange?.parameters).to.include({ grant_type: 'authorization_code', redirect_uri: callbackURL })
    expect(exchange?.body).to.contain(`code_verifier=${given.application.verifier}`)
    expect(userinfo?.headers).to.include({ authorization: `Bearer ${json.access_token}` })
    expect(userinfo).not.to.have.property('parameters')
    const authorization = given.emulator.requests.findLast(({ path }) => path === '/oauth2/authorize')
    expect(authorization?.query).to.include({ state: 'the-state' })
    given.emulator.clearRequests()
    expect(given.emulator.requests).to.be.empty
  })

  it('says which port is taken', async () => {
    const port = Number(new URL(given.emulator.issuer).port)
    const error = await failureOf(startEmulator({ port }))
    expect(error.message).to.match(
      new RegExp(`^The emulator cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
    )
    expect(error.cause).to.include({ code: 'EADDRINUSE' })
  })

  it('can close twice, and ends what is under way', async () => {
    const closing = await startEmulator()
    closing.misbehaveOnce({ path: '/oauth2/userinfo', delay: Number.POSITIVE_INFINITY })
    const waiting = failureOf(new CookieClient().get(`${closing.issuer}/oauth2/userinfo`))
    const idle = connect(Number(new URL(closing.issuer).port), '127.0.0.1')
    await once(idle, 'connect')
    const ended = once(idle, 'close')
    while (closing.requests.length === 0) await new Promise(setImmediate)
    await Promise.all([closing.close(), closing.close(), waiting, ended])
    const refused = await failureOf(new CookieClient().get(closing.issuer))
    expect(refused).to.include({ code: 'ECONNREFUSED' })
  })

  it('lets the process end, and writes nothing to the console', () => {
    const program = `
      const { startEmulator } = require(${JSON.stringify(require.resolve('../../lib/emulator/index.js'))})
      startEmulator().then(async (emulator) => {
        await (await fetch(emulator.issuer + '/oauth2/userinfo')).text()
        await emulator.close()
      })`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: '', stderr: '' })
  })
})

describe('rotateKeys', () => {
  let emulator: Emulator
  beforeEach(async () => {
    emulator = await startEmulator()
  })
  afterEach(() => emulator.close())

  const keyIDs = async (): Promise<unknown[]> => {
    const { body } = await new RelyingParty(emulator).browser.get(`${emulator.issuer}/.well-known/jwks.json`)
    return (JSON.parse(body) as JSONWebKeySet).keys.map(({ kid }) => kid)
  }
  const signingKeyID = async (): Promise<unknown> =>
    headerOf(`${(await new RelyingParty(emulator).tokens()).json.id_token}`).kid

  it('replaces every key', async () => {
    const old = await keyIDs()
    expect(old).to.include(await signingKeyID())
    await emulator.rotateKeys()
    const fresh = await keyIDs()
    expect(fresh).to.have.lengthOf(2)
    expect(fresh.filter((keyID) => old.includes(keyID))).to.be.empty
    expect(fresh).to.include(await signingKeyID())
  })

  it('keeps the old keys when told to, and signs with a new one', async () => {
    const old = await keyIDs()
    await emulator.rotateKeys({ keepOld: true })
    const all = await keyIDs()
    expect(all).to.have.lengthOf(3).and.to.include.members(old)
    expect(old).not.to.include(await signingKeyID())
  })

  it('takes null as if nothing was given', async () => {
    const old = await keyIDs()
    await emulator.rotateKeys(null as never)
    expect(await keyIDs()).not.to.include.any.members(old)
  })

  const wrong: ReadonlyArray<readonly [what: string, options: unknown, message: string]> = [
    ['a misspelt option', { keepold: true }, 'there is no option keepold; write keepOld'],
    ['keepOld as a string', { keepOld: 'yes' }, 'keepOld must be true or false'],
    ['true in the place of options', true, 'options must be an object with keepOld'],
  ]
  for (const [what, options, message] of wrong)
    it(`refuses ${what}, and keeps every key`, async () => {
      const old = await keyIDs()
      const error = await failureOf(emulator.rotateKeys(options as object))
      expect(error).to.be.instanceOf(TypeError)
      expect(error.message).to.contain(`rotateKeys: ${message}`)
      expect(await keyIDs()).to.deep.equal(old)
    })

  it('leaves access tokens that were issued before in force at userinfo', async () => {
    const application = new RelyingParty(emulator)
    const { json } = await application.tokens()
    await emulator.rotateKeys()
    expect((await application.userinfo(`${json.access_token}`)).status).to.equal(200)
  })
})

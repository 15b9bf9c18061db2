import { generateKeyPairSync, sign } from 'node:crypto'
import { mock } from 'node:test'
import { expect } from 'chai'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { IdentityReader } from '../../lib/identity/identity.js'
import { maxRequestsPerMinute } from '../../lib/identity/key-set.js'
import {
  type StateStore,
  XaiDeviceStrategy,
  type XaiProfile,
  XaiStrategy,
  type XaiStrategyOptions,
} from '../../lib/index.js'
import { XaiOAuth2 } from '../../lib/token/client.js'
import { type Action, act, signInDirectly } from '../support/direct-sign-in.js'
import { FaultServer, httpResponse } from '../support/fault-server.js'
import { until } from '../support/until.js'

const personalSub = /^[0-9a-f-]{36}$/

describe('who signed in', () => {
  const servers: Array<{ close(): Promise<void> }> = []
  afterEach(async () => {
    mock.timers.reset()
    await Promise.all(servers.splice(0).map((server) => server.close()))
  })

  async function start(options: EmulatorOptions = {}): Promise<Emulator> {
    const emulator = await startEmulator({ signInAs: 'personal', ...options })
    servers.push(emulator)
    return emulator
  }

  const build = (emulator: Emulator, options: Partial<XaiStrategyOptions> = {}): XaiStrategy =>
    new XaiStrategy(
      {
        clientID: emulator.publicClient.clientID,
        callbackURL: 'http://127.0.0.1/callback',
        issuer: emulator.issuer,
        ...options,
      },
      // Wrapped, so that a sign-in without a profile is a sign-in all the same.
      async ({ profile }) => ({ profile }),
    )

  const profileIn = (action: Action): XaiProfile => {
    expect(action.kind, String(action.value)).to.equal('success')
    return (action.value as { profile: XaiProfile }).profile
  }

  const pathsOf = (emulator: Emulator): string[] =>
    emulator.requests.map(({ path }) => path).filter((path) => !path.includes('authorize'))

  it('is told by the verified id_token, with its claims in _json', async () => {
    const emulator = await start()
    const profile = profileIn(await signInDirectly(build(emulator)))
    expect(profile.id).to.match(personalSub)
    expect(profile._json).to.include({
      iss: emulator.issuer,
      sub: profile.id,
      email: profile.emails?.[0]?.value,
    })
    expect(JSON.parse(profile._raw)).to.deep.equal(profile._json)
    expect(profile).not.to.have.property('principal')
  })

  it('takes one request to xAI once the keys are cached', async () => {
    const emulator = await start()
    const strategy = build(emulator)
    await signInDirectly(strategy)
    emulator.clearRequests()
    profileIn(await signInDirectly(strategy))
    expect(pathsOf(emulator)).to.deep.equal(['/oauth2/token'])
  })

  it("takes two requests with userInfo 'always'", async () => {
    const emulator = await start()
    const strategy = build(emulator, { userInfo: 'always' })
    await signInDirectly(strategy)
    emulator.clearRequests()
    profileIn(await signInDirectly(strategy))
    expect(pathsOf(emulator)).to.deep.equal(['/oauth2/token', '/oauth2/userinfo'])
  })

  it('is asked of userinfo when the id_token shows no name, e-mail or picture', async () => {
    const emulator = await start({ idTokenClaims: [] })
    const profile = profileIn(await signInDirectly(build(emulator)))
    expect(profile.emails?.[0]?.value).to.be.a('string')
    expect(profile._json).to.include.keys('iss', 'nonce', 'email')
    // The text is userinfo's, as it came.
    expect(JSON.parse(profile._raw)).to.include.keys('sub', 'email').and.not.include.keys('iss', 'nonce')
    expect(pathsOf(emulator)).to.include('/oauth2/userinfo')
  })

  it('is asked at the URLs that were given, their queries included', async () => {
    const emulator = await start()
    const asked: string[] = []
    const server = await FaultServer.start((socket, request) => {
      asked.push(`${request.split(' ')[1]}`)
      socket.end(httpResponse(404, ''))
    })
    servers.push(server)
    await signInDirectly(build(emulator, { userInfo: 'always', userInfoURL: `${server.origin}/info?u=%20` }))
    await signInDirectly(build(emulator, { jwksURL: `${server.origin}/keys?k=%7e` }))
    expect(new Set(asked)).to.deep.equal(new Set(['/info?u=%20', '/keys?k=%7e']))
  })

  it("is not asked of userinfo with userInfo 'never'", async () => {
    const emulator = await start({ idTokenClaims: [] })
    const profile = profileIn(await signInDirectly(build(emulator, { userInfo: 'never' })))
    expect(profile).to.have.all.keys('provider', 'id', '_json', '_raw')
    expect(pathsOf(emulator)).not.to.include('/oauth2/userinfo')
  })

  it('stays unknown when userinfo fails that is needed', async () => {
    const emulator = await start({ idTokenClaims: [] })
    emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 500, body: 'broken' })
    const { kind, value } = await signInDirectly(build(emulator))
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_userinfo_failed', status: 500 })
  })

  describe('without openid among the scopes', () => {
    it('asks for no nonce and demands no id_token', async () => {
      const emulator = await start()
      await signInDirectly(build(emulator, { scope: 'profile email' }))
      const [authorize] = emulator.requests.filter(({ path }) => path === '/oauth2/authorize')
      expect(authorize?.query).not.to.have.property('nonce')
      expect(pathsOf(emulator)).not.to.include('/.well-known/jwks.json')
    })

    it('has no profile where xAI refuses userinfo', async () => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 403, body: '{}' })
      const action = await signInDirectly(build(emulator, { scope: 'api:access' }))
      expect(profileIn(action)).to.equal(undefined)
    })

    it("is an error where xAI refuses userinfo and userInfo is 'always'", async () => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 403, body: '{}' })
      const { value } = await signInDirectly(build(emulator, { scope: 'api:access', userInfo: 'always' }))
      expect(value).to.include({ code: 'xai_userinfo_failed', status: 403 })
    })

    it('is an error where userinfo breaks', async () => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/userinfo', cut: 'in-body' })
      const { value } = await signInDirectly(build(emulator, { scope: 'api:access' }))
      expect(value).to.include({ code: 'xai_userinfo_failed', status: 502 })
    })

    it("has no profile with userInfo 'never'", async () => {
      const emulator = await start()
      const action = await signInDirectly(build(emulator, { scope: 'api:access', userInfo: 'never' }))
      expect(profileIn(action)).to.equal(undefined)
      expect(pathsOf(emulator)).to.deep.equal(['/oauth2/token'])
    })

    it('shows the person where xAI answers userinfo', async () => {
      const emulator = await start()
      const body = JSON.stringify({ sub: 's-1', name: 'A Name' })
      emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 200, body })
      const action = await signInDirectly(build(emulator, { scope: 'profile' }))
      expect(profileIn(action)).to.include({ id: 's-1', displayName: 'A Name', _raw: body })
    })
  })

  it('is verified by the scopes that this sign-in asked for, not those of the strategy', async () => {
    const emulator = await start()
    const strategy = build(emulator, { scope: 'profile' })
    expect(profileIn(await signInDirectly(strategy, { scope: 'openid email' })).id).to.match(personalSub)
    emulator.forgeNext('wrong nonce')
    const { value } = await signInDirectly(strategy, { scope: 'openid email' })
    expect(value).to.include({ code: 'xai_id_token_invalid' })
  })

  const scopes: ReadonlyArray<readonly [what: string, begun: object, finished: object]> = [
    ['begins with openid and ends without it', {}, { scope: 'profile' }],
    ['begins without openid and ends with it', { scope: 'profile' }, {}],
  ]
  for (const [what, begun, finished] of scopes) {
    it(`is nobody when the sign-in ${what}`, async () => {
      const emulator = await start()
      const outcome = await signInDirectly(build(emulator), begun, finished)
      expect(outcome).to.include({ kind: 'fail', detail: 403 })
      expect(outcome.value).to.include({ code: 'xai_state_invalid', reason: 'mismatch' })
      expect(pathsOf(emulator)).to.not.include('/oauth2/token')
    })
  }

  it('is found when both requests ask for openid among different scopes', async () => {
    const emulator = await start()
    const action = await signInDirectly(build(emulator), { scope: ['openid', 'offline_access'] }, {})
    expect(profileIn(action).id).to.match(personalSub)
  })

  it('comes with no refresh token when that is not a string', async () => {
    const emulator = await start()
    const body = JSON.stringify({ access_token: 'a', refresh_token: 5 })
    emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body })
    const { clientID } = emulator.publicClient
    const options = { clientID, callbackURL: 'http://127.0.0.1/callback', issuer: emulator.issuer }
    const strategy = new XaiStrategy(
      { ...options, scope: 'profile', userInfo: 'never' },
      (
        _access: string,
        refresh: string | undefined,
        _profile: XaiProfile,
        done: (error: unknown, user: object) => void,
      ) => done(null, [refresh]),
    )
    expect((await signInDirectly(strategy)).value).to.deep.equal([undefined])
  })

  it('is asked for without options, too', async () => {
    const emulator = await start()
    expect((await act(build(emulator), { session: {} }, null as never)).kind).to.equal('redirect')
  })

  it('is refused when the id_token is not a string', async () => {
    const emulator = await start()
    const body = JSON.stringify({ access_token: 'a', id_token: 5 })
    emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body })
    const { value } = await signInDirectly(build(emulator))
    expect(value).to.include({
      code: 'xai_id_token_invalid',
      message: "xAI's id_token was refused: it is not a string",
    })
  })

  describe('with a verifier that some other store made', () => {
    const store: StateStore = {
      store(_req, _codeVerifier, _state, _meta, callback) {
        callback(null, 'state')
      },
      verify(_req, _state, _meta, callback) {
        callback(null, 'v'.repeat(43))
      },
    }
    const body = JSON.stringify({ access_token: 'a' })

    it('is demanded when the strategy asks for openid', async () => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body })
      const { value } = await signInDirectly(build(emulator, { store }))
      expect(value).to.include({ code: 'xai_identity_missing' })
    })

    it('is not demanded when the strategy does not', async () => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body })
      expect(profileIn(await signInDirectly(build(emulator, { store, scope: 'api:access' })))).to.equal(
        undefined,
      )
    })
  })

  it('is demanded by the scopes with which a device sign-in began', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const responses: Readonly<Record<string, object>> = {
      '/oauth2/device/code': {
        device_code: 'd',
        user_code: 'U',
        verification_uri: 'http://localhost/',
        interval: 5,
      },
      '/oauth2/token': { access_token: 'a' },
    }
    const server = await FaultServer.start((socket, request) => {
      socket.end(httpResponse(200, JSON.stringify(responses[`${request.split(' ')[1]}`] ?? {})))
    })
    servers.push(server)
    const strategy = new XaiDeviceStrategy({ clientID: 'app', issuer: server.origin }, async () => ({
      id: 'nobody',
    }))
    const request = {
      session: {},
      headers: { accept: 'application/json' },
      res: { setHeader: () => undefined, end: () => undefined, on: () => undefined },
    }
    void act(strategy, request, { scope: 'openid' })
    await until(() => server.requests.length === 1 && Object.keys(request.session).length > 0)
    mock.timers.tick(5000)
    const { kind, value } = await act(strategy, request, { scope: 'profile' })
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_identity_missing' })
  })

  describe('whose token response', () => {
    const refuse = async (response: object, options: Partial<XaiStrategyOptions>): Promise<unknown> => {
      const emulator = await start()
      emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body: JSON.stringify(response) })
      const { kind, value } = await signInDirectly(build(emulator, options))
      expect(kind).to.equal('error')
      expect(pathsOf(emulator)).to.not.include('/oauth2/userinfo')
      return value
    }

    it('holds no id_token and nothing of a Team, is not blamed on a Team alone', async () => {
      const error = await refuse({ access_token: 'opaque', scope: 'profile' }, { allowTeamPrincipal: true })
      expect(error).to.include({ code: 'xai_identity_missing', status: 502 })
      expect((error as Error).message)
        .to.match(/^The token response holds no id_token.+; its scope is 'profile'\. Possible causes: /)
        .and.match(/a Team was chosen.+may not ask for the scope openid.+does not speak OpenID Connect/)
    })

    it('holds null for an id_token that nobody asked for, is that of somebody unknown', async () => {
      const emulator = await start()
      const body = JSON.stringify({ access_token: 'a', token_type: 'Bearer', id_token: null })
      emulator.misbehaveOnce({ path: '/oauth2/token', status: 200, body })
      const options = { scope: 'profile', userInfo: 'never' } as const
      expect(await signInDirectly(build(emulator, options))).to.deep.include({
        kind: 'success',
        value: { profile: undefined },
      })
    })

    it('holds an id_token that nobody asked for, is refused unless that is right', async () => {
      const error = await refuse({ access_token: 'a', id_token: 'e30.e30.e30' }, { scope: 'profile' })
      expect(error).to.include({ code: 'xai_id_token_invalid' })
    })

    it('grants openid and holds no id_token, is refused although openid was not asked for', async () => {
      const error = await refuse({ access_token: 'a', scope: 'openid profile' }, { scope: 'profile' })
      expect(error).to.include({ code: 'xai_identity_missing' })
    })

    it('has a scope that is made for trouble, is refused all the same', async () => {
      const scope = { toString: null, valueOf: null }
      const error = await refuse({ access_token: 'a', scope }, {})
      expect(error).to.include({ code: 'xai_identity_missing' })
    })
  })

  describe('for a Team', () => {
    it('is refused by default, in words for the person', async () => {
      const emulator = await start({ signInAs: 'team' })
      const { kind, value } = await signInDirectly(build(emulator))
      expect(kind).to.equal('error')
      expect(value).to.include({ code: 'xai_identity_missing', status: 403 })
      expect((value as Error).message).to.match(/chose a Team .+ choose the personal account/)
    })

    it('is the principal of the verified access token with allowTeamPrincipal', async () => {
      const emulator = await start({ signInAs: 'team' })
      const profile = profileIn(await signInDirectly(build(emulator, { allowTeamPrincipal: true })))
      expect(profile.principal).to.deep.equal({ type: 'Team', id: profile._json.principal_id })
      expect(profile.id).to.equal(profile._json.sub)
      expect(pathsOf(emulator)).not.to.include('/oauth2/userinfo')
    })

    it('is refused when the verified access token does not say which Team it is', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const server = await FaultServer.start((socket) =>
        socket.end(httpResponse(200, JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))),
      )
      servers.push(server)
      const { origin: issuer } = server
      const reader = new IdentityReader(new XaiOAuth2('client', '', '', '', '', {}), {
        ...{ issuer, clientID: 'client', jwksURL: `${issuer}/jwks`, userInfoURL: `${issuer}/userinfo` },
        ...{ userInfo: 'never', allowTeamPrincipal: true },
      })
      const claims = {
        iss: issuer,
        aud: 'client',
        sub: 's',
        exp: Date.now() / 1000 + 60,
        principal_type: 'Team',
      }
      const [header, payload] = [{ alg: 'ES256', typ: 'at+jwt' }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      )
      const signed = `${header}.${payload}`
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      const tokens = { access_token: `${signed}.${signature.toString('base64url')}`, token_type: 'Bearer' }
      const error = await reader
        .identify({ tokens, nonce: undefined, scope: 'openid' })
        .catch((error) => error)
      expect(error).to.include({ code: 'xai_identity_missing', status: 502 })
      expect(error.message).to.match(
        /the two authenticate calls of this sign-in were given different scopes\.$/,
      )
    })

    it('is refused when the access token is that of a User', async () => {
      const emulator = await start()
      emulator.forgeNext('missing id_token')
      const { value } = await signInDirectly(build(emulator, { allowTeamPrincipal: true }))
      expect(value).to.include({ code: 'xai_identity_missing' })
    })
  })

  describe("while xAI's keys", () => {
    it('rotate, costs one extra request', async () => {
      const emulator = await start()
      const strategy = build(emulator)
      await signInDirectly(strategy)
      emulator.clearRequests()
      await emulator.rotateKeys()
      for (let count = 0; count < 3; count += 1) profileIn(await signInDirectly(strategy))
      expect(pathsOf(emulator).filter((path) => path.includes('jwks'))).to.have.length(1)
    })

    it('are unknown again and again, requests them at most 5 times a minute', async () => {
      const emulator = await start()
      const strategy = build(emulator)
      for (let count = 0; count < 2 * maxRequestsPerMinute; count += 1) {
        emulator.forgeNext('unknown kid')
        expect((await signInDirectly(strategy)).value).to.include({ code: 'xai_id_token_invalid' })
      }
      expect(pathsOf(emulator).filter((path) => path.includes('jwks'))).to.have.length(maxRequestsPerMinute)
      profileIn(await signInDirectly(strategy))
    })

    it('grow old, asks for them anew after an hour', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      const emulator = await start()
      const strategy = build(emulator)
      await signInDirectly(strategy)
      emulator.clearRequests()
      mock.timers.tick(60 * 60_000)
      profileIn(await signInDirectly(strategy))
      expect(pathsOf(emulator)).to.include('/.well-known/jwks.json')
    })

    it('cannot be had, costs 200 who begin no more than 3 requests', async () => {
      const emulator = await start()
      const jwks = await FaultServer.start((socket) => socket.end(httpResponse(500, 'down')))
      servers.push(jwks)
      const strategy = build(emulator, { jwksURL: `${jwks.origin}/jwks.json` })
      for (let count = 0; count < 200; count += 1) {
        expect(await act(strategy, { session: {} })).to.include({ kind: 'redirect' })
        await new Promise(setImmediate)
      }
      expect(jwks.requests.length).to.be.within(1, 3)
    })

    const broken: ReadonlyArray<readonly [what: string, answer: object]> = [
      ['are cut off', { cut: 'in-body' }],
      ['are answered with 500', { status: 500, body: 'down' }],
    ]
    for (const [what, answer] of broken) {
      it(`${what}, ends a sign-in with an error, and the next one works`, async () => {
        const emulator = await start()
        const strategy = build(emulator)
        // At the beginning, and at the callback.
        for (let count = 0; count < 2; count += 1)
          emulator.misbehaveOnce({ path: '/.well-known/jwks.json', ...answer })
        const { kind, value } = await signInDirectly(strategy)
        expect(kind).to.equal('error')
        expect(value).to.include({ code: 'xai_id_token_invalid' })
        expect((value as Error).message).to.include('JWKS')
        profileIn(await signInDirectly(strategy))
      })
    }
  })

  describe('with a profile of its own', () => {
    it('is not asked for with skipUserProfile, and the id_token is verified all the same', async () => {
      const emulator = await start()
      const strategy = build(emulator, { skipUserProfile: true })
      expect(profileIn(await signInDirectly(strategy))).to.equal(undefined)
      emulator.forgeNext('wrong iss')
      expect((await signInDirectly(strategy)).value).to.include({ code: 'xai_id_token_invalid' })
    })

    it("refuses another person's userinfo to a subclass that asks the built-in userProfile", async () => {
      const emulator = await start()
      class Wrapped extends XaiStrategy {
        override userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
          super.userProfile(accessToken, done)
        }
      }
      const options = {
        clientID: 'emulator-public',
        callbackURL: 'http://127.0.0.1/callback',
        issuer: emulator.issuer,
      }
      const strategy = new Wrapped(options, async ({ profile }) => ({ profile }))
      expect(profileIn(await signInDirectly(strategy)).id).to.match(personalSub)
      emulator.forgeNext('userinfo of another sub')
      expect((await signInDirectly(strategy)).value).to.include({ code: 'xai_userinfo_invalid' })
    })

    it('is what userProfile gives for an access token', async () => {
      const emulator = await start()
      let token = ''
      const options = {
        clientID: 'emulator-public',
        callbackURL: 'http://127.0.0.1/callback',
        issuer: emulator.issuer,
      }
      const strategy = new XaiStrategy(options, async ({ tokens: { access_token: accessToken } }) => {
        token = accessToken
        return { token }
      })
      await signInDirectly(strategy)
      const profile = await new Promise<XaiProfile>((resolve, reject) => {
        strategy.userProfile(token, (error, found) => (error ? reject(error) : resolve(found as XaiProfile)))
      })
      expect(profile.id).to.match(personalSub)
      const refused = await new Promise((resolve) => strategy.userProfile('nobody', resolve))
      expect(refused).to.include({ code: 'xai_userinfo_failed', status: 401 })
    })
  })
})

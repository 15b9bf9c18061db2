import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { expect } from 'chai'
import { CookieStateStore, SessionStateStore, XaiStrategy } from '../lib/index.js'
import { parseStrategyOptions } from '../lib/option.js'

const required = { clientID: 'app', callbackURL: 'https://app.example/callback' }
const verify = async (_signIn: object): Promise<false> => false

const construct = (options: unknown): XaiStrategy => new XaiStrategy(options as never, verify)

describe('the options of XaiStrategy', () => {
  it('have the defaults of the documentation', () => {
    const { store, ...settings } = parseStrategyOptions(required)
    expect(store).to.be.instanceOf(SessionStateStore)
    expect(settings).to.deep.equal({
      ...required,
      issuer: 'https://auth.x.ai',
      authorizationURL: 'https://auth.x.ai/oauth2/authorize',
      tokenURL: 'https://auth.x.ai/oauth2/token',
      userInfoURL: 'https://auth.x.ai/oauth2/userinfo',
      revocationURL: 'https://auth.x.ai/oauth2/revoke',
      jwksURL: 'https://auth.x.ai/.well-known/jwks.json',
      clientSecret: undefined,
      clientAuthentication: 'none',
      scope: 'openid profile email',
      timeout: 20_000,
      agent: undefined,
      echoCodeChallenge: true,
      authorizationParams: {},
      userInfo: 'auto',
      allowTeamPrincipal: false,
      customHeaders: {},
      passReqToCallback: false,
      skipUserProfile: false,
    })
  })

  const agent = new Agent()
  const store = new CookieStateStore({ secret: 's'.repeat(32) })
  const skip = (): boolean => true
  const params = (): object => ({})
  const accepted: ReadonlyArray<readonly [what: string, options: object, settings: object]> = [
    ['a secret', { clientSecret: 's' }, { clientSecret: 's', clientAuthentication: 'client_secret_basic' }],
    ['an empty secret', { clientSecret: '' }, { clientSecret: undefined, clientAuthentication: 'none' }],
    ['no secret', { clientSecret: undefined }, { clientSecret: undefined, clientAuthentication: 'none' }],
    [
      'client_secret_post',
      { clientSecret: 's', clientAuthentication: 'client_secret_post' },
      { clientSecret: 's', clientAuthentication: 'client_secret_post' },
    ],
    ['a list of scopes', { scope: ['openid', 'offline_access'] }, { scope: 'openid offline_access' }],
    ['a scope', { scope: ' api:access ' }, { scope: 'api:access' }],
    ['no scopes', { scope: [] }, { scope: '' }],
    [
      'an issuer on loopback',
      { issuer: 'http://127.0.0.1:4000' },
      { issuer: 'http://127.0.0.1:4000', tokenURL: 'http://127.0.0.1:4000/oauth2/token' },
    ],
    [
      'an endpoint beside the issuer',
      { issuer: 'https://id.example', tokenURL: 'https://t.example:8443/t?x=%20+' },
      { tokenURL: 'https://t.example:8443/t?x=%20+', jwksURL: 'https://id.example/.well-known/jwks.json' },
    ],
    ['a timeout of 0, which is raised', { timeout: 0 }, { timeout: 20_000 }],
    ['a timeout below 20 seconds, which is raised', { timeout: 19_999 }, { timeout: 20_000 }],
    ['the longest timeout', { timeout: 2 ** 31 - 1 }, { timeout: 2 ** 31 - 1 }],
    ['a longer timeout', { timeout: 60_000 }, { timeout: 60_000 }],
    ['an agent', { agent }, { agent }],
    ['no echo', { echoCodeChallenge: false }, { echoCodeChallenge: false }],
    [
      'authorization parameters',
      { authorizationParams: { plan: 'x' } },
      { authorizationParams: { plan: 'x' } },
    ],
    ['a function of them', { authorizationParams: params }, { authorizationParams: params }],
    ['userInfo', { userInfo: 'never' }, { userInfo: 'never' }],
    ['Teams', { allowTeamPrincipal: true }, { allowTeamPrincipal: true }],
    ['a store', { store }, { store }],
    ['the request for verify', { passReqToCallback: true }, { passReqToCallback: true }],
    ['a function that skips profiles', { skipUserProfile: skip }, { skipUserProfile: skip }],
    ['passport-oauth2’s state and PKCE switched on', { state: true, pkce: 'S256' }, {}],
    ['PKCE as true', { pkce: true }, {}],
    [
      'headers',
      { customHeaders: { 'X-A': ['1', '2'], 'X-B': 3 } },
      { customHeaders: { 'X-A': ['1', '2'], 'X-B': 3 } },
    ],
    ['a header that is undefined', { customHeaders: { 'X-A': undefined } }, { customHeaders: {} }],
    [
      'headers that follow from each request, which are left out',
      {
        customHeaders: {
          'Content-Length': 5,
          'transfer-encoding': 'chunked',
          'x-content-length': 1,
          'content-length-x': 2,
        },
      },
      { customHeaders: { 'x-content-length': 1, 'content-length-x': 2 } },
    ],
  ]
  for (const [what, options, settings] of accepted)
    it(`may be ${what}`, () => {
      expect(parseStrategyOptions({ ...required, ...options })).to.deep.include(settings)
      expect(construct({ ...required, ...options })).to.be.instanceOf(XaiStrategy)
    })

  it('may name the key of the default store', () => {
    const session: Record<string, unknown> = {}
    const { store } = parseStrategyOptions({ ...required, sessionKey: 'mine' })
    store.store({ session } as never, 'verifier', undefined, {} as never, (error) =>
      expect(error).to.equal(null),
    )
    expect(Object.keys(session)).to.deep.equal(['mine'])
  })

  it('may be an https agent', () => {
    expect(construct({ ...required, agent: new HttpsAgent() })).to.be.instanceOf(XaiStrategy)
  })

  const url =
    /is missing or not a string; write an absolute URL|is not an absolute URL; write an absolute URL/
  const flag = /must be true or false/
  const wrong: ReadonlyArray<readonly [name: string, values: readonly unknown[], advice: RegExp]> = [
    [
      'clientID',
      [undefined, null, '', ' ', 1, ['app']],
      /write clientID: the client id that xAI issued to you/,
    ],
    ['callbackURL', [undefined, null, '', 1, '/callback', 'app.example/callback'], url],
    ['callbackURL', ['http://app.example/callback', 'ftp://127.0.0.1/'], /write https:\/\/… \(http only for/],
    ['callbackURL', ['https://app.example/#a', 'https://u:p@app.example/'], /must have no fragment/],
    ['issuer', [null, '', 1, 'auth.x.ai'], url],
    ['issuer', ['http://auth.x.ai'], /write https:\/\//],
    ...['authorizationURL', 'tokenURL', 'userInfoURL', 'revocationURL', 'jwksURL'].flatMap(
      (name): Array<[string, unknown[], RegExp]> => [
        [name, [null, '', 1, {}, '/oauth2'], url],
        [name, ['http://auth.x.ai/oauth2'], /neither https nor on a loopback host; write https:\/\//],
      ],
    ),
    ['clientSecret', [null, 1, {}, true], /leave it out for a public client/],
    [
      'clientAuthentication',
      [null, '', 'basic', 'private_key_jwt', true],
      /must be one of 'client_secret_basic'/,
    ],
    [
      'clientAuthentication',
      ['client_secret_basic', 'client_secret_post'],
      /needs a clientSecret; write clientSecret/,
    ],
    ['scope', [null, 1, {}, true, ['openid', 1], [['openid']]], /write scope: 'openid profile email'/],
    ['timeout', [null, '20000', Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31], /write timeout: 20000/],
    ['agent', [null, {}, true, 'agent'], /leave it out for Node’s own/],
    ['echoCodeChallenge', ['false', 0, {}], flag],
    ['allowTeamPrincipal', ['true', 1, {}], flag],
    ['passReqToCallback', ['true', 1, {}], flag],
    [
      'authorizationParams',
      [null, 'plan=x', 1, [], new Map(), new URLSearchParams()],
      /must be a plain object, or a function that returns one/,
    ],
    [
      'authorizationParams',
      [{ state: 's' }, { code_challenge: '' }, { request: 'x' }],
      /the protocol sets; leave it out/,
    ],
    [
      'authorizationParams',
      [{ plan: null }, { plan: ['a'] }, { plan: {} }],
      /plan must be a string, a number or a boolean/,
    ],
    ['userInfo', [null, '', true, 'sometimes'], /must be one of 'auto', 'always', 'never'/],
    [
      'store',
      [null, true, {}, { store() {} }, { verify() {} }],
      /write new SessionStateStore\(\) or new CookieStateStore/,
    ],
    [
      'store',
      [{ store(_req: unknown, _done: unknown) {}, verify() {} }],
      /must take \(req, codeVerifier, state, meta/,
    ],
    ['sessionKey', [null, '', 1], /write sessionKey: a name/],
    [
      'customHeaders',
      [null, 'X-A: 1', 1, ['X-A'], new Headers(), new Map()],
      /write customHeaders: \{ 'X-Name': 'value' \}/,
    ],
    [
      'customHeaders',
      [
        { 'X A': '1' },
        { 'X-A': 'a\r\nX-B: b' },
        { 'X-A': 'ü€' },
        { 'X-A': null },
        { 'X-A': {} },
        { 'X-A': ['1', {}] },
      ],
      /is not a header that HTTP can send; write a string/,
    ],
    [
      'issuer',
      ['https://auth.x.ai/'],
      /"https:\/\/auth\.x\.ai\/" ends with a slash; write "https:\/\/auth\.x\.ai"$/,
    ],
    ['clientID', [' app', 'app ', 'app\n'], /has blanks around it; write "app"$/],
    ['skipUserProfile', [null, 'true', 1, {}], /must be true, false or a function/],
    ['state', [false, null, 'x', {}], /is always on; leave the option out/],
    ['pkce', [false, null, 'plain', 's256'], /is always S256; leave the option out/],
  ]
  for (const [name, values, advice] of wrong)
    for (const value of values)
      it(`refuse ${name}: ${JSON.stringify(value) ?? value}`, () => {
        const options = { ...required, [name]: value }
        expect(() => construct(options))
          .to.throw(TypeError, advice)
          .with.property('message')
          .that.contains(name)
      })

  for (const [unknown, advice] of [
    ['clientId', 'write clientID'],
    ['client_secret', 'write clientSecret'],
    ['scopes', 'write scope'],
    ['callbackUrl', 'write callbackURL'],
    ['token_url', 'write tokenURL'],
    ['redirect_uri', 'write callbackURL'],
    ['redirectURI', 'write callbackURL'],
    ['secret', 'write clientSecret'],
    ['userProfileURL', 'write userInfoURL'],
    ['proxy', 'callbackURL is absolute here, so leave it out'],
    ['scopeSeparator', 'scopes are separated by spaces, so leave it out'],
    ['somethingElse', 'the options are callbackURL, clientID'],
  ] as const)
    it(`refuse the unknown option ${unknown}, and say: ${advice}`, () => {
      expect(() => construct({ ...required, [unknown]: 'x' })).to.throw(
        TypeError,
        `XaiStrategy: there is no option ${unknown}; ${advice}`,
      )
    })

  it('refuse a secret that the client authentication would not use', () => {
    const options = { ...required, clientSecret: 's3cret-value', clientAuthentication: 'none' }
    expect(() => construct(options)).to.throw(
      TypeError,
      /clientAuthentication 'none'.*leave out one of the two/,
    )
  })

  for (const options of [undefined, null, 'options', 1])
    it(`are refused when they are ${options}`, () => {
      expect(() => construct(options)).to.throw(
        TypeError,
        /^XaiStrategy: options must be an object with callbackURL, clientID, clientSecret/,
      )
    })

  for (const given of [undefined, null, {}, 'verify'])
    it(`do not do without verify: ${JSON.stringify(given) ?? given}`, () => {
      expect(() => new XaiStrategy(required, given as never)).to.throw(
        TypeError,
        /^XaiStrategy: verify is missing or not a function; write async \(\{ profile, tokens, req \}\) => user/,
      )
    })

  it('are never shown with their secret', () => {
    const options = { ...required, clientSecret: 's3cret-value', issuer: 'nowhere' }
    expect(() => construct(options))
      .to.throw(TypeError)
      .with.property('message')
      .that.not.contains('s3cret')
  })

  it('stay as they were, nested ones too, frozen or not', () => {
    const options = {
      ...required,
      clientSecret: 's',
      scope: ['openid', 'email'],
      authorizationParams: { plan: 'x' },
      customHeaders: { 'X-A': '1', 'X-B': undefined },
      timeout: 1,
      agent,
      store,
    }
    const before = { ...options, scope: [...options.scope], customHeaders: { ...options.customHeaders } }
    for (const nested of [options.scope, options.authorizationParams, options.customHeaders])
      Object.freeze(nested)
    construct(Object.freeze(options))
    expect(options).to.deep.equal(before)
  })

  it('count as they were at construction', () => {
    const customHeaders: Record<string, string> = { 'X-A': '1' }
    const authorizationParams: Record<string, string> = { plan: 'x' }
    const settings = parseStrategyOptions({ ...required, customHeaders, authorizationParams })
    customHeaders['X-A'] = '2'
    authorizationParams.plan = 'y'
    expect(settings.customHeaders).to.deep.equal({ 'X-A': '1' })
    expect(settings.authorizationParams).to.deep.equal({ plan: 'x' })
  })
})

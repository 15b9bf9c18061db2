import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  buildAuthorizationURL,
  challengeOf,
  checkAuthorizationParams,
  hasOpenID,
  nonceOf,
  parseScope,
  randomToken,
} from '../../lib/oauth/authorization-url.js'

const request = {
  authorizationURL: 'https://auth.x.ai/oauth2/authorize',
  clientID: 'app & co',
  redirectURI: 'https://app.example/callback?a=b&c=ü',
  scope: 'openid email',
  state: 's+t/=',
  codeVerifier: 'v'.repeat(43),
  extras: {},
}
const parametersOf = (changes: object = {}): Array<[string, string]> => [
  ...new URL(buildAuthorizationURL({ ...request, ...changes })).searchParams,
]

describe('the authorization request', () => {
  it('carries each parameter of the protocol once', () => {
    expect(parametersOf()).to.have.deep.members([
      ['response_type', 'code'],
      ['client_id', 'app & co'],
      ['redirect_uri', 'https://app.example/callback?a=b&c=ü'],
      ['scope', 'openid email'],
      ['state', 's+t/='],
      ['nonce', nonceOf(request.codeVerifier)],
      ['code_challenge', challengeOf(request.codeVerifier)],
      ['code_challenge_method', 'S256'],
    ])
  })

  it('never carries the verifier', () => {
    expect(buildAuthorizationURL(request)).to.not.contain(request.codeVerifier)
  })

  it('has no nonce without openid, and no scope without one', () => {
    expect(new URLSearchParams(parametersOf({ scope: 'api:access' })).has('nonce')).to.equal(false)
    expect(new URLSearchParams(parametersOf({ scope: '' })).has('scope')).to.equal(false)
  })

  it('carries the application’s parameters, none of which replaces one of the protocol', () => {
    const extras = {
      plan: 'a b',
      max_age: 0,
      on: true,
      none: undefined,
      nothing: null,
      state: 'x',
      nonce: 'y',
    }
    const parameters = parametersOf({ extras })
    expect(parameters).to.deep.include.members([
      ['plan', 'a b'],
      ['max_age', '0'],
      ['on', 'true'],
      ['state', 's+t/='],
    ])
    const names = parameters.map(([name]) => name)
    expect(names).to.have.property('length', new Set(names).size)
    expect(names).to.not.include.members(['none']).and.to.not.include.members(['nothing'])
    expect(parameters).to.not.deep.include(['nonce', 'y'])
  })

  const endpoints: ReadonlyArray<readonly [what: string, url: string, start: string]> = [
    [
      'keeps the query of an endpoint to the letter',
      'https://a.example/b?tenant=a%20b&x=+',
      'https://a.example/b?tenant=a%20b&x=+&',
    ],
    [
      'keeps a parameter that the endpoint has twice',
      'https://a.example/b?x=1&x=2',
      'https://a.example/b?x=1&x=2&',
    ],
    ['keeps a question mark inside a query', 'https://a.example/b?x=1?2', 'https://a.example/b?x=1?2&'],
    ['keeps an ampersand in a path', 'https://a.example/b&c', 'https://a.example/b&c?'],
    ['has one question mark after an empty query', 'https://a.example/b?', 'https://a.example/b?'],
    [
      'replaces what the endpoint has under names of the protocol',
      'https://a.example/b?state=x&a=1&scope=y&state=z',
      'https://a.example/b?a=1&',
    ],
    ['replaces what is escaped', 'https://a.example/b?st%61te=x&a=1', 'https://a.example/b?a=1&'],
    [
      'replaces what the application sets',
      'https://a.example/b?plan=old&a=1',
      'https://a.example/b?a=1&plan=new&',
    ],
  ]
  for (const [what, authorizationURL, start] of endpoints)
    it(what, () => {
      const extras = start.includes('plan') ? { plan: 'new' } : {}
      const url = buildAuthorizationURL({ ...request, authorizationURL, extras })
      expect(url.startsWith(start), url).to.equal(true)
      expect(url.slice(start.length)).to.match(/^response_type=code&client_id=/)
      expect(new URL(url).searchParams.getAll('state')).to.deep.equal([request.state])
      expect(new URL(url).searchParams.getAll('scope')).to.deep.equal([request.scope])
    })
})

describe('scopes', () => {
  for (const scope of [
    'openid,email',
    ',openid,,  email',
    'openid, email',
    ['openid,email'],
    ['openid', ',email'],
  ])
    it(`are refused with commas, as in ${JSON.stringify(scope)}, and the message shows them with spaces`, () => {
      expect(() => parseScope('XaiStrategy', scope)).to.throw(
        TypeError,
        /^XaiStrategy: scope ".*" has commas; separate scopes by spaces: 'openid email'$/,
      )
    })

  it('are joined by spaces', () => {
    expect(parseScope('XaiStrategy', ['openid', 'email'])).to.equal('openid email')
    expect(parseScope('XaiStrategy', ' openid ')).to.equal('openid')
    expect(parseScope('XaiStrategy', '\n  openid\n\temail\n')).to.equal('openid email')
    expect(parseScope('XaiStrategy', [])).to.equal('')
  })

  for (const scope of [undefined, null, 1, {}, ['openid', 1], [['openid']]])
    it(`are not ${JSON.stringify(scope)}`, () => {
      expect(() => parseScope('XaiStrategy', scope)).to.throw(
        TypeError,
        /^XaiStrategy: scope must be a string or a list of strings; write/,
      )
    })

  it('ask for an id_token by openid alone', () => {
    expect(hasOpenID('email openid')).to.equal(true)
    expect(hasOpenID('openid2 x:openid')).to.equal(false)
    expect(hasOpenID('')).to.equal(false)
  })
})

describe('authorization parameters', () => {
  it('may be strings, numbers, booleans and undefined under names of their own', () => {
    expect(() => checkAuthorizationParams({ a: 'x', b: 1, c: false, d: undefined })).to.not.throw()
  })

  const names = [
    'response_type',
    'response_mode',
    'client_id',
    'client_secret',
    'code',
    'code_verifier',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
  ]
  for (const name of [...names, 'code_challenge', 'code_challenge_method', 'request', 'request_uri'])
    it(`may not name ${name}`, () => {
      expect(() => checkAuthorizationParams({ [name]: 'x' })).to.throw(
        TypeError,
        `XaiStrategy: authorizationParams may not set ${name}, which the protocol`,
      )
    })

  for (const value of [null, {}, ['a'], () => 'a'])
    it(`may not be ${JSON.stringify(value) ?? 'a function'}`, () => {
      expect(() => checkAuthorizationParams({ plan: value })).to.throw(
        TypeError,
        /^XaiStrategy: authorizationParams\.plan must be/,
      )
    })

  // biome-ignore lint/suspicious/noThenProperty: a promise of a library
  const thenable = { then: () => undefined }
  for (const params of [undefined, null, 'a=b', 1, ['a'], new Map(), Promise.resolve({}), thenable])
    it(`are not ${inspect(params)}`, () => {
      expect(() => checkAuthorizationParams(params)).to.throw(
        TypeError,
        /^XaiStrategy: authorizationParams must be a plain object, or a function/,
      )
    })
})

describe('PKCE', () => {
  it('makes the challenge of RFC 7636, Appendix B', () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).to.equal(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })

  it('makes random tokens of 256 bits that never repeat', () => {
    const tokens = Array.from({ length: 1000 }, randomToken)
    expect(new Set(tokens)).to.have.property('size', 1000)
    for (const token of tokens) expect(token).to.match(/^[\w-]{43}$/)
  })

  it('derives one nonce from one verifier, and not the public challenge', () => {
    const verifier = randomToken()
    expect(nonceOf(verifier))
      .to.match(/^[\w-]{43}$/)
      .and.to.equal(nonceOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(challengeOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(nonceOf(randomToken()))
  })
})

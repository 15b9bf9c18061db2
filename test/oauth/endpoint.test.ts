import { expect } from 'chai'
import {
  checkHomeURL,
  checkIssuer,
  checkSecureURL,
  endpointsOf,
  isLoopbackHost,
  xaiIssuer,
} from '../../lib/oauth/endpoint.js'

describe('endpoints', () => {
  it('are xAI’s for xAI’s issuer', () => {
    expect(endpointsOf(xaiIssuer)).to.deep.equal({
      authorizationURL: 'https://auth.x.ai/oauth2/authorize',
      tokenURL: 'https://auth.x.ai/oauth2/token',
      userInfoURL: 'https://auth.x.ai/oauth2/userinfo',
      revocationURL: 'https://auth.x.ai/oauth2/revoke',
      jwksURL: 'https://auth.x.ai/.well-known/jwks.json',
    })
  })

  it('follow from another issuer', () => {
    expect(endpointsOf('https://id.example/xai').tokenURL).to.equal('https://id.example/xai/oauth2/token')
  })
})

describe('a loopback host', () => {
  const hosts: Readonly<Record<string, boolean>> = {
    localhost: true,
    'app.localhost': true,
    '127.0.0.1': true,
    '127.255.0.9': true,
    '[::1]': true,
    'localhost.evil.example': false,
    notlocalhost: false,
    '127.0.0.1.evil.example': false,
    '0.0.0.0': false,
    '10.0.0.1': false,
    '[::2]': false,
    'auth.x.ai': false,
    '': false,
  }
  for (const [host, expected] of Object.entries(hosts))
    it(`is ${expected ? '' : 'not '}"${host}"`, () => {
      expect(isLoopbackHost(host)).to.equal(expected)
    })
})

describe('a secure URL', () => {
  const accepted = [
    'https://auth.x.ai/oauth2/token',
    'https://auth.x.ai:8443/oauth2/token?tenant=a%20b&x=+',
    'http://127.0.0.1:4000/callback',
    'http://localhost/callback',
    'http://app.localhost:3000/',
    'http://[::1]:8080/callback',
  ]
  for (const url of accepted)
    it(`may be ${url}`, () => {
      expect(() => checkSecureURL('XaiStrategy', 'tokenURL', url)).to.not.throw()
    })

  for (const url of [undefined, 'http://app.example/callback'])
    it(`leads who cannot have a callback (${url}) to the code`, () => {
      expect(() => checkSecureURL('XaiStrategy', 'callbackURL', url)).to.throw(
        TypeError,
        /; where no callback reaches the application, use XaiDeviceStrategy$/,
      )
    })

  const refused: ReadonlyArray<readonly [what: string, value: unknown, message: RegExp]> = [
    [
      'nothing',
      undefined,
      /^XaiStrategy: tokenURL is missing or not a string; write an absolute URL such as https:\/\/app\.example\/…$/,
    ],
    ['null', null, /tokenURL is missing or not a string/],
    ['empty', '', /tokenURL is missing or not a string/],
    ['a URL object', new URL('https://auth.x.ai'), /tokenURL is missing or not a string/],
    ['a path', '/oauth2/token', /tokenURL "\/oauth2\/token" is not an absolute URL/],
    ['a host without a scheme', 'auth.x.ai/oauth2/token', /is not an absolute URL/],
    ['without slashes', 'https:auth.x.ai/oauth2/token', /is not an absolute URL/],
    ['with a space before it', ' https://auth.x.ai/', /is not an absolute URL/],
    ['with a line break inside', 'https://auth.x.ai/oauth2\n/token', /is not an absolute URL/],
    ['with backslashes', 'https:\\\\auth.x.ai\\', /is not an absolute URL/],
    ['with a scheme in capitals', 'HTTPS://auth.x.ai/', /is not an absolute URL/],
    ['plain http', 'http://auth.x.ai/oauth2/token', /neither https nor on a loopback host; write https:/],
    ['plain http on a look-alike', 'http://127.0.0.1.evil.example/', /neither https nor on a loopback host/],
    ['another scheme', 'ftp://127.0.0.1/', /neither https nor on a loopback host/],
    ['with a fragment', 'https://auth.x.ai/#token', /must have no fragment and no user name/],
    ['with an empty fragment', 'https://auth.x.ai/#', /must have no fragment/],
    ['with a user name', 'https://user@auth.x.ai/', /must have no fragment and no user name/],
    ['with a password', 'https://:password@auth.x.ai/', /must have no fragment and no user name/],
  ]
  for (const [what, value, message] of refused)
    it(`is not ${what}`, () => {
      expect(() => checkSecureURL('XaiStrategy', 'tokenURL', value)).to.throw(TypeError, message)
    })

  it('is shown as a callback when a callback is wanted', () => {
    expect(() => checkSecureURL('XaiStrategy', 'callbackURL', '/callback')).to.throw(
      /https:\/\/app\.example\/callback/,
    )
  })
})

describe('a home', () => {
  for (const url of ['/', '/home?a=1', 'https://app.example/', 'http://app.example'])
    it(`may be ${url}`, () => {
      expect(() => checkHomeURL('XaiDeviceStrategy', 'page.homeURL', url)).to.not.throw()
    })

  for (const url of [
    '',
    'home',
    '//evil.example',
    '/\\evil.example',
    'https:///a',
    'javascript:/',
    ['/'],
    null,
  ])
    it(`is not ${JSON.stringify(url)}`, () => {
      expect(() => checkHomeURL('XaiDeviceStrategy', 'page.homeURL', url)).to.throw(
        TypeError,
        "XaiDeviceStrategy: page.homeURL must be a path such as '/', or an http or https URL",
      )
    })
})

describe('an issuer', () => {
  for (const issuer of [xaiIssuer, 'http://127.0.0.1:4000', 'https://id.example/xai'])
    it(`may be ${issuer}`, () => {
      expect(() => checkIssuer('XaiStrategy', issuer)).to.not.throw()
    })

  const refused: ReadonlyArray<readonly [issuer: unknown, message: string]> = [
    [undefined, 'issuer is missing or not a string'],
    ['http://auth.x.ai', 'issuer "http://auth.x.ai" is neither https nor on a loopback host'],
    ['https://auth.x.ai/', 'issuer "https://auth.x.ai/" ends with a slash; write "https://auth.x.ai"'],
    [
      'https://id.example/xai//',
      'issuer "https://id.example/xai//" ends with a slash; write "https://id.example/xai"',
    ],
    ['https://id.example?a=1', 'issuer "https://id.example?a=1" has a query; write "https://id.example"'],
    ['https://id.example/?', 'issuer "https://id.example/?" has a query; write "https://id.example"'],
  ]
  for (const [issuer, message] of refused)
    it(`is not ${issuer}`, () => {
      expect(() => checkIssuer('XaiDeviceStrategy', issuer)).to.throw(
        TypeError,
        `XaiDeviceStrategy: ${message}`,
      )
    })
})

import { expect } from 'chai'
import { checkSecureURL, endpointsOf, isLoopbackHost, xaiIssuer } from '../../lib/oauth/endpoint.js'

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

  it('follow from another issuer, whether it ends in a slash or not', () => {
    expect(endpointsOf('http://127.0.0.1:4000/')).to.deep.equal(endpointsOf('http://127.0.0.1:4000'))
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
      expect(() => checkSecureURL('tokenURL', url)).to.not.throw()
    })

  const refused: ReadonlyArray<readonly [what: string, value: unknown, message: RegExp]> = [
    ['nothing', undefined, /tokenURL is missing or no string; write an absolute URL/],
    ['null', null, /tokenURL is missing or no string/],
    ['empty', '', /tokenURL is missing or no string/],
    ['a URL object', new URL('https://auth.x.ai'), /tokenURL is missing or no string/],
    ['a path', '/oauth2/token', /tokenURL "\/oauth2\/token" is no absolute URL/],
    ['a host without a scheme', 'auth.x.ai/oauth2/token', /is no absolute URL/],
    ['without slashes', 'https:auth.x.ai/oauth2/token', /is no absolute URL/],
    ['with a space before it', ' https://auth.x.ai/', /is no absolute URL/],
    ['with a line break inside', 'https://auth.x.ai/oauth2\n/token', /is no absolute URL/],
    ['with backslashes', 'https:\\\\auth.x.ai\\', /is no absolute URL/],
    ['with a scheme in capitals', 'HTTPS://auth.x.ai/', /is no absolute URL/],
    ['plain http', 'http://auth.x.ai/oauth2/token', /neither https nor on a loopback host; write https:/],
    ['plain http on a look-alike', 'http://127.0.0.1.evil.example/', /neither https nor on a loopback host/],
    ['another scheme', 'ftp://127.0.0.1/', /neither https nor on a loopback host/],
    ['with a fragment', 'https://auth.x.ai/#token', /must hold no fragment and no user name/],
    ['with an empty fragment', 'https://auth.x.ai/#', /must hold no fragment/],
    ['with a user name', 'https://user@auth.x.ai/', /must hold no fragment and no user name/],
    ['with a password', 'https://:password@auth.x.ai/', /must hold no fragment and no user name/],
  ]
  for (const [what, value, message] of refused)
    it(`is not ${what}`, () => {
      expect(() => checkSecureURL('tokenURL', value)).to.throw(TypeError, message)
    })

  it('is shown as a callback when a callback is wanted', () => {
    expect(() => checkSecureURL('callbackURL', '/callback')).to.throw(/https:\/\/app\.example\/callback/)
  })
})

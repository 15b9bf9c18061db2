import { expect } from 'chai'
import { CookieStateStore, loopbackRelay, SessionStateStore } from '../../lib/index.js'

const secret = 'a secret of a test, longer than 32 characters'

describe('loopbackRelay options', () => {
  const wrong: ReadonlyArray<readonly [what: string, options: unknown, message: RegExp]> = [
    ['no object', null, /^loopbackRelay: options must be an object with consentOrigin, store, homeURL/],
    [
      'an option that is misspelt',
      { consentOrigins: 'https://accounts.x.ai' },
      /^loopbackRelay: there is no option consentOrigins; write consentOrigin$/,
    ],
    ['an option in other capitals', { homeUrl: '/' }, /there is no option homeUrl; write homeURL$/],
    [
      'an option that is unknown',
      { callbackPath: '/callback' },
      /there is no option callbackPath; the options are consentOrigin, store, homeURL$/,
    ],
    ['a consent origin that is no string', { consentOrigin: 1 }, /consentOrigin must be an origin/],
    [
      'a consent origin that is no URL',
      { consentOrigin: 'accounts.x.ai' },
      /write https:\/\/accounts\.x\.ai$/,
    ],
    ['a consent origin with a path', { consentOrigin: 'https://accounts.x.ai/' }, /no path/],
    ['a consent origin without TLS', { consentOrigin: 'http://accounts.x.ai' }, /http only on loopback/],
    ['the origin "null"', { consentOrigin: 'null' }, /consentOrigin must be an origin/],
    ['an opaque origin', { consentOrigin: 'data:a' }, /consentOrigin must be an origin/],
    ['an empty list of consent origins', { consentOrigin: [] }, /or a list of such/],
    [
      'one wrong consent origin in a list',
      { consentOrigin: ['https://accounts.x.ai', '*'] },
      /a list of such/,
    ],
    ['a store that holds nothing', { store: {} }, /write the SessionStateStore or CookieStateStore/],
    ['no store', { store: null }, /store cannot tell whose sign-in a state is/],
    ['a home URL that is no string', { homeURL: 1 }, /homeURL must be a path such as '\/'/],
    ['a home URL of another scheme', { homeURL: 'javascript:alert(1)' }, /or an http or https URL/],
    ['a home URL without a scheme', { homeURL: '//evil.example' }, /homeURL must be a path/],
  ]
  for (const [what, options, message] of wrong) {
    it(`are refused with ${what}`, () => {
      expect(() => loopbackRelay(options as object)).to.throw(TypeError, message)
    })
  }

  const right: ReadonlyArray<readonly [what: string, options: Parameters<typeof loopbackRelay>[0]]> = [
    ['nothing', undefined],
    ['undefined values', { consentOrigin: undefined, store: undefined, homeURL: undefined }],
    ['an origin', { consentOrigin: 'https://accounts.x.ai' }],
    ['an origin on loopback', { consentOrigin: 'http://127.0.0.1:4000' }],
    ['several origins', { consentOrigin: ['https://accounts.x.ai', 'http://localhost:4000'] }],
    ['a session store', { store: new SessionStateStore() }],
    ['a cookie store', { store: new CookieStateStore({ secret }) }],
    ['a path as home', { homeURL: '/home' }],
    ['an address as home', { homeURL: 'https://app.example/' }],
  ]
  for (const [what, options] of right) {
    it(`are taken with ${what}`, () => {
      expect(loopbackRelay(options)).to.be.a('function')
    })
  }
})

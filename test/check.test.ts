import { inspect } from 'node:util'
import { expect } from 'chai'
import { checkOptionNames, findMeant, isPlain, isText } from '../lib/check.js'

const texts: ReadonlyArray<readonly [value: unknown, is: boolean]> = [
  ['a', true],
  [' ', true],
  ['', false],
  [undefined, false],
  [null, false],
  [1, false],
  [['a'], false],
  [{ length: 1 }, false],
]

describe('isText', () => {
  for (const [value, is] of texts)
    it(`says ${is ? 'yes' : 'no'} to ${JSON.stringify(value)}`, () => {
      expect(isText(value)).to.equal(is)
    })
})

const known = ['clientID', 'clientSecret', 'callbackURL', 'scope', 'issuer']

describe('checkOptionNames', () => {
  it('accepts known names, and no name at all', () => {
    expect(() => checkOptionNames('Test', { clientID: 'a', scope: 'b' }, known)).to.not.throw()
    expect(() => checkOptionNames('Test', {}, known)).to.not.throw()
  })
  for (const [given, meant] of [
    ['clientId', 'clientID'],
    ['client_secret', 'clientSecret'],
    ['scopes', 'scope'],
    ['callbackUrl', 'callbackURL'],
    ['isuer', 'issuer'],
  ] as const) {
    it(`names ${meant} when somebody writes ${given}`, () => {
      expect(() => checkOptionNames('Test', { [given]: 'x' }, known)).to.throw(
        TypeError,
        `Test: there is no option ${given}; write ${meant}`,
      )
    })
  }
  it('lists what there is when no known name is close', () => {
    expect(() => checkOptionNames('Test', { frobnicate: 1 }, known)).to.throw(TypeError, known.join(', '))
  })
  it('says what a hint says of a name from elsewhere', () => {
    const hints = { proxy: 'write agent' }
    expect(() => checkOptionNames('Test', { proxy: 1 }, known, hints)).to.throw(
      TypeError,
      /option proxy; write agent$/,
    )
  })
  it('takes __proto__ and constructor for unknown options', () => {
    const options = JSON.parse('{"__proto__": 1}')
    expect(() => checkOptionNames('Test', options, known)).to.throw(TypeError, '__proto__')
    expect(() => checkOptionNames('Test', { constructor: 1 }, known)).to.throw(TypeError, 'constructor')
  })
  for (const wrong of [undefined, null, 'text', [], 1]) {
    it(`refuses ${JSON.stringify(wrong)} in place of options`, () => {
      expect(() => checkOptionNames('Test', wrong, known)).to.throw(
        TypeError,
        'Test: options must be an object with clientID, clientSecret, callbackURL…',
      )
    })
  }
})

describe('findMeant', () => {
  it('finds nothing for a short name that is close to everything', () => {
    expect(findMeant('x', ['y', 'z'])).to.equal(undefined)
  })
  it('finds nothing among no names', () => {
    expect(findMeant('scope', [])).to.equal(undefined)
  })
  it('finds the nearest of several', () => {
    expect(findMeant('scopes', ['scapes', 'scope', 'scones'])).to.equal('scope')
    expect(findMeant('issuer', ['issued', 'issuer'])).to.equal('issuer')
  })
  for (const [name, meant] of [
    ['xissuer', 'issuer'],
    ['ssuer', 'issuer'],
    ['issxer', 'issuer'],
    ['issuxer', 'issuer'],
    ['isseur', 'issuer'],
    ['issuerxy', 'issuer'],
    ['issuerxyz', undefined],
    ['iss-uer_s', 'issuer'],
    ['sissuer', 'issuer'],
    ['ISSUER', 'issuer'],
    ['isr', undefined],
    ['issur', 'issuer'],
    ['issu', 'issuer'],
    ['iss', undefined],
    ['agents', 'agent'],
    ['acent', 'agent'],
    ['aent', 'agent'],
    ['aget', 'agent'],
    ['acet', undefined],
    ['agnet', 'agent'],
    ['gaent', 'agent'],
    ['agetn', 'agent'],
    ['gaetn', undefined],
    ['atnge', undefined],
    ['host', undefined],
  ] as const)
    it(`${meant ? 'finds' : 'does not find'} ${meant ?? 'a name'} for ${name}`, () => {
      expect(findMeant(name, ['issuer', 'agent'])).to.equal(meant)
    })

  const paths = [
    '/oauth2/token',
    '/oauth2/userinfo',
    '/.well-known/jwks.json',
    '/oauth2/device/code',
    '/oauth2/device',
  ]
  const rows: ReadonlyArray<readonly [name: string, among: string[], meant: string | undefined]> = [
    ['prot', ['port', 'accounts', 'signInAs'], 'port'],
    ['host', ['port', 'accounts', 'signInAs'], undefined],
    ['emial', ['id', 'sub', 'email', 'emailVerified', 'tier'], 'email'],
    ['user', ['id', 'sub', 'email', 'emailVerified', 'tier'], undefined],
    ['secret', ['clientID', 'clientSecret', 'name'], 'clientSecret'],
    ['claims', ['idTokenClaims', 'tokenLifetime'], 'idTokenClaims'],
    ['life', ['idTokenClaims', 'tokenLifetime'], 'tokenLifetime'],
    ['lif', ['idTokenClaims', 'tokenLifetime'], undefined],
    ['token', ['idTokenClaims', 'tokenLifetime'], undefined],
    ['/token', paths, '/oauth2/token'],
    ['/userinfo', paths, '/oauth2/userinfo'],
    ['/jwks', paths, '/.well-known/jwks.json'],
    ['/device', paths, undefined],
    ['__proto__', ['port', 'accounts', 'signInAs'], undefined],
  ]
  for (const [name, among, meant] of rows)
    it(`takes ${name} among ${among.join(', ')} for ${meant ?? 'none of them'}`, () => {
      expect(findMeant(name, among)).to.equal(meant)
    })
})

describe('isPlain', () => {
  const module = Object.defineProperty({ a: 1 }, Symbol.toStringTag, { value: 'Module' })
  for (const value of [{}, { a: 1 }, Object.create(null), new (class Options {})(), module])
    it(`takes ${inspect(value)}`, () => {
      expect(isPlain(value)).to.equal(true)
    })

  // biome-ignore lint/suspicious/noThenProperty: a promise of a library
  const thenable = { then: () => undefined }
  for (const value of [undefined, null, 'a', 1, [], new Map(), new Headers(), Promise.resolve(), thenable])
    it(`does not take ${inspect(value)}`, () => {
      expect(isPlain(value)).to.equal(false)
    })
})

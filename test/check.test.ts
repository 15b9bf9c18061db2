import { expect } from 'chai'
import { checkOptionNames, findMeant } from '../lib/check.js'

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
    ['issu', undefined],
    ['agents', 'agent'],
    ['acent', 'agent'],
    ['aent', 'agent'],
    ['aget', 'agent'],
    ['acet', undefined],
  ] as const)
    it(`${meant ? 'finds' : 'does not find'} ${meant ?? 'a name'} for ${name}`, () => {
      expect(findMeant(name, ['issuer', 'agent'])).to.equal(meant)
    })
})

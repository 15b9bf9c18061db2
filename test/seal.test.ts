import { expect } from 'chai'
import { Seal } from '../lib/seal.js'

const secret = 'a secret that is long enough to be one'
const other = 'another secret, also long enough for it'

describe('Seal', () => {
  const seal = new Seal('Test', secret, 'test')

  it('opens what it sealed', () => {
    expect(seal.open(seal.seal('{"a":"ä"}', 'person-1'), 'person-1')).to.equal('{"a":"ä"}')
  })
  it('opens an empty text', () => {
    expect(seal.open(seal.seal(''))).to.equal('')
  })
  it('takes a secret of 32 characters', () => {
    expect(() => new Seal('Test', 'x'.repeat(32), 'test')).to.not.throw()
  })
  it('never seals the same text alike', () => {
    expect(seal.seal('text')).to.not.equal(seal.seal('text'))
  })
  it('does not open what is bound to something else', () => {
    expect(seal.open(seal.seal('text', 'person-1'), 'person-2')).to.equal(undefined)
  })
  it('does not open what was sealed for another purpose', () => {
    expect(new Seal('Test', secret, 'other').open(seal.seal('text'))).to.equal(undefined)
  })
  it('does not open what another secret sealed', () => {
    expect(new Seal('Test', other, 'test').open(seal.seal('text'))).to.equal(undefined)
  })
  it('seals with the first secret and opens with each, so that secrets can be replaced', () => {
    const rotated = new Seal('Test', [other, secret], 'test')
    expect(rotated.open(seal.seal('old'))).to.equal('old')
    expect(seal.open(rotated.seal('new'))).to.equal(undefined)
  })
  it('opens nothing that was changed, cut or lengthened in any byte', () => {
    const bytes = Buffer.from(seal.seal('text'), 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      expect(seal.open(changed.toString('base64url')), `byte ${at}`).to.equal(undefined)
      expect(seal.open(bytes.subarray(0, at).toString('base64url')), `cut at ${at}`).to.equal(undefined)
    }
    expect(seal.open(Buffer.concat([bytes, Buffer.of(0)]).toString('base64url'))).to.equal(undefined)
  })
  for (const [what, wrong] of [
    ['nothing', undefined],
    ['an empty list', []],
    ['31 characters', 'x'.repeat(31)],
    ['a list with a short one', [secret, 'short']],
    ['a number', 32],
    ['an object with a length', { length: 32 }],
  ] as const) {
    it(`refuses ${what} as a secret, and says how to make one`, () => {
      expect(() => new Seal('Test', wrong, 'test')).to.throw(
        TypeError,
        /^Test: secret .*openssl rand -base64 48$/,
      )
    })
  }
})

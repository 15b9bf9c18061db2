import { expect } from 'chai'
import { buildSeal } from '../../lib/state/seal.js'

const value = { codeVerifier: 'the-verifier', state: { a: ['é', null] } }
const [oldSecret, newSecret] = ['old '.repeat(10), 'new '.repeat(10)]

describe('a seal', () => {
  it('opens what it sealed', async () => {
    const seal = buildSeal([oldSecret])
    expect(await seal.open(await seal.seal(value))).to.deep.equal(value)
  })

  it('is a JWE of dir and A256GCM in which nothing can be read', async () => {
    const sealed = await buildSeal([oldSecret]).seal(value)
    const [header, key, ...rest] = sealed.split('.').map((part) => Buffer.from(part, 'base64url'))
    expect(JSON.parse(`${header}`)).to.deep.equal({ alg: 'dir', enc: 'A256GCM' })
    expect(key).to.have.lengthOf(0)
    expect(Buffer.concat(rest).toString('latin1')).not.to.match(/verifier/)
  })

  it('seals the same value differently every time', async () => {
    const seal = buildSeal([oldSecret])
    expect(await seal.seal(value)).not.to.equal(await seal.seal(value))
  })

  it('opens, with a list of secrets, what any of them sealed', async () => {
    const sealed = await buildSeal([oldSecret]).seal(value)
    expect(await buildSeal([newSecret, oldSecret]).open(sealed)).to.deep.equal(value)
  })

  it('seals, with a list of secrets, with the first', async () => {
    const sealed = await buildSeal([newSecret, oldSecret]).seal(value)
    expect(await buildSeal([newSecret]).open(sealed)).to.deep.equal(value)
    expect(await buildSeal([oldSecret]).open(sealed)).to.equal(undefined)
  })

  const changes: ReadonlyArray<readonly [what: string, change: (sealed: string) => string]> = [
    ['nothing', () => ''],
    ['no JWE', () => 'junk'],
    ['a truncated text', (sealed) => sealed.slice(0, -4)],
    ['a text without its tag', (sealed) => sealed.slice(0, sealed.lastIndexOf('.') + 1)],
    ['a text with a longer end', (sealed) => `${sealed}AAAA`],
    [
      'another ciphertext',
      (sealed) =>
        sealed.replace(
          /\.([\w-])([\w-]+\.[\w-]+)$/,
          (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`,
        ),
    ],
    [
      'another header',
      (sealed) =>
        sealed.replace(/^[\w-]+/, Buffer.from('{"alg":"dir","enc":"A128GCM"}').toString('base64url')),
    ],
    [
      'a header that asks for a password-derived key',
      (sealed) =>
        sealed.replace(
          /^[\w-]+/,
          Buffer.from('{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":9999999,"p2s":"AAAA"}').toString(
            'base64url',
          ),
        ),
    ],
  ]
  for (const [what, change] of changes)
    it(`gives undefined for ${what}`, async () => {
      const seal = buildSeal([oldSecret])
      const changed = change(await seal.seal(value))
      expect(await seal.open(changed)).to.equal(undefined)
    })
})

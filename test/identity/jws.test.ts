import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { parseCompactJWS, verifiedPayloadOf } from '../../lib/identity/jws.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signWith(dsaEncoding: 'ieee-p1363' | 'der', header: object = {}): string {
  const content = `${encode({ alg: 'ES256', ...header })}.${encode({ sub: 'person' })}`
  return `${content}.${sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding }).toString('base64url')}`
}

const payloadOf = (token: string, key = publicKey): string | undefined => {
  const jws = parseCompactJWS(token)
  if (!jws) throw new Error('no JWS')
  return verifiedPayloadOf(jws, key)
}

describe('verifiedPayloadOf', () => {
  it('gives the payload of the example in RFC 7515, appendix A.3', () => {
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    })
    const token =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ' +
      '.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
    const payload = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
    expect(payloadOf(token, key)).to.equal(payload)
  })

  const honest = signWith('ieee-p1363')
  const [header, payload, signature] = honest.split('.') as [string, string, string]
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  // The last character of 64 bytes stands for two bits; the other four are free to be set.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(signature.at(-1) as string) + 1]

  const refused: ReadonlyArray<readonly [what: string, token: string, key?: typeof publicKey]> = [
    ['the key of somebody else', honest, stranger],
    ['another payload', `${header}.${encode({ sub: 'other' })}.${signature}`],
    ['another header', `${encode({ alg: 'ES256', kid: 'x' })}.${payload}.${signature}`],
    ['an empty signature', `${header}.${payload}.`],
    ['a signature of zeros', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['a signature that is cut off', honest.slice(0, -4)],
    ['a signature that goes on', `${honest}AAAA`],
    ['a signature in DER', signWith('der')],
    ['padding', `${honest}==`],
    [
      'characters that base64url does not have',
      `${header}.${payload}.${signature.slice(0, 9)} ${signature.slice(9)}`,
    ],
    ['free bits that are set', honest.slice(0, -1) + last],
    ['a critical extension', signWith('ieee-p1363', { crit: ['b64'], b64: true })],
    ['an empty list of critical extensions', signWith('ieee-p1363', { crit: [] })],
  ]
  for (const [what, token, key] of refused) {
    it(`refuses ${what}`, () => expect(payloadOf(token, key)).to.equal(undefined))
  }

  it('accepts the honest token that the refused ones are made of', () => {
    expect(payloadOf(honest)).to.equal('{"sub":"person"}')
  })
})

describe('parseCompactJWS', () => {
  const none: ReadonlyArray<readonly [what: string, token: string]> = [
    ['an empty text', ''],
    ['an opaque token', 'opaque'],
    ['two parts', `${encode({ alg: 'ES256' })}.${encode({})}`],
    ['a header that is no JSON', `${Buffer.from('{').toString('base64url')}.AA.AA`],
    ['a header that is a list', `${encode(['ES256'])}.AA.AA`],
  ]
  for (const [what, token] of none) {
    it(`takes ${what} for none`, () => expect(parseCompactJWS(token)).to.equal(undefined))
  }

  it('takes a token apart without judging it', () => {
    expect(parseCompactJWS(`${encode({ alg: 'none' })}.AA.`)).to.deep.equal({
      header: { alg: 'none' },
      signed: `${encode({ alg: 'none' })}.AA`,
      payload: 'AA',
      signature: '',
    })
  })
})

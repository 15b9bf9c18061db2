import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { XaiOAuthError } from '../../lib/error.js'
import {
  buildRefusedTokenError,
  type JWTKind,
  parseJWS,
  quoteReceived,
  readUnverifiedClaims,
  verifyES256,
  verifyJWT,
} from '../../lib/identity/jwt.js'
import { failureOf } from '../support/failure.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const encode = (value: unknown): string =>
  Buffer.from(
    typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
  ).toString('base64url')

function signToken(
  payload: unknown,
  header: unknown = {},
  dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): string {
  const fields = typeof header === 'string' ? header : { alg: 'ES256', kid: 'k', ...(header as object) }
  const content = `${encode(fields)}.${encode(payload)}`
  return `${content}.${sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding }).toString('base64url')}`
}

const withSignatureOf = (token: string, other: string): string =>
  token.slice(0, token.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'))

describe('verifyES256', () => {
  const isSigned = (token: string, key = publicKey): boolean => {
    const jws = parseJWS(token)
    if (!jws) throw new Error('not a JWS')
    return verifyES256(jws, key)
  }

  it('accepts the example of RFC 7515, appendix A.3', () => {
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
    expect(isSigned(token, key)).to.equal(true)
  })

  const honest = signToken({ sub: 'person' })
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
    ['a signature in DER', signToken({ sub: 'person' }, {}, 'der')],
    ['padding', `${honest}==`],
    [
      'characters that base64url does not have',
      `${header}.${payload}.${signature.slice(0, 9)} ${signature.slice(9)}`,
    ],
    ['free bits that are set', honest.slice(0, -1) + last],
  ]
  for (const [what, token, key] of refused) {
    it(`refuses ${what}`, () => expect(isSigned(token, key)).to.equal(false))
  }

  it('accepts the honest token that the refused ones are made of', () => {
    expect(isSigned(honest)).to.equal(true)
  })
})

describe('parseJWS', () => {
  const broken: ReadonlyArray<readonly [what: string, token: string]> = [
    ['an empty text', ''],
    ['an opaque token', 'opaque'],
    ['two parts', `${encode({ alg: 'ES256' })}.${encode({})}`],
    ['a header that is not JSON', `${encode('{')}.AA.AA`],
    ['a header that is a list', `${encode(['ES256'])}.AA.AA`],
    [
      'a header that is not UTF-8',
      `${encode(Buffer.from([...Buffer.from('{"a":"'), 0xff, 0x22, 0x7d]))}.AA.AA`,
    ],
  ]
  for (const [what, token] of broken) {
    it(`refuses ${what}`, () => expect(parseJWS(token)).to.equal(undefined))
  }

  it('takes a token apart and does not judge it', () => {
    expect(parseJWS(`${encode({ alg: 'none' })}.AA.`)).to.deep.equal({
      header: { alg: 'none' },
      signed: `${encode({ alg: 'none' })}.AA`,
      payload: 'AA',
      signature: '',
    })
  })
})

describe('verifyJWT', () => {
  const asked: unknown[] = []
  const keys = {
    find: async (kid: unknown) => {
      asked.push(kid)
      return kid === 'k' ? publicKey : undefined
    },
  }
  beforeEach(() => asked.splice(0))

  const kind: JWTKind = {
    name: 'id_token',
    rules: { sub: (sub) => (typeof sub === 'string' && sub !== '') || 'a string' },
  }

  const refusalOf = async (token: string, of = kind): Promise<XaiOAuthError> => {
    const error = await failureOf(verifyJWT(of, token, keys))
    if (!(error instanceof XaiOAuthError)) throw error
    return error
  }

  it('gives the claims and their text', async () => {
    const raw = '{ "sub": "person", "name": "ü" }'
    expect(await verifyJWT(kind, signToken(raw, { typ: 'JWT' }), keys)).to.have.property('raw', raw)
    expect(await verifyJWT(kind, signToken(raw), keys)).to.deep.equal({
      claims: { sub: 'person', name: 'ü' },
      raw,
    })
  })

  const honest = { sub: 'person' }
  const invalidUtf8 = Buffer.from([...Buffer.from('{"sub":"'), 0xc3, 0x28, ...Buffer.from('"}')])
  const forEveryKey: ReadonlyArray<readonly [what: string, token: string, why: string]> = [
    ['more than 64 KiB', signToken({ sub: 'x'.repeat(64 * 1024) }), 'it is longer than 65536 characters'],
    ['an opaque token', 'opaque', 'it is not a signed JWT'],
    ['an opaque token of 64 KiB', 'x'.repeat(64 * 1024), 'it is not a signed JWT'],
    ['a header that is null', `${encode('null')}.${encode(honest)}.AA`, 'it is not a signed JWT'],
    ['two parts', signToken(honest).split('.').slice(0, 2).join('.'), 'it is not a signed JWT'],
    ['five parts', `${signToken(honest)}.AA.AA`, 'it is not a signed JWT'],
    ['no signature', signToken(honest, { alg: 'none' }), "unexpected alg: expected 'ES256', received 'none'"],
    [
      'another algorithm',
      signToken(honest, { alg: 'RS256' }),
      "unexpected alg: expected 'ES256', received 'RS256'",
    ],
    [
      'no algorithm',
      signToken(honest, { alg: undefined }),
      "unexpected alg: expected 'ES256', received nothing",
    ],
    ['a list of algorithms', signToken(honest, { alg: ['ES256'] }), "expected 'ES256', received [ 'ES256' ]"],
    [
      'the first of two algorithms',
      signToken(honest, '{"alg":"ES256","alg":"none","kid":"k"}'),
      "received 'none'",
    ],
    [
      'a critical extension',
      signToken(honest, { crit: ['b64'], b64: true }),
      "unexpected crit: expected nothing, received [ 'b64' ]",
    ],
    [
      'an empty list of critical extensions',
      signToken(honest, { crit: [] }),
      'unexpected crit: expected nothing, received []',
    ],
  ]
  for (const [what, token, why] of forEveryKey) {
    it(`refuses ${what} before it looks for a key`, async () => {
      const error = await refusalOf(token)
      expect(error).to.include({ code: 'xai_id_token_invalid', status: 502 })
      expect(error.message)
        .to.match(/^xAI's id_token was refused: /)
        .and.to.include(why)
      expect(asked).to.be.empty
    })
  }

  const refused: ReadonlyArray<readonly [what: string, token: string, why: string]> = [
    [
      'an unknown kid',
      signToken(honest, { kid: 'other' }),
      "unexpected kid: expected one of xAI's keys, received 'other'",
    ],
    ['no kid', signToken(honest, { kid: undefined }), 'it has no kid, and xAI has several keys'],
    [
      'the signature of another token',
      withSignatureOf(signToken(honest), signToken({ sub: 'x' })),
      'its signature is wrong',
    ],
    ['claims that are not UTF-8', signToken(invalidUtf8), 'its claims are not UTF-8'],
    ['claims that are a list', signToken([]), 'its claims are not a JSON object'],
    ['claims that are null', signToken('null'), 'its claims are not a JSON object'],
    ['claims that are a string', signToken('"text"'), 'its claims are not a JSON object'],
    ['claims that are not JSON', signToken('{'), 'its claims are not a JSON object'],
    ['a claim that is missing', signToken({}), 'unexpected sub: expected a string, received nothing'],
    ['a claim that is wrong', signToken({ sub: 7 }), 'unexpected sub: expected a string, received 7'],
    [
      'a claim that is inherited',
      signToken('{"__proto__":{"sub":"admin"}}'),
      'unexpected sub: expected a string, received nothing',
    ],
    [
      'the first of two claims with one name',
      signToken('{"sub":"person","sub":null}'),
      'unexpected sub: expected a string, received null',
    ],
  ]
  for (const [what, token, why] of refused) {
    it(`refuses ${what}`, async () => {
      const error = await refusalOf(token)
      expect(error).to.include({ code: 'xai_id_token_invalid', status: 502 })
      expect(error.message).to.equal(`xAI's id_token was refused: ${why}`)
    })
  }

  it('takes the last of two claims with one name (RFC 7519 §4)', async () => {
    expect((await verifyJWT(kind, signToken('{"sub":"other","sub":"person"}'), keys)).claims.sub).to.equal(
      'person',
    )
  })

  describe('of a kind with a typ', () => {
    const typed: JWTKind = { ...kind, name: 'access token', typ: 'at+jwt' }
    for (const typ of ['at+jwt', 'application/AT+JWT']) {
      it(`accepts ${typ}`, async () => {
        expect((await verifyJWT(typed, signToken(honest, { typ }), keys)).claims.sub).to.equal('person')
      })
    }
    const others: ReadonlyArray<readonly [typ: unknown, shown: string]> = [
      [undefined, 'nothing'],
      ['JWT', "'JWT'"],
      ['at+application/jwt', "'at+application/jwt'"],
      [{ toString: null, valueOf: null }, '{ toString: null, valueOf: null }'],
    ]
    for (const [typ, shown] of others) {
      it(`refuses ${shown}`, async () => {
        const { message } = await refusalOf(signToken(honest, { typ }), typed)
        expect(message).to.equal(
          `xAI's access token was refused: unexpected typ: expected 'at+jwt', received ${shown}`,
        )
        expect(asked).to.be.empty
      })
    }
  })
})

describe('a received value in a message', () => {
  const shown: ReadonlyArray<readonly [what: string, value: unknown, text: string]> = [
    ['nothing', undefined, 'nothing'],
    ['null', null, 'null'],
    ['a text in quotes', 'client', "'client'"],
    ['blanks', ' client ', "' client '"],
    ['a line break escaped', 'a\nxAI: all is well', "'a\\nxAI: all is well'"],
    ['a terminal sequence escaped', 'a\u001b[31m', "'a\\x1B[31m'"],
    ['a homoglyph escaped', 'https://\u0430uth.x.ai', "'https://\\u0430uth.x.ai'"],
    ['a change of direction escaped', 'a\u202eb', "'a\\u202eb'"],
    ['a line separator escaped', 'a\u2028b', "'a\\u2028b'"],
    ['a list', ['client', 'other'], "[ 'client', 'other' ]"],
    [
      'the start of a long list',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      "[ 'a', 'b', 'c', 'd', 'e', ... 2 more items ]",
    ],
    [
      'an object that is made for trouble',
      { constructor: { name: {} }, toString: 1, inspect: 1 },
      '{ constructor: { name: {} }, toString: 1, inspect: 1 }',
    ],
  ]
  for (const [what, value, text] of shown) {
    it(`is ${what}`, () => expect(quoteReceived(value)).to.equal(text))
  }

  it('hides what could be a secret, and shows a UUID', () => {
    const uuid = '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01'
    const token = signToken({ sub: 'person' })
    expect(quoteReceived([uuid, `Bearer ${token}`, 'xai-a1b2c3d4e5f6a7b8c9'])).to.equal(
      `[ '${uuid}', 'Bearer [redacted]', '[redacted]' ]`,
    )
  })

  it('is cut at 200 characters', () => {
    expect(quoteReceived('x'.repeat(198))).to.equal(`'${'x'.repeat(198)}'`)
    expect(quoteReceived('very '.repeat(10_000))).to.match(/^'(very ){39}very…$/)
  })

  it('is shown however deep it is', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
    expect(quoteReceived(deep)).to.equal('[ [ [Array] ] ]')
  })
})

describe('unverified claims', () => {
  it('are those of the payload', () => {
    expect(readUnverifiedClaims(signToken({ principal_type: 'Team' }))).to.deep.equal({
      principal_type: 'Team',
    })
  })

  it('are those of a token of 64 KiB', () => {
    const token = `${encode({})}.${encode({ sub: 's' })}.`.padEnd(64 * 1024, 'A')
    expect(readUnverifiedClaims(token)).to.deep.equal({ sub: 's' })
  })

  for (const token of [
    '',
    'opaque',
    'a.b.c',
    `${encode({})}.${encode('[]')}.`,
    signToken({ sub: 'x'.repeat(64 * 1024) }),
  ]) {
    it(`are none in ${token.slice(0, 12) || 'an empty token'}`, () => {
      expect(readUnverifiedClaims(token)).to.deep.equal({})
    })
  }
})

describe('buildRefusedTokenError', () => {
  it('names the token and the reason', () => {
    expect(buildRefusedTokenError('id_token', 'it is not a string')).to.include({
      code: 'xai_id_token_invalid',
      message: "xAI's id_token was refused: it is not a string",
    })
  })
})

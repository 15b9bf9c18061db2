import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import {
  accessTokenRules,
  checkSignedToken,
  type Expectation,
  idTokenRules,
  type TokenKind,
} from '../../lib/identity/id-token.js'
import type { KeySet } from '../../lib/identity/key-set.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function signToken(payload: unknown, header: object = {}): string {
  const content = `${encode({ alg: 'ES256', kid: 'k', ...header })}.${encode(payload)}`
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}

const keys = { find: async (kid?: string) => (kid === 'k' ? publicKey : undefined) } as unknown as KeySet

const idToken: TokenKind = { what: 'id_token', failed: 'xai_id_token_invalid', rules: idTokenRules }
const accessToken: TokenKind = { ...idToken, what: 'access token', typ: 'at+jwt', rules: accessTokenRules }

const expected: Expectation = {
  issuer: 'https://auth.x.ai',
  clientID: 'client',
  nonce: 'nonce',
  accessToken: 'token',
  nowSeconds: 1_000_000,
}

const honest = {
  iss: 'https://auth.x.ai',
  aud: 'client',
  sub: 'person',
  nonce: 'nonce',
  iat: 999_990,
  exp: 1_000_300,
}

const outcomeOf = async (token: string, kind = idToken): Promise<string> => {
  try {
    return JSON.stringify((await checkSignedToken(kind, token, { keys, expected })).claims.sub)
  } catch (error) {
    return (error as Error).message
  }
}

const atHash = createHash('sha256').update('token').digest().subarray(0, 16).toString('base64url')

describe('checkSignedToken', () => {
  const accepted: ReadonlyArray<readonly [what: string, claims: object]> = [
    ['honest claims', honest],
    ['an audience in a list', { ...honest, aud: ['client'] }],
    ['an azp that is the client', { ...honest, azp: 'client' }],
    ['a right at_hash', { ...honest, at_hash: atHash }],
    ['exp within the tolerance', { ...honest, exp: 999_941 }],
    ['iat within the tolerance', { ...honest, iat: 1_000_060 }],
  ]
  for (const [what, claims] of accepted) {
    it(`accepts ${what}`, async () => expect(await outcomeOf(signToken(claims))).to.equal('"person"'))
  }

  const refused: ReadonlyArray<readonly [what: string, token: string, message: string]> = [
    ['exp at the end of the tolerance', signToken({ ...honest, exp: 999_940 }), 'its exp is wrong'],
    ['iat past the tolerance', signToken({ ...honest, iat: 1_000_061 }), 'its iat is wrong'],
    ['an exp that is no number', signToken({ ...honest, exp: '1000300' }), 'its exp is wrong'],
    ['no iat', signToken({ ...honest, iat: undefined }), 'its iat is missing'],
    ['an audience twice', signToken({ ...honest, aud: ['client', 'client'] }), 'its aud is wrong'],
    ['an empty audience list', signToken({ ...honest, aud: [] }), 'its aud is wrong'],
    ['a nonce that is no string', signToken({ ...honest, nonce: ['nonce'] }), 'its nonce is wrong'],
    ['a nonce of the same length', signToken({ ...honest, nonce: 'nonc3' }), 'its nonce is wrong'],
    ['an at_hash that is no string', signToken({ ...honest, at_hash: 1 }), 'its at_hash is wrong'],
    ['a payload that is a list', signToken([]), 'its payload is no JSON object'],
    ['a payload that is null', signToken('null'), 'its payload is no JSON object'],
    ['a payload that is a string', signToken('"text"'), 'its payload is no JSON object'],
    ['a payload that is no JSON', signToken('{'), 'its payload is no JSON object'],
    ['64 KiB and more', signToken({ ...honest, padding: 'x'.repeat(64 * 1024) }), 'it is too long'],
    ['no JWT', 'opaque', 'it is no JWT'],
    ['a header that is no object', `${encode('null')}.${encode(honest)}.AA`, 'it is no JWT'],
    ['no signature part', signToken(honest).split('.').slice(0, 2).join('.'), 'it is no JWT'],
    ['five parts under a signature algorithm', `${signToken(honest)}.AA.AA`, 'it is no signed JWT'],
    ['a critical extension', signToken(honest, { crit: ['x'], x: 1 }), 'its signature is wrong'],
    ['an unknown kid', signToken(honest, { kid: 'other' }), 'its kid is none of the known keys'],
    ['no kid', signToken(honest, { kid: undefined }), 'it has no kid, and xAI has several keys'],
  ]
  for (const [what, token, message] of refused) {
    it(`refuses ${what}`, async () => {
      expect(await outcomeOf(token)).to.equal(`xAI's id_token was refused: ${message}`)
    })
  }

  it('checks an id_token without an expected nonce or access token against neither', async () => {
    const bare = { issuer: expected.issuer, clientID: 'client', nowSeconds: expected.nowSeconds }
    const claims = { ...honest, nonce: '', at_hash: undefined }
    expect(
      (await checkSignedToken(idToken, signToken(claims), { keys, expected: bare })).claims.sub,
    ).to.equal('person')
    const hashed = checkSignedToken(idToken, signToken({ ...claims, at_hash: atHash }), {
      keys,
      expected: bare,
    })
    expect(await hashed.catch((error: Error) => error.message)).to.include('at_hash')
  })

  describe('of an access token', () => {
    const claims = { ...honest, nonce: undefined }
    const cases: ReadonlyArray<readonly [what: string, token: string, outcome: string]> = [
      ['accepts at+jwt', signToken(claims, { typ: 'at+jwt' }), '"person"'],
      ['accepts application/AT+JWT', signToken(claims, { typ: 'application/AT+JWT' }), '"person"'],
      ['accepts no iat', signToken({ ...claims, iat: undefined }, { typ: 'at+jwt' }), '"person"'],
      ['accepts its client_id', signToken({ ...claims, client_id: 'client' }, { typ: 'at+jwt' }), '"person"'],
      ['refuses no typ', signToken(claims), "xAI's access token was refused: its typ is not at+jwt"],
      [
        'refuses the client_id of another client',
        signToken({ ...claims, client_id: 'other' }, { typ: 'at+jwt' }),
        "xAI's access token was refused: its client_id is wrong",
      ],
      [
        'refuses an iat in the future',
        signToken({ ...claims, iat: 2_000_000 }, { typ: 'at+jwt' }),
        "xAI's access token was refused: its iat is wrong",
      ],
    ]
    for (const [what, token, outcome] of cases) {
      it(what, async () => expect(await outcomeOf(token, accessToken)).to.equal(outcome))
    }
  })
})

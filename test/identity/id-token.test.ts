import { createHash } from 'node:crypto'
import { expect } from 'chai'
import {
  buildAccessTokenKind,
  buildIDTokenKind,
  type IDTokenExpectation,
} from '../../lib/identity/id-token.js'
import type { JWTKind } from '../../lib/identity/jwt.js'

const now = 1_000_000

const expected: IDTokenExpectation = {
  issuer: 'https://auth.x.ai',
  clientID: 'client',
  nonce: 'nonce',
  accessToken: 'token',
  nowSeconds: now,
}

const atHash = createHash('sha256').update('token').digest().subarray(0, 16).toString('base64url')

/** The claim that is refused first, and what was expected of it; `undefined` when every rule holds. */
function problemOf({ rules }: JWTKind, claims: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, rule] of Object.entries(rules)) {
    const held = rule(claims[name])
    if (held !== true) return `${name}: ${held}`
  }
  return undefined
}

type Cases = ReadonlyArray<readonly [what: string, changes: object, problem?: string]>

const common: Cases = [
  ['honest claims', {}],
  ['an audience in a list', { aud: ['client'] }],
  ['exp within the tolerance', { exp: now - 59 }],
  ['iat within the tolerance', { iat: now + 60 }],
  ['nbf within the tolerance', { nbf: now + 60 }],
  ['nbf in the past', { nbf: 0 }],
  ['an exp that is not a whole number', { exp: now + 0.5 }],
  ['another iss', { iss: 'https://auth.x.ai/' }, "iss: 'https://auth.x.ai'"],
  ['no iss', { iss: undefined }, "iss: 'https://auth.x.ai'"],
  ['another audience', { aud: 'other' }, "aud: 'client'"],
  ['an audience besides', { aud: ['client', 'other'] }, "aud: 'client'"],
  ['an audience twice', { aud: ['client', 'client'] }, "aud: 'client'"],
  ['an audience in a list in a list', { aud: [['client']] }, "aud: 'client'"],
  ['an empty audience list', { aud: [] }, "aud: 'client'"],
  ['exp at the end of the tolerance', { exp: now - 60 }, 'exp: a time after 999940'],
  ['an exp that is a text', { exp: '1000300' }, 'exp: a time after 999940'],
  ['no exp', { exp: undefined }, 'exp: a time after 999940'],
  ['an exp past every number', JSON.parse('{"exp":1e400}'), 'exp: a time after 999940'],
  ['an iat past the tolerance', { iat: now + 61 }, 'iat: a time up to 1000060'],
  ['an iat before every number', JSON.parse('{"iat":-1e400}'), 'iat: a time up to 1000060'],
  ['an nbf past the tolerance', { nbf: now + 61 }, 'nbf: a time up to 1000060'],
  ['an nbf that is a text', { nbf: '0' }, 'nbf: a time up to 1000060'],
  ['an nbf that is null', { nbf: null }, 'nbf: a time up to 1000060'],
  ['no sub', { sub: undefined }, 'sub: a string that is not empty'],
  ['an empty sub', { sub: '' }, 'sub: a string that is not empty'],
  ['a sub that is a number', { sub: 42 }, 'sub: a string that is not empty'],
]

function describeCases(build: () => JWTKind, honest: object, cases: Cases): void {
  for (const [what, changes, problem] of cases) {
    it(`${problem === undefined ? 'accepts' : 'refuses'} ${what}`, () => {
      expect(problemOf(build(), { ...honest, ...changes })).to.equal(problem)
    })
  }
}

const honest = { iss: 'https://auth.x.ai', aud: 'client', sub: 'person', iat: now - 10, exp: now + 300 }

describe('an id_token', () => {
  it('has its name and no fixed typ', () => {
    expect(buildIDTokenKind(expected)).to.include({ name: 'id_token' }).and.to.not.have.property('typ')
  })

  describeCases(() => buildIDTokenKind(expected), { ...honest, nonce: 'nonce' }, [
    ...common,
    ['an azp that is the client', { azp: 'client' }],
    ['a right at_hash', { at_hash: atHash }],
    ['another azp', { azp: 'other' }, "azp: 'client'"],
    ['no iat', { iat: undefined }, 'iat: a time up to 1000060'],
    ['another nonce', { nonce: 'nonc3' }, 'nonce: the nonce of this sign-in'],
    ['no nonce', { nonce: undefined }, 'nonce: the nonce of this sign-in'],
    ['a nonce in a list', { nonce: ['nonce'] }, 'nonce: the nonce of this sign-in'],
    ['a wrong at_hash', { at_hash: 'x' }, 'at_hash: the hash of the access token'],
    ['an at_hash that is a number', { at_hash: 1 }, 'at_hash: the hash of the access token'],
  ])

  describe('of a grant without a nonce', () => {
    describeCases(() => buildIDTokenKind({ ...expected, nonce: undefined }), honest, [
      ['honest claims', {}],
      ['the nonce of some other sign-in', { nonce: 'nonce' }, 'nonce: nothing'],
      ['an empty nonce', { nonce: '' }, 'nonce: nothing'],
    ])
  })
})

describe('an access token in place of an id_token', () => {
  it('has the typ of RFC 9068', () => {
    expect(buildAccessTokenKind(expected)).to.include({ name: 'access token', typ: 'at+jwt' })
  })

  describeCases(() => buildAccessTokenKind(expected), honest, [
    ...common,
    ['no iat', { iat: undefined }],
    ['its client_id', { client_id: 'client' }],
    ['the client_id of another client', { client_id: 'other' }, "client_id: 'client'"],
  ])
})

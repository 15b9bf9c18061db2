import type { Chapter, Scenario } from '../scenario.js'
import { refusesIDToken, signsIn } from '../scenario.js'
import type { Draft, MisbehavingServer } from '../server.js'
import { type Algorithm, newKey, type SigningKey, signJWS, signText } from '../signing.js'

const es256 = 'oidcc-client-test-invalid-sig-es256'
const hs256 = 'oidcc-client-test-invalid-sig-hs256'
const none = 'oidcc-client-test-idtoken-sig-none'
const shape = 'RFC 7515 §7.1 (compact serialization)'
const header = 'RFC 7515 §4.1 (header)'

const signed = ({ header, claims, key }: Draft): string => signJWS(header, claims, { key: key.privateKey })

const encode = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

const text = (value: unknown): string => encode(JSON.stringify(value))

/** The token with another signature. */
const withSignature = (draft: Draft, change: (signature: Buffer) => string | Buffer): string => {
  const [start = '', payload = '', signature = ''] = signed(draft).split('.')
  const changed = change(Buffer.from(signature, 'base64url'))
  return `${start}.${payload}.${typeof changed === 'string' ? changed : encode(changed)}`
}

const refusal = (
  module: string,
  what: string,
  words: RegExp,
  idToken: (draft: Draft, server: MisbehavingServer) => unknown,
): Scenario => ({ module, what: `refuses ${what}`, server: { idToken }, run: refusesIDToken(words) })

/** Keys that take long to make are made once. */
const keys = new Map<Algorithm, SigningKey>()
const keyFor = (alg: Algorithm): SigningKey => {
  const key = keys.get(alg) ?? newKey(alg)
  keys.set(alg, key)
  return key
}

/** An id_token that is signed rightly by an algorithm which xAI does not use; the JWKS shows the key. */
const otherAlgorithm = (
  alg: Algorithm,
  module = `oidcc-client-test-idtoken-sig-rs256 (${alg})`,
): Scenario => ({
  module,
  what: `refuses an id_token that is rightly signed with ${alg}`,
  refusedByDesign: 'xAI signs with ES256; every further algorithm would be a way in',
  server: {
    keys: ({ keys }) => ({ keys: [...keys, keyFor(alg).jwk] }),
    idToken: ({ claims }) => {
      const { privateKey, jwk } = keyFor(alg)
      return signJWS({ alg, kid: jwk.kid }, claims, { alg, key: privateKey })
    },
  },
  run: refusesIDToken(/\balg\b/),
})

/** A key that the attacker brings along in the header. */
const foreignKey = (what: string, parameters: (key: SigningKey) => object): Scenario =>
  refusal(header, `an id_token that ${what}`, /signature|kid/, (draft) => {
    const attacker = newKey()
    return signJWS({ ...draft.header, ...parameters(attacker) }, draft.claims, { key: attacker.privateKey })
  })

/** The signature of the id_token, and everything that imitates one. */
export const signatures: Chapter = {
  title: 'Signature of the id_token',
  scenarios: [
    refusal(es256, 'an id_token whose signature has one bit changed', /signature/, (draft) =>
      withSignature(draft, (bytes) => {
        bytes[10] = (bytes[10] ?? 0) ^ 1
        return bytes
      }),
    ),
    refusal(
      es256,
      'an id_token that another key signed under the right kid',
      /signature/,
      ({ header, claims }) => signJWS(header, claims, { key: newKey().privateKey }),
    ),
    refusal(es256, 'an id_token whose claims were changed after signing', /signature/, (draft) => {
      const [start, , signature] = signed(draft).split('.')
      return `${start}.${text({ ...draft.claims, sub: 'person-2' })}.${signature}`
    }),
    refusal(es256, 'an id_token whose header was changed after signing', /signature/, (draft) => {
      const [, payload, signature] = signed(draft).split('.')
      return `${text({ ...draft.header, cty: 'x' })}.${payload}.${signature}`
    }),
    refusal(es256, 'a signature of zeros (r = s = 0)', /signature/, (draft) =>
      withSignature(draft, () => Buffer.alloc(64)),
    ),
    refusal(es256, 'an empty signature', /signature/, (draft) => withSignature(draft, () => '')),
    refusal(es256, 'a signature that is cut in half', /signature/, (draft) =>
      withSignature(draft, (bytes) => bytes.subarray(0, 32)),
    ),
    refusal(es256, 'a signature with bytes behind it', /signature/, (draft) =>
      withSignature(draft, (bytes) => Buffer.concat([bytes, Buffer.from('x')])),
    ),
    refusal(es256, 'a signature with base64 padding behind it', /signature|JWT/, (draft) =>
      withSignature(draft, (bytes) => `${encode(bytes)}==`),
    ),
    refusal(es256, 'a signature in DER', /signature/, (draft) =>
      withSignature(draft, (bytes) => {
        const integer = (part: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), part])
        const body = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))])
        return Buffer.concat([Buffer.from([0x30, body.length]), body])
      }),
    ),
    refusal(es256, 'the signature of another id_token of the same server', /signature/, (draft) => {
      const other = signed({ ...draft, claims: { ...draft.claims, sub: 'person-2' } }).split('.')[2]
      return withSignature(draft, () => other ?? '')
    }),
    refusal(
      'fapi1-advanced-final-client-test-invalid-signature',
      'an id_token that was signed over its decoded claims',
      /signature/,
      ({ header, claims, key }) => {
        const signature = signText(JSON.stringify(claims), 'ES256', key.privateKey)
        return `${text(header)}.${text(claims)}.${encode(signature)}`
      },
    ),

    refusal(hs256, 'HS256 with the public key in PEM as the secret', /\balg\b/, ({ header, claims, key }) => {
      const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
      return signJWS({ ...header, alg: 'HS256' }, claims, { alg: 'HS256', key: pem })
    }),
    refusal(hs256, 'HS256 with the JWK as the secret', /\balg\b/, ({ header, claims, key }) =>
      signJWS({ ...header, alg: 'HS256' }, claims, { alg: 'HS256', key: JSON.stringify(key.jwk) }),
    ),
    {
      ...refusal(hs256, 'HS256 with the client secret', /\balg\b/, ({ header, claims }) =>
        signJWS({ ...header, alg: 'HS256' }, claims, { alg: 'HS256', key: 'a-secret-of-client-1' }),
      ),
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
    },
    refusal(
      'oidcc-client-test-invalid-sig-rs256',
      'RS256 with a key that the server does not have',
      /\balg\b/,
      ({ claims }) =>
        signJWS({ alg: 'RS256', kid: 'k-1' }, claims, { alg: 'RS256', key: keyFor('RS256').privateKey }),
    ),

    ...(['none', 'None', 'NONE', 'nOnE'] as const).map((alg) =>
      refusal(
        none,
        `alg "${alg}" without a signature`,
        /\balg\b/,
        ({ claims }) => `${text({ alg })}.${text(claims)}.`,
      ),
    ),
    refusal(none, 'alg "none" with the right kid and a right signature', /\balg\b/, (draft) =>
      signJWS({ ...draft.header, alg: 'none' }, draft.claims, { key: draft.key.privateKey }),
    ),
    refusal(
      'fapi1-advanced-final-client-test-invalid-null-alg',
      'an id_token whose alg is null',
      /\balg\b/,
      (draft) => signed({ ...draft, header: { ...draft.header, alg: null } }),
    ),
    refusal(header, 'an id_token without alg', /\balg\b/, (draft) =>
      signed({ ...draft, header: { kid: draft.header.kid } }),
    ),
    refusal(header, 'an id_token whose alg is "es256"', /\balg\b/, (draft) =>
      signed({ ...draft, header: { ...draft.header, alg: 'es256' } }),
    ),
    refusal(header, 'an id_token whose alg is a list', /\balg\b/, (draft) =>
      signed({ ...draft, header: { ...draft.header, alg: ['ES256'] } }),
    ),

    otherAlgorithm('RS256', 'oidcc-client-test-idtoken-sig-rs256'),
    otherAlgorithm('PS256'),
    otherAlgorithm('RS384'),
    otherAlgorithm('ES384'),
    otherAlgorithm('ES512'),
    otherAlgorithm('ES256K'),
    otherAlgorithm('EdDSA'),
    {
      ...refusal(
        'fapi1-advanced-final-client-test-encrypted-idtoken',
        'an encrypted id_token',
        /\balg\b|JWT/,
        () => [text({ alg: 'RSA-OAEP', enc: 'A256GCM' }), 'a2V5', 'aXY', 'Y2lwaGVydGV4dA', 'dGFn'].join('.'),
      ),
      refusedByDesign: 'xAI does not encrypt id_tokens; the library holds no key to open one',
    },

    foreignKey('brings its key in the header (jwk)', ({ jwk }) => ({ jwk })),
    foreignKey('names a foreign key set (jku)', () => ({ jku: 'http://127.0.0.1:9/jwks.json' })),
    foreignKey('names a foreign certificate (x5u, x5c)', () => ({
      x5u: 'http://127.0.0.1:9/c.pem',
      x5c: ['MIIB'],
    })),
    foreignKey('has a path as its kid', () => ({ kid: '../../dev/null' })),
    foreignKey('has a property of every object as its kid', () => ({ kid: '__proto__' })),
    foreignKey('has a list as its kid', ({ jwk }) => ({ kid: [jwk.kid] })),
    refusal(
      header,
      'an id_token with an extension that must be understood (crit)',
      /signature|crit/,
      (draft) => signed({ ...draft, header: { ...draft.header, crit: ['exp'], exp: 1 } }),
    ),
    refusal(header, 'an unencoded payload (b64: false, RFC 7797)', /signature|crit/, (draft) =>
      signed({ ...draft, header: { ...draft.header, b64: false, crit: ['b64'] } }),
    ),
    {
      module: header,
      what: 'accepts an id_token with header parameters that nobody needs',
      server: { header: () => ({ typ: undefined, 'x-trace': 'abc', x5t: 'dGh1bWI' }) },
      run: signsIn,
    },

    refusal(shape, 'an id_token in four parts', /JWT/, (draft) => `${signed(draft)}.${text({})}`),
    refusal(shape, 'an id_token in two parts', /JWT/, (draft) =>
      signed(draft).split('.').slice(0, 2).join('.'),
    ),
    refusal(shape, 'an id_token that is no JWT at all', /JWT/, () => 'opaque'),
    refusal(shape, 'an id_token of dots', /JWT/, () => '..'),
    refusal(
      shape,
      'an id_token with a line break at its end',
      /JWT|signature/,
      (draft) => `${signed(draft)}\n`,
    ),
    refusal(shape, 'an id_token in JSON serialization', /id_token/, (draft) => {
      const [protectedHeader, payload, signature] = signed(draft).split('.')
      return { payload, signatures: [{ protected: protectedHeader, signature }] }
    }),
    refusal(shape, 'an id_token that is a list', /id_token/, (draft) => [signed(draft)]),
    refusal(shape, 'an id_token that is a number', /id_token/, () => 42),
    refusal(shape, 'an empty id_token', /id_token/, () => ''),
    refusal(shape, 'an id_token whose header is a list', /JWT/, ({ claims, key }) =>
      signJWS([], claims, { key: key.privateKey }),
    ),
    refusal(shape, 'an id_token whose claims are a list', /JSON/, ({ header, claims, key }) =>
      signJWS(header, [claims], { key: key.privateKey }),
    ),
    refusal(shape, 'an id_token whose claims are not JSON', /JSON/, ({ header, key }) =>
      signJWS(header, 'sub=person-1', { key: key.privateKey }),
    ),
    refusal(shape, 'an id_token whose claims are not UTF-8', /UTF-8|JSON|sub/, ({ header, claims, key }) => {
      const bytes = Buffer.from(JSON.stringify({ ...claims, sub: 'person-1#' }))
      bytes[bytes.indexOf('#')] = 0xff
      return signJWS(header, bytes, { key: key.privateKey })
    }),
    refusal(shape, 'an id_token of 200,000 characters', /too long|length|characters/, (draft) =>
      signed({ ...draft, claims: { ...draft.claims, padding: 'x'.repeat(150_000) } }),
    ),
  ],
}

import { mock } from 'node:test'
import { expect } from 'chai'
import { type Chapter, refusesIDToken, type Scenario, signsIn, timed } from '../scenario.js'
import { Reply } from '../server.js'
import { newKey, type SigningKey } from '../signing.js'

const rotation = 'oidcc-client-test-signing-key-rotation'
const unparseable = 'oidcc-client-test-ignores-unparseable-key-in-jwks'
const jwk = 'RFC 7517 §4 (JWK)'
const jwks = 'RFC 7517 §5 (JWK Set)'

/** A server whose key set shows its key in another way. */
const shown = (
  module: string,
  what: string,
  change: (jwk: SigningKey['jwk'], key: SigningKey) => object[],
  run: Scenario['run'],
): Scenario => ({
  module,
  what,
  server: { keys: (_set, server) => ({ keys: change(server.key.jwk, server.key) }) },
  run,
})

/** A sign-in that is refused for want of keys; the pause after their first request is over when the person comes back. */
const refusesKeys = (words: RegExp): Scenario['run'] => refusesIDToken(words, () => mock.timers.tick(500))

/** A key set request that is answered in another way. */
const answered = (module: string, what: string, reply: () => object, words = /key set|JWKS/): Scenario => ({
  module,
  what,
  server: { keys: reply },
  run: refusesKeys(words),
})

const scenarios: readonly Scenario[] = [
  {
    module: 'oidcc-client-test-kid-absent-single-jwks',
    what: 'takes the only key when the id_token names none',
    server: { header: () => ({ kid: undefined }) },
    run: signsIn,
  },
  {
    module: 'oidcc-client-test-kid-absent-single-jwks',
    what: 'takes the only ES256 key among keys of other kinds',
    server: {
      header: () => ({ kid: undefined }),
      keys: ({ keys }) => ({ keys: [newKey('ES384').jwk, ...keys, newKey('EdDSA').jwk] }),
    },
    run: signsIn,
  },
  {
    module: 'oidcc-client-test-kid-absent-multiple-jwks',
    what: 'refuses an id_token that names no key when there are two',
    server: { header: () => ({ kid: undefined }), keys: ({ keys }) => ({ keys: [...keys, newKey().jwk] }) },
    run: refusesIDToken(/\bkid\b/),
  },
  {
    module: 'oidcc-client-test-kid-absent-multiple-jwks',
    what: 'finds the named one among nine keys',
    server: { keys: ({ keys }) => ({ keys: [...Array.from({ length: 8 }, () => newKey().jwk), ...keys] }) },
    run: signsIn,
  },
  {
    module: rotation,
    what: 'fetches the keys again when a new one signs',
    async run(stage) {
      await signsIn(stage)
      stage.server.key = newKey()
      await signsIn(stage)
    },
  },
  {
    module: 'oidcc-client-test-signing-key-rotation-just-before-signing',
    what: 'fetches the keys again when they changed during the sign-in',
    async run(stage) {
      const callback = await stage.arrive()
      stage.server.key = newKey()
      await stage.expectSuccess(callback)
    },
  },
  {
    module: rotation,
    what: 'signs in while the server shows the old and the new key',
    async run(stage) {
      await signsIn(stage)
      stage.server.otherKeys = [stage.server.key.jwk]
      stage.server.key = newKey()
      await signsIn(stage)
    },
  },
  {
    module: rotation,
    what: 'refuses the old key under the new kid once only the new one is shown',
    async run(stage) {
      await signsIn(stage)
      const old = stage.server.key
      stage.server.key = newKey()
      await signsIn(stage)
      stage.server.key = { ...newKey(), privateKey: old.privateKey }
      const ending = await stage.signIn()
      await stage.expectError(ending, 'xai_id_token_invalid', /signature/, { signedIn: true })
    },
  },
  {
    module: rotation,
    what: 'asks at most six times for twelve id_tokens of unknown keys',
    server: { header: () => ({ kid: newKey().jwk.kid }) },
    async run(stage) {
      for (let turn = 0; turn < 12; turn += 1) {
        await stage.expectError(await stage.signIn(), 'xai_id_token_invalid', /\bkid\b/)
      }
      expect(stage.server.to('/.well-known/jwks.json').length).to.be.within(1, 6)
    },
  },

  shown(
    unparseable,
    'signs in beside a key that cannot be read',
    (key) => [{ kty: 'EC', crv: 'P-256', kid: 'x', x: '!', y: '' }, key],
    signsIn,
  ),
  shown(
    unparseable,
    'signs in beside a key that is not on the curve',
    (key) => [{ ...key, kid: 'x', y: key.x }, key],
    signsIn,
  ),
  shown(
    unparseable,
    'signs in beside entries that are not keys',
    (key) => [null, 7, 'key', [], key] as object[],
    signsIn,
  ),
  shown(
    unparseable,
    'signs in beside keys of unknown kinds',
    (key) => [{ kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq' }, key],
    signsIn,
  ),
  shown(
    jwk,
    'signs in with a key that states neither use nor alg',
    ({ kty, crv, x, y, kid }) => [{ kty, crv, x, y, kid }],
    signsIn,
  ),
  shown(jwk, 'refuses a key for encryption (use)', (key) => [{ ...key, use: 'enc' }], refusesKeys(/key/)),
  shown(
    jwk,
    'refuses a key that is not for verifying (key_ops)',
    (key) => [{ ...key, key_ops: ['sign'] }],
    refusesKeys(/key/),
  ),
  shown(
    jwk,
    'refuses a key for another algorithm (alg)',
    (key) => [{ ...key, alg: 'ES384' }],
    refusesKeys(/key/),
  ),
  shown(
    jwk,
    'refuses a key whose private part is published',
    (_key, { privateKey, jwk }) => [{ ...privateKey.export({ format: 'jwk' }), kid: jwk.kid }],
    refusesKeys(/key/),
  ),
  shown(
    jwk,
    'refuses a key of another curve under the right kid',
    ({ kid }) => [{ ...newKey('ES384').jwk, kid, alg: 'ES256' }],
    refusesKeys(/key/),
  ),
  shown(
    jwk,
    'refuses a shared secret under the right kid',
    ({ kid }) => [{ kty: 'oct', k: 'c2VjcmV0', kid }],
    refusesKeys(/key/),
  ),
  shown(
    jwk,
    'refuses another key under the right kid',
    ({ kid }) => [{ ...newKey().jwk, kid }],
    refusesIDToken(/signature/),
  ),
  {
    module: jwk,
    what: 'refuses a kid that differs in its capitals',
    server: {
      header: () => ({ kid: 'key-1' }),
      keys: (_set, { key }) => ({ keys: [{ ...key.jwk, kid: 'Key-1' }] }),
    },
    run: refusesIDToken(/\bkid\b/),
  },

  answered(jwks, 'refuses an empty set', () => ({ keys: [] }), /key/),
  answered(jwks, 'refuses a set without keys', () => ({}), /key/),
  answered(jwks, 'refuses a set that is a list', () => [newKey().jwk], /key/),
  answered(
    jwks,
    'refuses an HTML page',
    () => new Reply(200, '<html></html>', { 'content-type': 'text/html' }),
  ),
  answered(jwks, 'refuses a 404', () => new Reply(404, { keys: [] })),
  answered(jwks, 'refuses a 500', () => new Reply(500, 'oops')),
  {
    module: jwks,
    what: 'does not follow a redirect to other keys',
    server: { keys: () => new Reply(302, '', { location: '/elsewhere.json' }) },
    async run(stage) {
      await refusesKeys(/key set|JWKS/)(stage)
      expect(stage.server.to('/elsewhere.json')).to.be.empty
    },
  },
  answered(jwks, 'stops reading a set of more than a mebibyte', () => ({
    keys: [],
    padding: 'x'.repeat(1_200_000),
  })),
]

/** Which key verifies a signature, and what becomes of unusable key sets. */
export const keySets: Chapter = { title: 'Key set', scenarios: scenarios.map(timed) }

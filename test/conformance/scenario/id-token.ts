import type { Chapter, Scenario } from '../scenario.js'
import { refusesIDToken, signsIn } from '../scenario.js'
import { hashOf } from '../server.js'
import { signJWS } from '../signing.js'

type Values = Record<string, unknown>

const now = (): number => Math.floor(Date.now() / 1000)

/** A claim that is not what it should be. */
const refusal = (module: string, what: string, change: (right: Values) => Values): Scenario => {
  const [claim = ''] = Object.keys(change({}))
  return {
    module,
    what: `refuses an id_token ${what}`,
    server: { claims: change },
    run: refusesIDToken(new RegExp(`\\b${claim}\\b`)),
  }
}

const acceptance = (module: string, what: string, change: (right: Values) => Values): Scenario => ({
  module,
  what: `accepts an id_token ${what}`,
  server: { claims: change },
  run: signsIn,
})

const iss = 'oidcc-client-test-invalid-iss'
const aud = 'oidcc-client-test-invalid-aud'
const sub = 'oidcc-client-test-missing-sub'
const iat = 'oidcc-client-test-missing-iat'
const nonce = 'oidcc-client-test-nonce-invalid'
const atHash = 'oidcc-client-test-invalid-athash'
const exp = 'fapi1-advanced-final-client-test-invalid-expired-exp'
const core = 'OpenID Connect Core §3.1.3.7'

/** The claims of an id_token: what a sound one may hold, and what makes one unsound. */
export const idTokenClaims: Chapter = {
  title: 'Claims of the id_token',
  scenarios: [
    { module: 'oidcc-client-test', what: 'signs in with a sound id_token', run: signsIn },
    acceptance(
      'fapi1-advanced-final-client-test-valid-aud-as-array',
      'whose aud is a list of this client alone',
      (right) => ({ aud: [right.aud] }),
    ),
    acceptance(core, 'whose azp is this client', (right) => ({ azp: right.aud })),
    acceptance(core, 'with claims that nobody knows', () => ({
      'https://example.com/x': { y: [1] },
      acr: '0',
      amr: ['pwd'],
    })),
    acceptance(core, 'with a jti and an auth_time', () => ({ jti: 'j-1', auth_time: now() })),
    acceptance(
      'fapi1-advanced-final-client-test-missing-athash',
      'without at_hash, which the code flow leaves to the server',
      () => ({ at_hash: undefined }),
    ),
    acceptance(core, 'of a server whose clock is half a minute ahead', () => ({
      iat: now() + 30,
      exp: now() + 330,
    })),
    acceptance(core, 'of a server whose clock is half a minute behind', () => ({
      iat: now() - 330,
      exp: now() - 30,
    })),
    acceptance('RFC 7519 §4.1.5 (nbf)', 'whose nbf is now', () => ({ nbf: now() })),

    refusal(iss, 'of another issuer', () => ({ iss: 'https://evil.example' })),
    refusal(iss, 'whose iss has a slash more', ({ iss }) => ({ iss: `${iss}/` })),
    refusal(iss, 'whose iss is https where the issuer is http', ({ iss }) => ({
      iss: String(iss).replace('http:', 'https:'),
    })),
    refusal(iss, 'whose iss goes on after the issuer', ({ iss }) => ({ iss: `${iss}.evil.example` })),
    refusal(iss, 'whose iss is a list with the issuer', ({ iss }) => ({ iss: [iss] })),
    refusal('fapi1-advanced-final-client-test-invalid-missing-iss', 'without iss', () => ({
      iss: undefined,
    })),
    refusal('fapi1-advanced-final-client-test-invalid-missing-iss', 'whose iss is null', () => ({
      iss: null,
    })),

    refusal(aud, 'for another client', () => ({ aud: 'client-2' })),
    refusal(aud, 'whose aud differs in its capitals', () => ({ aud: 'CLIENT-1' })),
    refusal(aud, 'whose aud begins with this client', () => ({ aud: 'client-1 client-2' })),
    refusal(aud, 'whose aud is an object', () => ({ aud: { 'client-1': true } })),
    refusal(
      'fapi1-advanced-final-client-test-invalid-secondary-aud',
      'for this client and another one',
      (right) => ({ aud: [right.aud, 'client-2'] }),
    ),
    refusal('oidcc-client-test-missing-aud', 'without aud', () => ({ aud: undefined })),
    refusal('oidcc-client-test-missing-aud', 'whose aud is an empty list', () => ({ aud: [] })),
    refusal('oidcc-client-test-missing-aud', 'whose aud is null', () => ({ aud: null })),
    refusal(core, 'that was issued to another client (azp)', () => ({ azp: 'client-2' })),
    refusal(core, 'whose azp is a list', (right) => ({ azp: [right.aud] })),

    refusal(sub, 'without sub', () => ({ sub: undefined })),
    refusal(sub, 'whose sub is empty', () => ({ sub: '' })),
    refusal(sub, 'whose sub is a number', () => ({ sub: 1 })),
    refusal(sub, 'whose sub is null', () => ({ sub: null })),
    refusal(sub, 'whose sub is an object', () => ({ sub: { id: 'person-1' } })),

    refusal(iat, 'without iat', () => ({ iat: undefined })),
    refusal(iat, 'whose iat is a text', () => ({ iat: String(now()) })),
    refusal(iat, 'that is issued in an hour', () => ({ iat: now() + 3600, exp: now() + 7200 })),

    refusal(exp, 'that expired an hour ago', () => ({ exp: now() - 3600, iat: now() - 7200 })),
    refusal(exp, 'that expired just beyond the tolerance', () => ({ exp: now() - 61, iat: now() - 361 })),
    refusal(exp, 'whose exp is a text', () => ({ exp: String(now() + 300) })),
    refusal('fapi1-advanced-final-client-test-invalid-missing-exp', 'without exp', () => ({
      exp: undefined,
    })),
    refusal('fapi1-advanced-final-client-test-invalid-missing-exp', 'whose exp is null', () => ({
      exp: null,
    })),

    refusal('RFC 7519 §4.1.5 (nbf)', 'that is not valid for another hour', () => ({ nbf: now() + 3600 })),
    refusal('RFC 7519 §4.1.5 (nbf)', 'whose nbf is a text', () => ({ nbf: String(now()) })),

    refusal(nonce, 'with the nonce of another sign-in', () => ({ nonce: 'n-0S6_WzA2Mj' })),
    refusal(nonce, 'whose nonce differs in its last character', ({ nonce }) => ({
      nonce: `${String(nonce).slice(0, -1)}~`,
    })),
    refusal(nonce, 'whose nonce goes on after the right one', ({ nonce }) => ({ nonce: `${nonce}x` })),
    refusal(nonce, 'whose nonce is a list with the right one', ({ nonce }) => ({ nonce: [nonce] })),
    refusal(nonce, 'whose nonce is empty', () => ({ nonce: '' })),
    refusal('fapi1-advanced-final-client-test-invalid-missing-nonce', 'without nonce', () => ({
      nonce: undefined,
    })),

    refusal(atHash, 'whose at_hash is of another access token', () => ({ at_hash: hashOf('another') })),
    refusal(atHash, 'whose at_hash has only half its length', ({ at_hash }) => ({
      at_hash: String(at_hash).slice(0, 11),
    })),
    refusal(atHash, 'whose at_hash is a number', () => ({ at_hash: 7 })),
    {
      module: atHash,
      what: 'refuses tokens whose access token was changed after the id_token was signed',
      server: { token: (tokens) => ({ ...tokens, access_token: 'at-of-somebody-else-0123456789' }) },
      run: refusesIDToken(/at_hash/),
    },
    {
      module: 'RFC 7519 §4 (duplicate claims)',
      what: 'takes the last one of a claim that stands twice, for the check and for the profile',
      server: {
        idToken: ({ header, claims, key }) => {
          const doubled = JSON.stringify(claims).replace('{', '{"sub":"person-2",')
          return signJWS(header, doubled, { key: key.privateKey })
        },
      },
      run: signsIn,
    },
  ],
}

import { expect } from 'chai'
import { type Chapter, refusesTokens, type Scenario, signsIn, userOf } from '../scenario.js'
import { Reply } from '../server.js'

type Tokens = Record<string, unknown>

const response = 'RFC 6749 §5.1 (successful response)'
const refusal = 'RFC 6749 §5.2 (error response)'
const invalid = 'xai_token_exchange_invalid'
const failed = 'xai_token_exchange_failed'

const accepts = (module: string, what: string, change: (tokens: Tokens) => Tokens | Reply): Scenario => ({
  module,
  what: `accepts a token response ${what}`,
  server: { token: change },
  run: signsIn,
})

const refuses = (
  what: string,
  change: (tokens: Tokens) => Tokens | Reply,
  words = /unusable|token/,
): Scenario => ({
  module: response,
  what: `refuses a token response ${what}`,
  server: { token: change },
  run: refusesTokens(invalid, words),
})

/** An error that the token endpoint gives, and the code that the application sees. */
const refused = (what: string, reply: Reply, code: string, words: RegExp): Scenario => ({
  module: refusal,
  what,
  server: { token: () => reply },
  run: refusesTokens(code, words),
})

const json = { 'content-type': 'application/json' }
const without = (tokens: Tokens, name: string): Tokens => ({ ...tokens, [name]: undefined })

/** What the token endpoint may say, and what nobody can use. */
export const tokenResponses: Chapter = {
  title: 'Token response',
  scenarios: [
    accepts(
      'fapi2-security-profile-final-client-test-token-type-case-insensitivity',
      'whose token_type is "bEARER"',
      (tokens) => ({ ...tokens, token_type: 'bEARER' }),
    ),
    accepts(
      'fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in',
      'without expires_in',
      (tokens) => without(tokens, 'expires_in'),
    ),
    accepts(
      'fapi1-advanced-final-client-test-no-scope-in-token-endpoint-response',
      'without scope',
      (tokens) => without(tokens, 'scope'),
    ),
    accepts(response, 'with parameters that nobody knows', (tokens) => ({
      ...tokens,
      not_before_policy: 0,
      session: { a: [1] },
    })),
    accepts(response, 'in which the id_token came before the access token', ({ id_token, ...tokens }) => ({
      id_token,
      ...tokens,
    })),
    accepts(response, 'without a content type', (tokens) => new Reply(200, JSON.stringify(tokens))),
    accepts(
      response,
      'with a charset parameter',
      (tokens) =>
        new Reply(200, JSON.stringify(tokens), { 'content-type': 'application/json;charset=UTF-8' }),
    ),
    accepts(
      response,
      'with blanks and line breaks around it',
      (tokens) => new Reply(200, `\r\n ${JSON.stringify(tokens, null, 2)}\n`, json),
    ),
    {
      module: response,
      what: 'gives the application the whole token response',
      server: { token: (tokens) => ({ ...tokens, 'x-extra': 'kept' }) },
      async run(stage) {
        const { tokens } = await userOf(stage)
        expect(tokens).to.include({ token_type: 'Bearer', expires_in: 900, 'x-extra': 'kept' })
      },
    },

    refuses('without access_token', (tokens) => without(tokens, 'access_token')),
    refuses('whose access_token is empty', (tokens) => ({ ...tokens, access_token: '' })),
    refuses('whose access_token is a number', (tokens) => ({ ...tokens, access_token: 12 })),
    refuses('whose access_token is an object', (tokens) => ({ ...tokens, access_token: { value: 'x' } })),
    refuses('whose token_type is MAC', (tokens) => ({ ...tokens, token_type: 'mac' }), /token_type/),
    refuses('whose token_type is DPoP', (tokens) => ({ ...tokens, token_type: 'DPoP' }), /token_type/),
    refuses('whose token_type is a list', (tokens) => ({ ...tokens, token_type: ['Bearer'] }), /token_type/),
    refuses('with an error beside the tokens', (tokens) => ({ ...tokens, error: 'server_error' }), /error/),
    refuses('that is a list', (tokens) => new Reply(200, [tokens])),
    refuses('that is a JSON text', () => new Reply(200, '"access_token"', json)),
    refuses('that is null', () => new Reply(200, 'null', json)),
    refuses(
      'that is a form',
      (tokens) => new Reply(200, `access_token=${tokens.access_token}&token_type=bearer`),
    ),
    refuses(
      'that is an HTML page',
      () => new Reply(200, '<html><body>Welcome</body></html>', { 'content-type': 'text/html' }),
    ),
    refuses('that is empty', () => new Reply(200, '', json)),
    refuses(
      'that breaks off in the JSON',
      (tokens) => new Reply(200, JSON.stringify(tokens).slice(0, 80), json),
    ),
    refuses('with two JSON objects', (tokens) => new Reply(200, JSON.stringify(tokens).repeat(2), json)),
    refuses('in UTF-16', (tokens) => new Reply(200, Buffer.from(JSON.stringify(tokens), 'utf16le'), json)),
    refuses(
      'that is compressed, which nobody asked for',
      (tokens) =>
        new Reply(200, Buffer.from([0x1f, 0x8b, 8, 0, String(tokens.scope).length]), {
          ...json,
          'content-encoding': 'gzip',
        }),
    ),
    refuses('of more than a mebibyte', (tokens) => ({ ...tokens, padding: 'x'.repeat(1_200_000) })),

    {
      module: 'OpenID Connect Core §3.1.3.3 (id_token)',
      what: 'refuses a token response without id_token',
      server: { token: (tokens) => without(tokens, 'id_token') },
      run: refusesTokens('xai_identity_missing', /id_token/),
    },
    {
      module: 'OpenID Connect Core §3.1.3.3 (id_token)',
      what: 'refuses a token response whose id_token is null',
      server: { token: (tokens) => ({ ...tokens, id_token: null }) },
      run: refusesTokens('xai_identity_missing', /id_token/),
    },

    refused(
      'reports invalid_grant',
      new Reply(400, { error: 'invalid_grant' }),
      failed,
      /HTTP 400.*invalid_grant/,
    ),
    refused(
      'reports invalid_client with 401',
      new Reply(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
      failed,
      /HTTP 401.*invalid_client/,
    ),
    refused(
      'reports invalid_scope',
      new Reply(400, { error: 'invalid_scope', error_description: 'No.' }),
      failed,
      /invalid_scope/,
    ),
    refused('reports a 500 that is a page', new Reply(500, '<h1>Oops</h1>'), failed, /HTTP 500/),
    refused('reports a 503', new Reply(503, '', { 'retry-after': '7' }), failed, /HTTP 503/),
    refused('reports a 429', new Reply(429, { error: 'slow_down' }), failed, /HTTP 429/),
    refused(
      'takes a 201 with tokens for a refusal',
      new Reply(201, { access_token: 'at-0123456789abcdef' }),
      failed,
      /HTTP 201/,
    ),
    refused('takes a 204 for a refusal', new Reply(204), failed, /HTTP 204/),
    refused(
      'reports a 403 without an error code as the account’s tier',
      new Reply(403, { message: 'not entitled' }),
      'xai_oauth_tier_denied',
      /HTTP 403/,
    ),
    {
      module: refusal,
      what: 'hides tokens that stand in an error',
      server: { token: (tokens) => new Reply(400, { error: 'invalid_grant', debug: tokens }) },
      async run(stage) {
        const ending = await stage.signIn()
        await stage.expectError(ending, failed, /invalid_grant/)
        expect(JSON.stringify(ending)).to.include('[redacted]')
        expect(JSON.stringify(ending)).not.to.match(/\bat-[\w-]{10}|eyJ[\w-]{20}/)
      },
    },
    ...[301, 302, 303, 307, 308].map(
      (status): Scenario => ({
        module: 'RFC 9700 §4.12 (redirects with credentials)',
        what: `does not follow a ${status} of the token endpoint`,
        server: { token: () => new Reply(status, '', { location: '/elsewhere' }) },
        async run(stage) {
          await refusesTokens(failed, new RegExp(`HTTP ${status}`))(stage)
          expect(stage.server.to('/elsewhere')).to.be.empty
        },
      }),
    ),
  ],
}

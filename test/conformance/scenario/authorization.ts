import { expect } from 'chai'
import { load } from '../../support/application.js'
import { type Chapter, type Scenario, type Stage, signsIn } from '../scenario.js'

const request = 'OpenID Connect Core §3.1.2.1 (authentication request)'
const pkce = 'RFC 7636 §4 (PKCE)'
const iss = 'RFC 9207 §2.4 (iss)'
const badIss = 'fapi2-security-profile-final-client-test-invalid-authorization-response-iss'
const badState =
  'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails'
const noState =
  'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails'
const post = 'oidcc-client-test (response_mode form_post)'
const error = 'RFC 6749 §4.1.2.1 (error response)'
const shape = 'RFC 6749 §3.1 (parameters)'

/** The query of the authorization request of a sign-in that began. */
const requestOf = async (stage: Stage): Promise<URLSearchParams> => {
  await stage.arrive()
  const [first] = stage.server.to('/oauth2/authorize')
  if (!first) throw new Error('no authorization request arrived')
  return first.query
}

/** An authorization response with other parameters, after which no code may be sent. */
const refusal = (
  module: string,
  what: string,
  [status, code]: readonly [number, string],
  change: (parameters: URLSearchParams) => void,
): Scenario => ({
  module,
  what: `refuses ${what}`,
  server: { callback: change },
  run: async (stage) => stage.expectFailure(await stage.signIn(), status, code),
})

/** A callback as a form, as response_mode=form_post delivers it. */
const postCallback = async (stage: Stage) => {
  const { origin, pathname, searchParams } = new URL(await stage.arrive())
  const response = await stage.victim.post(`${origin}${pathname}`, searchParams)
  return { status: response.status, ...JSON.parse(response.body) }
}

const state = [403, 'xai_state_invalid'] as const
const issuer = [403, 'xai_callback_invalid'] as const
const invalid = [400, 'xai_callback_invalid'] as const

const byOptions =
  'xAI has one issuer and issues its clients itself: endpoints and client id are options, and nothing can lead them elsewhere'

/** What a client of another server would ask before its first sign-in. */
const preparation = (module: string, what: string): Scenario => ({
  module,
  what: `asks nothing for ${what}`,
  refusedByDesign: byOptions,
  async run(stage) {
    await signsIn(stage)
    const paths = stage.server.requests.map(({ path }) => path).sort()
    expect(paths).to.deep.equal(['/.well-known/jwks.json', '/oauth2/authorize', '/oauth2/token'])
  },
})

/** The authorization request, and what comes back. */
export const authorizations: Chapter = {
  title: 'Authorization request and response',
  scenarios: [
    preparation('oidcc-client-test-discovery-openid-config', 'the metadata of its issuer'),
    preparation('oidcc-client-test-discovery-issuer-mismatch', 'metadata that could name another issuer'),
    preparation('oidcc-client-test-discovery-jwks-uri-keys', 'a jwks_uri that changes'),
    preparation('oidcc-client-test-discovery-webfinger-acct', 'the issuer of an account'),
    preparation('oidcc-client-test-discovery-webfinger-url', 'the issuer of a URL'),
    preparation('oidcc-client-test-dynamic-registration', 'a client id'),
    {
      module: request,
      what: 'asks for a code, with scope, state, nonce and the registered redirect URI',
      async run(stage) {
        const query = await requestOf(stage)
        expect(Object.fromEntries(query)).to.include({
          response_type: 'code',
          client_id: 'client-1',
          scope: 'openid profile email',
          redirect_uri: stage.application.callbackURL,
        })
        for (const name of query.keys()) expect(query.getAll(name)).to.have.length(1)
      },
    },
    {
      module: 'oidcc-client-test-nonce-unless-code-flow',
      what: 'sends a nonce of its own in every request, in the code flow as well',
      async run(stage) {
        await Promise.all([stage.arrive(), stage.arrive(), stage.arrive()])
        const nonces = stage.server.to('/oauth2/authorize').map(({ query }) => query.get('nonce'))
        expect(new Set(nonces)).to.have.length(3)
        for (const nonce of nonces) expect(nonce).to.match(/^[\w.~-]{22,}$/)
      },
    },
    {
      module: pkce,
      what: 'sends an S256 challenge and never the verifier',
      async run(stage) {
        const query = await requestOf(stage)
        expect(query.get('code_challenge_method')).to.equal('S256')
        expect(query.get('code_challenge')).to.match(/^[\w-]{43}$/)
        expect(query.has('code_verifier')).to.equal(false)
      },
    },
    {
      module: pkce,
      what: 'proves itself with a verifier of 43 to 128 unreserved characters',
      async run(stage) {
        await signsIn(stage)
        const verifier = stage.server.to('/oauth2/token')[0]?.form.get('code_verifier')
        expect(verifier).to.match(/^[A-Za-z0-9._~-]{43,128}$/)
      },
    },
    {
      module: pkce,
      what: 'uses another state, verifier and nonce for every sign-in',
      async run(stage) {
        await signsIn(stage)
        await signsIn(stage)
        const queries = stage.server.to('/oauth2/authorize').map(({ query }) => query)
        for (const name of ['state', 'nonce', 'code_challenge']) {
          expect(new Set(queries.map((query) => query.get(name)))).to.have.length(2)
        }
      },
    },
    {
      module: 'RFC 6749 §4.1.3 (redirect_uri)',
      what: 'sends the redirect URI of the authorization request with the code',
      async run(stage) {
        await signsIn(stage)
        const form = stage.server.to('/oauth2/token')[0]?.form
        expect(form?.getAll('redirect_uri')).to.deep.equal([stage.application.callbackURL])
        expect(form?.getAll('grant_type')).to.deep.equal(['authorization_code'])
      },
    },

    {
      module: iss,
      what: 'accepts a response that names the issuer',
      server: { callback: (parameters, { issuer }) => parameters.set('iss', issuer) },
      run: signsIn,
    },
    {
      module: 'fapi2-security-profile-final-client-test-remove-authorization-response-iss',
      what: 'accepts a response without iss, which xAI has not been seen to send',
      run: signsIn,
    },
    refusal(badIss, 'a response that names another issuer', issuer, (query) =>
      query.set('iss', 'https://evil.example'),
    ),
    refusal(badIss, 'a response whose iss is longer than the issuer', issuer, (query) =>
      query.set('iss', 'http://127.0.0.1'),
    ),
    refusal(badIss, 'an error that names another issuer', issuer, (query) => {
      query.delete('code')
      query.set('error', 'access_denied')
      query.set('iss', 'https://evil.example')
    }),
    refusal(badIss, 'a response with an empty iss', invalid, (query) => query.set('iss', '')),
    refusal(badIss, 'a response with two issuers', invalid, (query) => {
      query.append('iss', 'https://evil.example')
      query.append('iss', 'https://auth.x.ai')
    }),

    refusal(badState, 'a response with an invented state', state, (query) => query.set('state', 'invented')),
    refusal(badState, 'a response whose state differs in its last character', state, (query) =>
      query.set('state', `${query.get('state')?.slice(0, -1)}~`),
    ),
    refusal(badState, 'a response with an empty state', invalid, (query) => query.set('state', '')),
    refusal(noState, 'a code without state', invalid, (query) => query.delete('state')),
    refusal(shape, 'a state without code or error', invalid, (query) => query.delete('code')),
    refusal(shape, 'two codes', invalid, (query) => query.append('code', 'another')),
    refusal(shape, 'two states', invalid, (query) => query.append('state', 'another')),
    refusal(shape, 'an empty code', invalid, (query) => query.set('code', '')),
    refusal(shape, 'a code in brackets', invalid, (query) => {
      query.set('code[x]', query.get('code') ?? '')
      query.delete('code')
    }),
    refusal(shape, 'a code of 5,000 characters', invalid, (query) => query.set('code', 'x'.repeat(5000))),
    {
      module: shape,
      what: 'ignores parameters that nobody knows',
      server: {
        callback: (query) => {
          query.set('session_state', 'abc.def')
          query.set('authuser', '0')
          query.set('scope', 'openid everything')
        },
      },
      run: signsIn,
    },
    refusal(
      'OAuth 2.0 Multiple Response Types §5',
      'an id_token and an access token in place of a code',
      invalid,
      (query) => {
        query.delete('code')
        query.set('access_token', 'at-1')
        query.set('id_token', 'e30.e30.')
      },
    ),

    {
      module: post,
      what: 'accepts a response that comes as a form',
      run: async (stage) => expect(await postCallback(stage)).to.include({ outcome: 'success' }) as never,
    },
    {
      module: 'oidcc-client-test-form-post-error',
      what: 'reports an error that comes as a form',
      server: {
        callback: (query) => {
          query.delete('code')
          query.set('error', 'login_required')
        },
      },
      async run(stage) {
        await stage.expectError(await postCallback(stage), 'xai_authorization_failed', /login_required/)
        expect(stage.count('token')).to.equal(0)
      },
    },
    {
      module: post,
      what: 'refuses a form whose code also stands in the query',
      async run(stage) {
        const callback = await stage.arrive()
        const response = await stage.victim.post(callback, new URL(callback).searchParams)
        const ending = { status: response.status, ...JSON.parse(response.body) }
        await stage.expectFailure(ending, 400, 'xai_callback_invalid')
      },
    },

    refusal(error, 'the sign-in when the person denied access', [403, 'access_denied'], (query) => {
      query.delete('code')
      query.set('error', 'access_denied')
    }),
    ...[
      'login_required',
      'consent_required',
      'invalid_scope',
      'server_error',
      'temporarily_unavailable',
      'unknown_error',
    ].map(
      (name): Scenario => ({
        module: error,
        what: `reports ${name}`,
        server: {
          callback: (query) => {
            query.delete('code')
            query.set('error', name)
            query.set('error_description', 'Words of the server.')
          },
        },
        async run(stage) {
          const ending = await stage.signIn()
          await stage.expectError(
            ending,
            'xai_authorization_failed',
            new RegExp(`${name}.*Words of the server`),
          )
          expect(stage.count('token')).to.equal(0)
        },
      }),
    ),
    {
      module: error,
      what: 'sends no code that comes beside an error',
      server: { callback: (query) => query.set('error', 'server_error') },
      async run(stage) {
        await stage.expectError(await stage.signIn(), 'xai_authorization_failed', /server_error/)
        expect(stage.count('token')).to.equal(0)
      },
    },
    refusal(error, 'an error whose state nobody knows, and repeats none of its words', state, (query) => {
      query.delete('code')
      query.set('error', 'access_denied')
      query.set('error_description', 'Call 555-0100')
      query.set('state', 'invented')
    }),
    {
      module: error,
      what: 'begins no new sign-in for an error_description alone',
      async run(stage) {
        const ending = await load(stage.victim, `${stage.application.callbackURL}?error_description=x`)
        await stage.expectFailure(ending, 400, 'xai_callback_invalid')
      },
    },
    {
      module: iss,
      what: 'begins no new sign-in for an iss alone',
      async run(stage) {
        const ending = await load(
          stage.victim,
          `${stage.application.callbackURL}?iss=https%3A%2F%2Fauth.x.ai`,
        )
        await stage.expectFailure(ending, 400, 'xai_callback_invalid')
      },
    },
  ],
}

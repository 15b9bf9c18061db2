import { expect } from 'chai'
import { failureOf } from '../../support/failure.js'
import { type Chapter, type Scenario, type Stage, userOf } from '../scenario.js'
import { type Conduct, Reply } from '../server.js'

const refresh = 'oidcc-client-test-refresh-token'
const rotation = 'RFC 9700 §4.14 (refresh token protection)'
const revocation = 'RFC 7009 §2 (revocation)'
const offline = { scope: 'openid profile offline_access' }

/** A refresh token of a person who has signed in. */
const tokenOf = async (stage: Stage): Promise<string> => {
  const { tokens } = await userOf(stage)
  return tokens.refresh_token as string
}

/** The token endpoint's response to a refresh; to a code it answers as it should. */
const onRefresh = (
  change: (tokens: Record<string, unknown>) => Record<string, unknown> | Reply,
): Conduct => ({
  token: (tokens, { form }) => (form.get('grant_type') === 'refresh_token' ? change(tokens) : tokens),
})

const refusal = (
  what: string,
  code: string,
  change: (tokens: Record<string, unknown>) => Record<string, unknown> | Reply,
): Scenario => ({
  module: refresh,
  what: `refuses ${what}, and sends the token once`,
  options: offline,
  server: onRefresh(change),
  async run(stage) {
    const token = await tokenOf(stage)
    const error = await failureOf(stage.application.strategy.refresh(token))
    expect(error).to.include({ code })
    expect(String(error.stack)).not.to.include(token)
    expect(stage.count('token')).to.equal(2)
  },
})

/** Refresh and revocation. */
export const refreshes: Chapter = {
  title: 'Refresh and revocation',
  scenarios: [
    {
      module: refresh,
      what: 'trades a refresh token for new tokens, with which userinfo answers',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const { accessToken, refreshToken } = await strategy.refresh(await tokenOf(stage))
        expect(refreshToken).to.match(/^rt-/)
        const profile = await new Promise((resolve, reject) => {
          strategy.userProfile(accessToken, (error, found) => (error ? reject(error) : resolve(found)))
        })
        expect(profile).to.include({ id: stage.server.sub })
      },
    },
    {
      module: refresh,
      what: 'sends neither a verifier nor an echo with a refresh',
      options: offline,
      async run(stage) {
        await stage.application.strategy.refresh(await tokenOf(stage))
        const [, { form } = { form: new URLSearchParams() }] = stage.server.to('/oauth2/token')
        expect([...form.keys()].sort()).to.deep.equal(['client_id', 'grant_type', 'refresh_token'])
      },
    },
    {
      module: refresh,
      what: 'keeps the refresh token when the response brings none',
      options: offline,
      server: onRefresh((tokens) => ({ ...tokens, refresh_token: undefined })),
      async run(stage) {
        const token = await tokenOf(stage)
        expect((await stage.application.strategy.refresh(token)).refreshToken).to.equal(token)
      },
    },
    ...(['iss', 'sub', 'aud', 'azp'] as const).map(
      (claim): Scenario => ({
        module: `oidcc-client-test-refresh-token-invalid-${claim === 'iss' ? 'issuer' : claim}`,
        what: `hands on an id_token with another ${claim} as text that signs nobody in`,
        refusedByDesign:
          'a refresh signs nobody in: its id_token is not read, and its name says that it is not verified',
        options: offline,
        server: { claims: () => ({}) },
        async run(stage) {
          const token = await tokenOf(stage)
          const before = await stage.whoIsIn()
          stage.server.conduct.claims = () => ({ [claim]: 'https://evil.example' })
          const { idToken, raw } = await stage.application.strategy.refresh(token)
          expect(idToken).to.equal(raw.id_token)
          expect(await stage.whoIsIn()).to.deep.equal(before)
        },
      }),
    ),
    {
      module: rotation,
      what: 'uses the rotated refresh token next',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const first = await strategy.refresh(await tokenOf(stage))
        const second = await strategy.refresh(first.refreshToken)
        expect(second.refreshToken).not.to.equal(first.refreshToken)
        const sent = stage.server.to('/oauth2/token').map(({ form }) => form.get('refresh_token'))
        expect(sent.at(-1)).to.equal(first.refreshToken)
      },
    },
    {
      module: rotation,
      what: 'sends a refresh token once, however many ask at once',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const token = await tokenOf(stage)
        const all = await Promise.all(Array.from({ length: 10 }, () => strategy.refresh(token)))
        expect(new Set(all.map(({ accessToken }) => accessToken))).to.have.length(1)
        expect(stage.count('token')).to.equal(2)
      },
    },
    {
      module: rotation,
      what: 'sends a refresh token once when two strategies of the same client ask at once',
      options: offline,
      async run(stage) {
        const token = await tokenOf(stage)
        const other = stage.application.buildStrategy()
        await Promise.all([stage.application.strategy.refresh(token), other.refresh(token)])
        expect(stage.count('token')).to.equal(2)
      },
    },
    {
      module: rotation,
      what: 'asks once about a refresh token that the server has revoked',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const token = await tokenOf(stage)
        await strategy.refresh(token)
        for (let turn = 0; turn < 5; turn += 1) {
          expect(await failureOf(strategy.refresh(token))).to.include({ code: 'xai_refresh_token_revoked' })
        }
        expect(stage.count('token')).to.equal(3)
      },
    },
    {
      module: rotation,
      what: 'meets the end of the whole family after a token came twice',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const token = await tokenOf(stage)
        const { refreshToken } = await strategy.refresh(token)
        await failureOf(strategy.refresh(token))
        expect(await failureOf(strategy.refresh(refreshToken))).to.include({
          code: 'xai_refresh_token_revoked',
        })
      },
    },
    refusal(
      'a refresh that the server refuses for the client',
      'xai_refresh_failed',
      () => new Reply(401, { error: 'invalid_client' }),
    ),
    refusal('a 500', 'xai_refresh_failed', () => new Reply(500, 'oops')),
    refusal('a 503', 'xai_refresh_failed', () => new Reply(503)),
    refusal('a redirect', 'xai_refresh_failed', () => new Reply(307, '', { location: '/oauth2/token' })),
    refusal(
      'a response without access_token',
      'xai_refresh_invalid',
      ({ access_token: _, ...tokens }) => tokens,
    ),
    refusal('a response of another token type', 'xai_refresh_invalid', (tokens) => ({
      ...tokens,
      token_type: 'mac',
    })),
    refusal('an HTML page', 'xai_refresh_invalid', () => new Reply(200, '<html></html>')),

    {
      module: revocation,
      what: 'revokes a refresh token, which is then dead',
      options: offline,
      async run(stage) {
        const { strategy } = stage.application
        const token = await tokenOf(stage)
        await strategy.revoke(token, { hint: 'refresh_token' })
        const [{ form } = { form: new URLSearchParams() }] = stage.server.to('/oauth2/revoke')
        expect(Object.fromEntries(form)).to.deep.equal({
          token,
          token_type_hint: 'refresh_token',
          client_id: 'client-1',
        })
        expect(await failureOf(strategy.refresh(token))).to.include({ code: 'xai_refresh_token_revoked' })
      },
    },
    {
      module: revocation,
      what: 'takes a 200 for a token that the server does not know for success',
      async run(stage) {
        await stage.application.strategy.revoke('rt-nobody-knows-this-0123456789')
        expect(stage.server.to('/oauth2/revoke')).to.have.length(1)
      },
    },
    ...[
      [400, { error: 'unsupported_token_type' }],
      [401, { error: 'invalid_client' }],
      [503, { error: 'temporarily_unavailable' }],
      [302, ''],
    ].map(
      ([status, body]): Scenario => ({
        module: revocation,
        what: `reports a ${status}, and does not repeat the token`,
        server: { revocation: () => new Reply(status as number, body as object, { location: '/elsewhere' }) },
        async run(stage) {
          const token = 'rt-of-a-person-0123456789'
          const error = await failureOf(stage.application.strategy.revoke(token))
          expect(error).to.include({ code: 'xai_revocation_failed' })
          expect(error.response).to.include({ status })
          expect(String(error.stack)).not.to.include(token)
          expect(stage.server.to('/elsewhere')).to.be.empty
        },
      }),
    ),
  ],
}

import { expect } from 'chai'
import { type Chapter, type Scenario, type Stage, userOf } from '../scenario.js'
import { Reply } from '../server.js'
import { newKey, signJWS } from '../signing.js'

const sub = 'oidcc-client-test-userinfo-invalid-sub'
const bearer = 'oidcc-client-test-userinfo-bearer-header'
const scope = 'oidcc-client-test-scope-userinfo-claims'
const response = 'OpenID Connect Core §5.3.2 (userinfo response)'
const always = { userInfo: 'always' } as const

/** A userinfo response that nobody can use: nobody is signed in. */
const refusal = (
  module: string,
  what: string,
  code: 'xai_userinfo_failed' | 'xai_userinfo_invalid',
  userinfo: (claims: Record<string, unknown>) => Record<string, unknown> | Reply,
): Scenario => ({
  module,
  what: `refuses ${what}`,
  options: always,
  server: { userinfo },
  async run(stage) {
    await stage.expectError(await stage.signIn(), code, /userinfo/)
    expect(stage.count('userinfo')).to.equal(1)
  },
})

const userinfoRequest = (stage: Stage) => {
  const [request] = stage.server.to('/oauth2/userinfo')
  if (!request) throw new Error('userinfo was not asked')
  return request
}

/** What scopes ask for, and what the profile then holds. */
const scopes: ReadonlyArray<readonly [scope: string, profile: object, absent: readonly string[]]> = [
  ['openid', {}, ['displayName', 'emails']],
  ['openid profile', { displayName: 'Ada Example' }, ['emails']],
  ['openid email', { emails: [{ value: 'ada@example.com', verified: true }] }, ['displayName']],
  [
    'openid profile email',
    { displayName: 'Ada Example', emails: [{ value: 'ada@example.com', verified: true }] },
    [],
  ],
]

/** Userinfo, and the profile that comes of it. */
export const userinfos: Chapter = {
  title: 'Userinfo and profile',
  scenarios: [
    {
      module: bearer,
      what: 'sends the access token in the header, and nowhere else',
      options: always,
      async run(stage) {
        const { tokens } = await userOf(stage)
        const { method, headers, query, form } = userinfoRequest(stage)
        expect(method).to.equal('GET')
        expect(headers.authorization).to.equal(`Bearer ${tokens.access_token}`)
        expect([...query.keys(), ...form.keys()]).to.be.empty
      },
    },
    {
      module: response,
      what: 'asks nobody when the id_token says who it is',
      async run(stage) {
        await userOf(stage)
        expect(stage.count('userinfo')).to.equal(0)
      },
    },
    {
      module: response,
      what: 'asks when the id_token has only a sub',
      server: { claims: () => ({ name: undefined, email: undefined }) },
      async run(stage) {
        const { profile } = await userOf(stage)
        expect(profile.displayName).to.equal('Ada Example')
        expect(stage.count('userinfo')).to.equal(1)
      },
    },
    {
      module: response,
      what: 'prefers the signed claims of the id_token to those of userinfo',
      options: always,
      server: {
        userinfo: (claims) => ({ ...claims, name: 'Eve', iss: 'https://evil.example', nickname: 'ada' }),
      },
      async run(stage) {
        const { profile } = await userOf(stage)
        expect(profile.displayName).to.equal('Ada Example')
        expect(profile._json).to.include({ iss: stage.server.issuer, nickname: 'ada' })
      },
    },
    ...scopes.map(
      ([granted, profile, absent]): Scenario => ({
        module: scope,
        what: `fills the profile from the scopes ${granted}`,
        options: { scope: granted, userInfo: 'always' },
        async run(stage) {
          const user = await userOf(stage)
          expect(user.profile).to.deep.include(profile)
          for (const name of absent) expect(user.profile).not.to.have.property(name)
        },
      }),
    ),
    {
      module: scope,
      what: 'keeps address and phone_number among the raw claims',
      options: always,
      server: {
        userinfo: (claims) => ({ ...claims, phone_number: '+1 555 0100', address: { country: 'US' } }),
      },
      async run(stage) {
        const { profile } = await userOf(stage)
        expect(profile._json).to.deep.include({ phone_number: '+1 555 0100', address: { country: 'US' } })
      },
    },
    {
      module: 'oidcc-client-test-aggregated-claims',
      what: 'takes aggregated claims for what they are: raw, and in no profile field',
      options: always,
      server: {
        userinfo: (claims) => ({
          ...claims,
          _claim_names: { name: 'src1' },
          _claim_sources: {
            src1: { JWT: signJWS({ alg: 'ES256' }, { name: 'Eve' }, { key: newKey().privateKey }) },
          },
        }),
      },
      async run(stage) {
        const { profile } = await userOf(stage)
        expect(profile.displayName).to.equal('Ada Example')
        expect(profile._json).to.have.property('_claim_sources')
      },
    },
    {
      module: 'oidcc-client-test-distributed-claims',
      what: 'asks no endpoint that distributed claims name',
      options: always,
      server: {
        userinfo: (claims) => ({
          ...claims,
          _claim_names: { name: 'src1' },
          _claim_sources: { src1: { endpoint: '/claims', access_token: 'at-2' } },
        }),
      },
      async run(stage) {
        await userOf(stage)
        expect(stage.server.to('/claims')).to.be.empty
      },
    },

    refusal(sub, 'the userinfo of somebody else', 'xai_userinfo_invalid', (claims) => ({
      ...claims,
      sub: 'person-2',
    })),
    refusal(sub, 'a sub that differs in its capitals', 'xai_userinfo_invalid', (claims) => ({
      ...claims,
      sub: 'Person-1',
    })),
    refusal(sub, 'a sub that is a list', 'xai_userinfo_invalid', (claims) => ({
      ...claims,
      sub: [claims.sub],
    })),
    refusal(sub, 'userinfo without sub', 'xai_userinfo_invalid', ({ sub: _, ...claims }) => claims),
    refusal(
      response,
      'a 401',
      'xai_userinfo_failed',
      () => new Reply(401, '', { 'www-authenticate': 'Bearer error="invalid_token"' }),
    ),
    refusal(response, 'a 403', 'xai_userinfo_failed', () => new Reply(403, { error: 'insufficient_scope' })),
    refusal(response, 'a 500', 'xai_userinfo_failed', () => new Reply(500, 'oops')),
    refusal(response, 'a 204', 'xai_userinfo_failed', () => new Reply(204)),
    refusal(response, 'a list', 'xai_userinfo_invalid', (claims) => new Reply(200, [claims])),
    refusal(
      response,
      'an HTML page',
      'xai_userinfo_invalid',
      () => new Reply(200, '<html></html>', { 'content-type': 'text/html' }),
    ),
    refusal(response, 'null', 'xai_userinfo_invalid', () => new Reply(200, 'null')),
    refusal(response, 'a response of more than a mebibyte', 'xai_userinfo_invalid', (claims) => ({
      ...claims,
      padding: 'x'.repeat(1_200_000),
    })),
    {
      ...refusal(
        'oidcc-client-test-userinfo-signed',
        'userinfo as a JWT',
        'xai_userinfo_invalid',
        (claims) => {
          const { privateKey } = newKey()
          return new Reply(200, signJWS({ alg: 'ES256' }, claims, { key: privateKey }), {
            'content-type': 'application/jwt',
          })
        },
      ),
      refusedByDesign: 'xAI sends userinfo as JSON over TLS; the id_token alone decides who signs in',
    },
    {
      module: 'RFC 9700 §4.12 (redirects with credentials)',
      what: 'does not follow a redirect of userinfo with the access token',
      options: always,
      server: { userinfo: () => new Reply(307, '', { location: '/elsewhere' }) },
      async run(stage) {
        await stage.expectError(await stage.signIn(), 'xai_userinfo_failed', /HTTP 307/)
        expect(stage.server.to('/elsewhere')).to.be.empty
      },
    },
  ],
}

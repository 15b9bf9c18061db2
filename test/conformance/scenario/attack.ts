import { expect } from 'chai'
import { load } from '../../support/application.js'
import { CookieClient } from '../../support/browserless-client.js'
import { type Chapter, type Scenario, type Stage, signsIn } from '../scenario.js'
import { MisbehavingServer } from '../server.js'

const redirection = 'RFC 9700 §4.1 (insufficient redirection URI validation)'
const referrer = 'RFC 9700 §4.2 (leakage by Referer)'
const history = 'RFC 9700 §4.3 (leakage by browser history)'
const mixUp = 'RFC 9700 §4.4 (mix-up)'
const codeInjection = 'RFC 9700 §4.5 (code injection)'
const tokenInjection = 'RFC 9700 §4.6 (access token injection)'
const csrf = 'RFC 9700 §4.7 (CSRF)'
const downgrade = 'RFC 9700 §4.8 (PKCE downgrade)'
const openRedirect = 'RFC 9700 §4.11 (open redirection)'
const lookAhead = 'RFC 9700 §4.5.1 (codes that others spend)'

/** The URL with other parameters; `undefined` takes one away. */
const withParameters = (url: string, changes: Readonly<Record<string, string | undefined>>): string => {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.searchParams.delete(name)
    else changed.searchParams.set(name, value)
  }
  return changed.href
}

const codeOf = (callback: string): string => new URL(callback).searchParams.get('code') ?? ''

/** The attacker's code, put into a callback of the victim's. */
const inject = async (stage: Stage) => {
  const attackers = await stage.arrive(stage.attacker)
  const victims = await stage.arrive(stage.victim)
  return load(stage.victim, withParameters(victims, { code: codeOf(attackers) }))
}

/** A request that looks at a callback without being the person. */
const glance = (what: string, method: string, headers: Readonly<Record<string, string>>): Scenario => ({
  module: lookAhead,
  what: `spends no code for ${what}, and the person signs in afterwards`,
  async run(stage) {
    const callback = await stage.arrive()
    const { status } = await stage.victim.send(callback, { method, headers })
    expect(status).to.equal(400)
    expect(stage.count('token')).to.equal(0)
    await stage.expectSuccess(callback)
  },
})

/** Every scenario on both stores. */
const onBothStores = (scenario: Scenario): Scenario[] => [
  { ...scenario, what: `${scenario.what} (session)` },
  {
    ...scenario,
    what: `${scenario.what} (cookie)`,
    application: { ...scenario.application, store: 'cookie' },
  },
]

const attacks: readonly Scenario[] = [
  {
    module: csrf,
    what: 'refuses the callback of another browser',
    async run(stage) {
      const callback = await stage.arrive(stage.attacker)
      await stage.expectFailure(await load(stage.victim, callback), 403, 'xai_state_invalid')
    },
  },
  {
    module: csrf,
    what: 'refuses the callback of another browser while the victim signs in, who then finishes',
    async run(stage) {
      const victims = await stage.arrive(stage.victim)
      const attackers = await stage.arrive(stage.attacker)
      await stage.expectFailure(await load(stage.victim, attackers), 403, 'xai_state_invalid')
      await stage.expectSuccess(victims)
    },
  },
  {
    module: csrf,
    what: 'refuses a state that is used',
    async run(stage) {
      const callback = await stage.arrive()
      await stage.expectSuccess(callback)
      const again = await load(stage.victim, callback)
      expect(again).to.include({ status: 403 })
      expect(again.info).to.include({ code: 'xai_state_invalid' })
      expect(stage.count('token')).to.equal(1)
    },
  },
  {
    module: codeInjection,
    what: 'sends a stolen code with the verifier of its own sign-in, which the server refuses',
    async run(stage) {
      await stage.expectError(await inject(stage), 'xai_token_exchange_failed', /invalid_grant/)
    },
  },
  {
    module: codeInjection,
    what: 'refuses a stolen code by its nonce where the server does not check PKCE',
    server: { ignoresPKCE: true },
    async run(stage) {
      await stage.expectError(await inject(stage), 'xai_id_token_invalid', /nonce/)
    },
  },
  {
    module: codeInjection,
    what: 'sends one request when the same callback arrives ten times at once',
    async run(stage) {
      const callback = await stage.arrive()
      const endings = await Promise.all(Array.from({ length: 10 }, () => load(stage.victim, callback)))
      expect(endings.filter(({ outcome }) => outcome === 'success')).to.have.length(1)
      expect(stage.count('token')).to.equal(1)
    },
  },
  {
    module: mixUp,
    what: 'sends no code of another server, which names itself (iss)',
    server: { callback: (query) => query.set('iss', 'https://evil.example') },
    async run(stage) {
      await stage.expectFailure(await stage.signIn(), 403, 'xai_callback_invalid')
    },
  },
]

/** The attacks that RFC 9700 describes, as far as a client can meet them. */
export const securityBestPractice: Chapter = {
  title: 'Attacks of RFC 9700',
  scenarios: [
    ...attacks.flatMap(onBothStores),
    {
      module: mixUp,
      what: 'keeps sign-ins of two servers apart: a state of one is unknown to the other',
      async run(stage) {
        const evil = await MisbehavingServer.start({ id: 'client-1' })
        try {
          const strategy = stage.application.buildStrategy({ issuer: evil.issuer })
          stage.application.passport.use('evil', strategy)
          const honest = await stage.arrive()
          const ending = await stage.finishWith('evil', honest)
          await stage.expectFailure(ending, 403, 'xai_state_invalid')
          expect(evil.requests.filter(({ path }) => path === '/oauth2/token')).to.be.empty
        } finally {
          await evil.close()
        }
      },
    },
    {
      module: mixUp,
      what: 'refuses an id_token of another server that is signed with a key of its own',
      server: {
        claims: () => ({ iss: 'https://evil.example' }),
      },
      async run(stage) {
        await stage.expectError(await stage.signIn(), 'xai_id_token_invalid', /\biss\b/)
      },
    },
    {
      module: tokenInjection,
      what: 'takes no access token and no id_token from a callback',
      async run(stage) {
        const url = `${stage.application.callbackURL}?access_token=at-stolen&id_token=e30.e30.&token_type=Bearer`
        const { status, headers } = await stage.victim.get(url)
        expect(status).to.equal(302)
        expect(headers.location).to.match(new RegExp(`^${stage.server.issuer}/oauth2/authorize\\?`))
        expect(headers.location).not.to.include('at-stolen')
        expect(stage.count('userinfo')).to.equal(0)
        expect(await stage.whoIsIn()).to.equal(null)
      },
    },
    {
      module: tokenInjection,
      what: 'refuses an access token that was put beside an id_token (at_hash)',
      server: { token: (tokens) => ({ ...tokens, access_token: 'at-stolen-0123456789abcdef' }) },
      async run(stage) {
        await stage.expectError(await stage.signIn(), 'xai_id_token_invalid', /at_hash/)
        expect(stage.count('userinfo')).to.equal(0)
      },
    },
    {
      module: downgrade,
      what: 'sends the verifier also to a server that lost the challenge',
      server: { ignoresPKCE: true },
      async run(stage) {
        await signsIn(stage)
        expect(stage.server.to('/oauth2/token')[0]?.form.get('code_verifier')).to.match(/^[\w.~-]{43,}$/)
      },
    },
    {
      module: downgrade,
      what: 'cannot be built without PKCE or state',
      async run({ application }) {
        for (const option of [{ pkce: false }, { pkce: 'plain' }, { state: false }]) {
          expect(() => application.buildStrategy({ strategy: option as never })).to.throw(TypeError, /always/)
        }
      },
    },
    {
      module: redirection,
      what: 'takes no redirect URI from the request',
      async run(stage) {
        const url = `${stage.application.origin}/sign-in?redirect_uri=https%3A%2F%2Fevil.example&callbackURL=https%3A%2F%2Fevil.example`
        const { headers } = await stage.victim.get(url)
        const { searchParams } = new URL(headers.location ?? '')
        expect(searchParams.getAll('redirect_uri')).to.deep.equal([stage.application.callbackURL])
        expect(headers.location).not.to.include('evil')
      },
    },
    {
      module: redirection,
      what: 'takes no redirect URI from a forged Host header',
      async run(stage) {
        const { headers } = await stage.victim.get(`${stage.application.origin}/sign-in`, {
          headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
        })
        expect(headers.location).not.to.include('evil')
      },
    },
    {
      module: openRedirect,
      what: 'redirects to the authorization endpoint alone, whatever the request says',
      async run(stage) {
        const url = `${stage.application.callbackURL}?next=https%3A%2F%2Fevil.example&target_link_uri=https%3A%2F%2Fevil.example`
        const { headers } = await stage.victim.get(url)
        expect(new URL(headers.location ?? '').origin).to.equal(stage.server.issuer)
        expect(headers.location).not.to.include('evil')
      },
    },
    {
      module: history,
      what: 'puts no token into any URL that the browser visits',
      async run(stage) {
        const callback = await stage.arrive()
        await stage.expectSuccess(callback)
        const authorization = stage.server.to('/oauth2/authorize').map(({ query }) => String(query))
        expect([callback, ...authorization].join()).not.to.match(/access_token|id_token|at-[\w-]{10}/)
      },
    },
    {
      module: referrer,
      what: 'sends neither code nor state of a callback to any server but in the token request',
      options: { userInfo: 'always' },
      async run(stage) {
        const callback = await stage.arrive()
        await stage.expectSuccess(callback)
        for (const { path, headers } of stage.server.requests) {
          expect(headers.referer, path).to.equal(undefined)
        }
      },
    },
    glance('a HEAD request', 'HEAD', {}),
    glance('a prefetch', 'GET', { 'sec-purpose': 'prefetch' }),
    glance('an old prefetch', 'GET', { purpose: 'prefetch' }),
    glance('an image of another page', 'GET', { 'sec-fetch-dest': 'image' }),
    {
      module: 'RFC 9700 §2.6 (TLS)',
      what: 'cannot be built with endpoints that are neither https nor on loopback',
      async run({ application }) {
        for (const name of [
          'issuer',
          'authorizationURL',
          'tokenURL',
          'userInfoURL',
          'jwksURL',
          'revocationURL',
        ]) {
          const strategy = { [name]: 'http://auth.example' }
          expect(() => application.buildStrategy({ strategy }), name).to.throw(TypeError, name)
        }
      },
    },
    {
      module: 'RFC 9700 §2.6 (TLS)',
      what: 'cannot be built with a callback that is neither https nor on loopback',
      async run({ application }) {
        const strategy = { callbackURL: 'http://app.example/callback' }
        expect(() => application.buildStrategy({ strategy })).to.throw(TypeError, /callbackURL/)
      },
    },
    {
      module: csrf,
      what: 'signs in two browsers at once, each as its own person',
      async run(stage) {
        const [one, two] = [new CookieClient(), new CookieClient()]
        const callbacks = await Promise.all([stage.arrive(one), stage.arrive(two)])
        await Promise.all([stage.expectSuccess(callbacks[0], one), stage.expectSuccess(callbacks[1], two)])
        expect(stage.count('token')).to.equal(2)
      },
    },
  ],
}

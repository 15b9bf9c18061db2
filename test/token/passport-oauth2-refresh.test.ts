import type { Agent } from 'node:http'
import { mock } from 'node:test'
import { expect } from 'chai'
import { OAuth2 } from 'oauth'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { XaiOAuthError, XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { CountingAgent } from '../support/counting-agent.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { buildOfflineStrategy, signInOffline } from '../support/offline-strategy.js'
import { until } from '../support/until.js'

type Done = (error: unknown, accessToken?: string, refreshToken?: string, params?: object) => void

interface Refresher {
  use(strategy: object): void
  use(name: string, strategy: object, options: object): void
  requestNewAccessToken(name: string, refreshToken: string, ...rest: [Done] | [object, Done]): void
}

// The package has no types.
const { AuthTokenRefresh } = require('passport-oauth2-refresh') as { AuthTokenRefresh: new () => Refresher }

/** How one request of passport-oauth2-refresh ended. */
interface Outcome {
  calls: number
  error: unknown
  accessToken: string | undefined
  refreshToken: string | undefined
  params: object | undefined
}

function requestNew(refresher: Refresher, refreshToken: string, params?: object): Promise<Outcome> {
  const outcome: Partial<Outcome> & { calls: number } = { calls: 0 }
  const done: Done = (error, accessToken, newRefreshToken, params) => {
    outcome.calls += 1
    Object.assign(outcome, { error, accessToken, refreshToken: newRefreshToken, params })
  }
  if (params) refresher.requestNewAccessToken('xai', refreshToken, params, done)
  else refresher.requestNewAccessToken('xai', refreshToken, done)
  return until(() => outcome.calls > 0).then(() => outcome as Outcome)
}

/** passport-oauth2-refresh with the strategy as it is. */
function buildRefresher(strategy: XaiStrategy): Refresher {
  const refresher = new AuthTokenRefresh()
  refresher.use(strategy)
  return refresher
}

describe('passport-oauth2-refresh with the strategy', () => {
  afterEach(() => mock.timers.reset())

  describe('against the emulator', () => {
    let emulator: Emulator
    const buildStrategy = (options?: Partial<XaiStrategyOptions>): XaiStrategy =>
      buildOfflineStrategy(emulator, options)
    const signIn = async (strategy: XaiStrategy): Promise<string> =>
      (await signInOffline(emulator, strategy)).refreshToken

    before(async () => {
      emulator = await startEmulator({ signInAs: 'personal' })
    })
    after(() => emulator.close())

    it('gives new tokens and the whole response', async () => {
      const strategy = buildStrategy()
      const spent = await signIn(strategy)
      const { error, accessToken, refreshToken, params } = await requestNew(buildRefresher(strategy), spent)
      expect(error).to.equal(null)
      expect(refreshToken).to.match(/^OR-/).and.not.equal(spent)
      expect(params).to.include({
        access_token: accessToken,
        refresh_token: refreshToken,
        expires_in: 21_600,
      })
      expect((await strategy.refresh(`${refreshToken}`)).refreshToken).not.to.equal(refreshToken)
    })

    it('sends no echo and no verifier, and parameters of its caller', async () => {
      const strategy = buildStrategy()
      const spent = await signIn(strategy)
      const own = { resource: 'https://api.x.ai', code_verifier: 'no', client_id: 'no', refresh_token: 'no' }
      await requestNew(buildRefresher(strategy), spent, own)
      expect(emulator.requests[0]?.parameters).to.deep.equal({
        grant_type: 'refresh_token',
        refresh_token: spent,
        client_id: emulator.publicClient.clientID,
        resource: 'https://api.x.ai',
      })
    })

    it('reports a revoked token', async () => {
      const strategy = buildStrategy()
      const refresher = buildRefresher(strategy)
      const spent = await signIn(strategy)
      await requestNew(refresher, spent)
      const { error, accessToken } = await requestNew(refresher, spent)
      expect(error).to.be.instanceOf(XaiOAuthError)
      expect(error).to.include({ code: 'xai_refresh_token_revoked', status: 400, error: 'invalid_grant' })
      expect(accessToken).to.equal(undefined)
    })

    it('shares one flight with strategy.refresh, whichever begins', async () => {
      const strategy = buildStrategy()
      const refresher = buildRefresher(strategy)
      const first = await signIn(strategy)
      const [tokens, outcome, again] = await Promise.all([
        strategy.refresh(first),
        requestNew(refresher, first),
        requestNew(refresher, first),
      ])
      expect(emulator.requests).to.have.length(1)
      expect([outcome.refreshToken, again.refreshToken]).to.deep.equal([
        tokens.refreshToken,
        tokens.refreshToken,
      ])

      emulator.clearRequests()
      const [next, joined] = await Promise.all([
        requestNew(refresher, tokens.refreshToken),
        strategy.refresh(tokens.refreshToken),
      ])
      expect(emulator.requests).to.have.length(1)
      expect(joined).to.include({ accessToken: next.accessToken, refreshToken: next.refreshToken })
    })

    it('keeps client_secret_basic', async () => {
      const { clientID, clientSecret } = emulator.confidentialClient
      const strategy = buildStrategy({ clientID, clientSecret })
      const { error } = await requestNew(buildRefresher(strategy), await signIn(strategy))
      expect(error).to.equal(null)
      const [request] = emulator.requests
      expect(request?.headers.authorization).to.match(/^Basic /)
      expect(request?.parameters).to.have.all.keys('grant_type', 'refresh_token')
    })

    it('keeps client_secret_post', async () => {
      const { clientID, clientSecret } = emulator.confidentialClient
      const strategy = buildStrategy({
        clientID,
        clientSecret,
        clientAuthentication: 'client_secret_post',
      })
      const { error } = await requestNew(buildRefresher(strategy), await signIn(strategy))
      expect(error).to.equal(null)
      const [request] = emulator.requests
      expect(request?.headers).not.to.have.property('authorization')
      expect(request?.parameters).to.include({ client_id: clientID, client_secret: clientSecret })
    })

    it('keeps the tokenURL and the custom headers', async () => {
      const tokenURL = `${emulator.issuer}/oauth2/token?region=eu`
      const strategy = buildStrategy({ tokenURL, customHeaders: { 'X-Application': 'one' } })
      const { error } = await requestNew(buildRefresher(strategy), await signIn(strategy))
      expect(error).to.equal(null)
      expect(emulator.requests[0]?.query).to.deep.equal({ region: 'eu' })
      expect(emulator.requests[0]?.headers).to.include({ 'x-application': 'one' })
    })

    const agents: ReadonlyArray<
      readonly [how: string, build: (agent: Agent) => Refresher & { of: XaiStrategy }]
    > = [
      [
        'that the strategy was given',
        (agent) => {
          const of = buildStrategy({ agent })
          return Object.assign(buildRefresher(of), { of })
        },
      ],
      [
        'that _oauth2.setAgent() was given later',
        (agent) => {
          const of = buildStrategy()
          const refresher = buildRefresher(of)
          const { _oauth2 } = of as unknown as { _oauth2: { setAgent(agent: Agent): void } }
          _oauth2.setAgent(agent)
          return Object.assign(refresher, { of })
        },
      ],
    ]
    for (const [how, build] of agents)
      it(`keeps the agent ${how}`, async () => {
        const agent = new CountingAgent({ keepAlive: false })
        const refresher = build(agent)
        const refreshToken = await signIn(refresher.of)
        agent.opened = 0
        const { error } = await requestNew(refresher, refreshToken)
        expect(error).to.equal(null)
        expect(agent.opened).to.equal(1)
      })

    it('refuses callers who ask for other parameters meanwhile, and sends nothing for them', async () => {
      const strategy = buildStrategy()
      const refresher = buildRefresher(strategy)
      const spent = await signIn(strategy)
      const [tokens, same, narrower] = await Promise.all([
        strategy.refresh(spent),
        requestNew(refresher, spent, { grant_type: 'refresh_token', refresh_token: spent }),
        requestNew(refresher, spent, { scope: 'openid' }),
      ])
      expect(emulator.requests).to.have.length(1)
      expect(same).to.include({ error: null, refreshToken: tokens.refreshToken })
      expect(narrower.error).to.be.instanceOf(XaiOAuthError)
      expect(narrower.error).to.include({ code: 'xai_refresh_failed', status: 500 })
      expect((narrower.error as Error).message).to.equal(
        'xAI token refresh not started: this refresh token is being refreshed with other parameters (such as ' +
          'scope). Wait for that refresh, and use the refresh token that it gives',
      )
    })

    it('lets callers share a flight who ask for the same parameters in another order', async () => {
      const strategy = buildStrategy()
      const refresher = buildRefresher(strategy)
      const spent = await signIn(strategy)
      const [one, two] = await Promise.all([
        requestNew(refresher, spent, { resource: 'a', audience: ['b', 'c'] }),
        requestNew(refresher, spent, { audience: ['b', 'c'], resource: 'a' }),
      ])
      expect(emulator.requests).to.have.length(1)
      expect(one).to.include({ error: null, refreshToken: two.refreshToken })
    })

    describe('that has a refresh URL of its own', () => {
      /** A path of the emulator that is not the token endpoint's. */
      const elsewhere = '/oauth2/revoke'
      const urlOf = (): string => `${emulator.issuer}${elsewhere}`
      const use = (options: object, strategy = buildStrategy()): Refresher => {
        const refresher = new AuthTokenRefresh()
        refresher.use('xai', strategy, options)
        return refresher
      }
      const ways: ReadonlyArray<readonly [how: string, build: () => Refresher]> = [
        ['_refreshURL', () => use({}, Object.assign(buildStrategy(), { _refreshURL: urlOf() }))],
        [
          'setRefreshOAuth2, which changes the client',
          () =>
            use({
              setRefreshOAuth2: ({ refreshOAuth2 }: { refreshOAuth2: object }) =>
                Object.assign(refreshOAuth2, { _accessTokenUrl: urlOf() }),
            }),
        ],
        [
          'setRefreshOAuth2, which gives another client this token request',
          () =>
            use({
              setRefreshOAuth2: ({ strategyOAuth2 }: { strategyOAuth2: OAuth2 }) =>
                Object.assign(new OAuth2(emulator.publicClient.clientID, '', '', '/', urlOf()), {
                  getOAuthAccessToken: strategyOAuth2.getOAuthAccessToken,
                }),
            }),
        ],
      ]
      for (const [how, build] of ways)
        it(`sends the token there alone, by ${how}`, async () => {
          emulator.clearRequests()
          const body = JSON.stringify({ access_token: 'new', refresh_token: 'next' })
          emulator.misbehaveOnce({ path: elsewhere, status: 200, body })
          const outcome = await requestNew(build(), 'old')
          expect(outcome).to.include({ error: null, accessToken: 'new', refreshToken: 'next' })
          expect(emulator.requests.map(({ path }) => path)).to.deep.equal([elsewhere])
          expect(emulator.requests[0]?.parameters).to.deep.equal({
            grant_type: 'refresh_token',
            refresh_token: 'old',
            client_id: emulator.publicClient.clientID,
          })
        })

      it('keeps client authentication and deadline of the strategy there', async () => {
        mock.timers.enable({ apis: ['setTimeout'] })
        const { clientID, clientSecret } = emulator.confidentialClient
        const strategy = buildStrategy({ clientID, clientSecret, timeout: 45_000 })
        const refresher = use({}, Object.assign(strategy, { _refreshURL: urlOf() }))
        emulator.clearRequests()
        emulator.misbehaveOnce({ path: elsewhere, delay: Number.POSITIVE_INFINITY })
        const outcome = requestNew(refresher, 'old')
        await until(() => emulator.requests.length === 1)
        mock.timers.tick(44_999)
        await new Promise(setImmediate)
        mock.timers.tick(1)
        expect((await outcome).error).to.include({ status: 504 })
        expect(emulator.requests[0]?.headers.authorization).to.match(/^Basic /)
      })

      it('uses the agent that setRefreshOAuth2 gives it', async () => {
        const agent = new CountingAgent({ keepAlive: false })
        const setRefreshOAuth2 = ({ refreshOAuth2 }: { refreshOAuth2: OAuth2 }): OAuth2 => {
          refreshOAuth2.setAgent(agent)
          return refreshOAuth2
        }
        const strategy = buildStrategy()
        const refreshToken = await signIn(strategy)
        const { error } = await requestNew(use({ setRefreshOAuth2 }, strategy), refreshToken)
        expect(error).to.equal(null)
        expect(agent.opened).to.equal(1)
      })
    })

    for (const token of [undefined, null, ''])
      it(`refuses ${JSON.stringify(token)} in the place of a token and sends nothing`, async () => {
        emulator.clearRequests()
        const outcome = await requestNew(buildRefresher(buildStrategy()), token as unknown as string)
        expect(outcome.error).to.be.instanceOf(TypeError)
        expect(outcome.calls).to.equal(1)
        expect(emulator.requests).to.be.empty
      })
  })

  describe('against a server that breaks', () => {
    let server: FaultServer
    let responding: Responder
    beforeEach(async () => {
      server = await FaultServer.start((socket, request) => responding(socket, request))
    })
    afterEach(() => server.close())

    const buildFor = (options: Partial<XaiStrategyOptions> = {}): Refresher => {
      const all = { issuer: server.origin, clientID: 'one', callbackURL: 'http://127.0.0.1:9/', ...options }
      return buildRefresher(new XaiStrategy(all, async (_signIn) => ({})))
    }

    /** What must hold after every failure: one call, one connection, which is closed. */
    async function endedOnce({ calls, accessToken, refreshToken }: Outcome): Promise<void> {
      await server.hungUp()
      await new Promise(setImmediate)
      expect({ calls, accessToken, refreshToken }).to.deep.equal({
        calls: 1,
        accessToken: undefined,
        refreshToken: undefined,
      })
      expect(server.sockets).to.have.length(1)
      expect(server.requests).to.have.length(1)
    }

    it('keeps the deadline of the strategy', async () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      responding = () => {}
      const outcome = requestNew(buildFor({ timeout: 45_000 }), 'old')
      await until(() => server.requests.length === 1)
      mock.timers.tick(44_999)
      await new Promise(setImmediate)
      expect(server.sockets[0]?.closed).to.equal(false)
      mock.timers.tick(1)
      expect((await outcome).error).to.be.instanceOf(XaiOAuthError)
      expect((await outcome).error).to.include({ code: 'xai_refresh_failed', status: 504 })
      await endedOnce(await outcome)
    })

    it('does not try again when the connection is cut', async () => {
      responding = (socket) => socket.destroy()
      const outcome = await requestNew(buildFor(), 'old')
      expect(outcome.error).to.be.instanceOf(XaiOAuthError)
      expect(outcome.error).to.include({ code: 'xai_refresh_failed', status: 502 })
      expect((outcome.error as XaiOAuthError).message).to.match(
        /may be spent already, so it is not sent again/,
      )
      await endedOnce(outcome)
    })

    for (const body of ['{"access_token":"new"}', '{"access_token":"new","refresh_token":""}'])
      it(`keeps the old refresh token when the response is ${body}`, async () => {
        responding = (socket) => socket.write(httpResponse(200, body))
        const outcome = await requestNew(buildFor(), 'old')
        expect(outcome).to.include({ error: null, accessToken: 'new', refreshToken: 'old' })
      })
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import { OAuth2 } from 'oauth'
import {
  type XaiOAuthError,
  XaiStrategy,
  type XaiStrategyOptions,
  type XaiVerifyFunctionWithParams,
} from '../../lib/index.js'
import { challengeOf } from '../../lib/oauth/authorization-url.js'
import type { XaiOAuth2 } from '../../lib/token/client.js'
import { CountingAgent } from '../support/counting-agent.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { type BegunSignIn, begin, finish, type PassportAction } from '../support/passport-run.js'
import { uncaughtDuring } from '../support/uncaught.js'
import { until } from '../support/until.js'

const json = 'Content-Type: application/json'
const success: Responder = (socket) =>
  socket.write(httpResponse(200, '{"access_token":"AT-1","x":[1]}', json))
const verifier = `${'v'.repeat(43)}.0`

/** A store that gives out this verifier, whatever it was given to keep. */
const storeOf = (kept: unknown): object => ({
  store(
    _req: unknown,
    _verifier: string,
    _state: unknown,
    _meta: unknown,
    done: (...args: unknown[]) => void,
  ) {
    done(null, 'the-state')
  },
  verify(_req: unknown, _state: string, _meta: unknown, done: (...args: unknown[]) => void) {
    done(null, kept)
  },
})

/** A request as its bytes say. */
function readRequest(text = ''): {
  line: string
  headers: string[]
  body: string
  form: Array<[string, string]>
} {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...headers] = head.split('\r\n')
  return { line, headers, body, form: [...new URLSearchParams(body)] }
}

const headerOf = (headers: readonly string[], name: string): string[] =>
  headers
    .filter((header) => header.toLowerCase().startsWith(`${name}: `))
    .map((header) => header.slice(name.length + 2))

describe('the token request', () => {
  let server: FaultServer
  let respond: Responder
  beforeEach(async () => {
    respond = success
    server = await FaultServer.start((socket, request) => respond(socket, request))
  })
  afterEach(async () => {
    mock.timers.reset()
    await server.close()
  })

  const strategyOf = (options: Partial<XaiStrategyOptions> = {}): XaiStrategy =>
    new XaiStrategy(
      {
        clientID: 'app',
        callbackURL: 'https://app.example/callback',
        issuer: server.origin,
        scope: 'api:access',
        skipUserProfile: true,
        ...options,
      },
      async ({ tokens }) => ({ accessToken: tokens.access_token }),
    )
  const clientOf = (strategy: XaiStrategy): XaiOAuth2 =>
    (strategy as unknown as { _oauth2: XaiOAuth2 })._oauth2

  async function signIn(
    strategy: XaiStrategy,
    code = 'the-code',
  ): Promise<ReturnType<typeof readRequest> & { begun: BegunSignIn; action: PassportAction }> {
    const begun = await begin(strategy)
    const actions = await finish(strategy, begun, code)
    expect(actions).to.have.length(1)
    return { ...readRequest(server.requests[0]), begun, action: actions[0] as PassportAction }
  }

  async function errorOf(strategy: XaiStrategy): Promise<XaiOAuthError> {
    const { action } = await signIn(strategy)
    expect(action.kind).to.equal('error')
    return action.values[0] as XaiOAuthError
  }

  describe('for a code', () => {
    it('is one POST that carries each parameter once', async () => {
      const { line, form } = await signIn(strategyOf({ store: storeOf(verifier) }))
      expect(server.requests).to.have.length(1)
      expect(line).to.equal('POST /oauth2/token HTTP/1.1')
      expect(form).to.have.deep.members([
        ['grant_type', 'authorization_code'],
        ['code', 'the-code'],
        ['redirect_uri', 'https://app.example/callback'],
        ['client_id', 'app'],
        ['code_verifier', verifier],
        ['code_challenge', challengeOf(verifier)],
        ['code_challenge_method', 'S256'],
      ])
    })

    it('echoes the very challenge that the authorization request carried, and its verifier', async () => {
      const { form, begun } = await signIn(strategyOf())
      const { code_challenge, code_challenge_method, code_verifier } = Object.fromEntries(form)
      expect(code_challenge).to.equal(begun.parameters.get('code_challenge'))
      expect(code_challenge_method)
        .to.equal(begun.parameters.get('code_challenge_method'))
        .and.to.equal('S256')
      expect(challengeOf(String(code_verifier))).to.equal(code_challenge)
    })

    it('carries the callback URL of the request, where there is one', async () => {
      const strategy = strategyOf()
      const callbackURL = 'https://app.example/other?a=b'
      const begun = await begin(strategy, { callbackURL })
      await finish(strategy, begun, 'the-code', { callbackURL })
      expect(readRequest(server.requests[0]).form).to.deep.include(['redirect_uri', callbackURL])
      expect(begun.parameters.get('redirect_uri')).to.equal(callbackURL)
    })

    it('says what it is and what it accepts, and how long it is', async () => {
      const { headers, body } = await signIn(strategyOf(), 'cödé €')
      expect(headerOf(headers, 'content-type')).to.deep.equal(['application/x-www-form-urlencoded'])
      expect(headerOf(headers, 'accept')).to.deep.equal(['application/json'])
      expect(headerOf(headers, 'content-length')).to.deep.equal([String(Buffer.byteLength(body))])
      expect(headerOf(headers, 'transfer-encoding')).to.be.empty
      expect(headerOf(headers, 'user-agent'))
        .to.have.length(1)
        .and.to.match(/^passport-xai\/\d/)
      expect(headerOf(headers, 'authorization')).to.be.empty
    })

    for (const value of ['a+b', 'a&b=c', '100%', '%2B', 'with spaces', 'ü€🔑', '"\'\\/~*', 'a\r\nb'])
      it(`brings ${JSON.stringify(value)} through unharmed`, async () => {
        const { form } = await signIn(strategyOf({ clientID: value }), value)
        expect(form).to.deep.include(['code', value])
        expect(form).to.deep.include(['client_id', value])
      })

    it('goes to the given URL verbatim, port and query included', async () => {
      const { line, headers } = await signIn(
        strategyOf({ tokenURL: `${server.origin}/t%20x?tenant=a%2Fb&x=+&x=1` }),
      )
      expect(line).to.equal('POST /t%20x?tenant=a%2Fb&x=+&x=1 HTTP/1.1')
      expect(headerOf(headers, 'host')).to.deep.equal([server.origin.slice('http://'.length)])
    })
  })

  describe('with parameters of the application’s', () => {
    const protocol = {
      grant_type: 'password',
      code: 'other',
      redirect_uri: 'https://evil.example/',
      client_id: 'other',
      client_secret: 'other',
      code_verifier: 'other',
      code_challenge: 'other',
      code_challenge_method: 'plain',
      refresh_token: 'other',
    }

    class Extended extends XaiStrategy {
      readonly given = Object.freeze({ ...protocol, audience: Object.freeze(['a', 'b']), note: 'a+b&c' })

      override tokenParams(): object {
        return this.given
      }
    }

    const extended = (): Extended => {
      const options = { clientID: 'app', callbackURL: 'https://app.example/callback', issuer: server.origin }
      return new Extended({ ...options, scope: 'api:access', skipUserProfile: true }, async (_signIn) => ({}))
    }

    it('carries them beside its own, none of which they change', async () => {
      const { form, begun } = await signIn(extended())
      expect(JSON.stringify(form.filter(([name]) => name in protocol))).to.not.contain('other')
      const names = form.map(([name]) => name).filter((name) => name in protocol)
      expect(names).to.have.members([
        'grant_type',
        'code',
        'redirect_uri',
        'client_id',
        'code_verifier',
        'code_challenge',
        'code_challenge_method',
      ])
      expect(form).to.deep.include.members([
        ['grant_type', 'authorization_code'],
        ['code', 'the-code'],
        ['redirect_uri', 'https://app.example/callback'],
        ['client_id', 'app'],
        ['code_challenge', begun.parameters.get('code_challenge')],
        ['code_challenge_method', 'S256'],
      ])
      expect(form.filter(([name]) => !(name in protocol))).to.deep.equal([
        ['audience', 'a'],
        ['audience', 'b'],
        ['note', 'a+b&c'],
      ])
    })

    it('leaves their object as it was', async () => {
      const strategy = extended()
      const before = structuredClone(strategy.given)
      const { action } = await signIn(strategy)
      expect(action.kind).to.equal('success')
      expect(strategy.given).to.deep.equal(before)
    })
  })

  describe('without a verifier', () => {
    for (const kept of [true, '', 1, {}])
      it(`is not made when the store kept ${JSON.stringify(kept)}`, async () => {
        const error = await errorOf(strategyOf({ store: storeOf(kept) }))
        expect(error).to.include({ code: 'xai_pkce_verifier_missing', status: 500, statusCode: 500 })
        expect(error.message).to.contain('hermes-agent#26990')
        expect(error.message).to.contain('https://github.com/NousResearch/hermes-agent/issues/26990')
        expect(server.sockets).to.be.empty
      })

    const params: ReadonlyArray<object | undefined> = [
      undefined,
      {},
      { code_verifier: undefined },
      { code_verifier: null },
      { code_verifier: '' },
      { code_verifier: ['v'] },
    ]
    for (const given of params)
      it(`is not made by a direct call with ${JSON.stringify(given)}`, async () => {
        const results = await new Promise<unknown[]>((resolve) =>
          clientOf(strategyOf()).getOAuthAccessToken('the-code', given as never, (...values) =>
            resolve(values),
          ),
        )
        expect(results).to.have.length(1)
        expect(results[0]).to.include({ code: 'xai_pkce_verifier_missing', status: 500 })
        expect(server.sockets).to.be.empty
      })

    it('is not made by a direct call without parameters', async () => {
      const error = await new Promise((resolve) =>
        (clientOf(strategyOf()).getOAuthAccessToken as (...args: unknown[]) => void)('the-code', resolve),
      )
      expect(error).to.include({ code: 'xai_pkce_verifier_missing' })
      expect(server.sockets).to.be.empty
    })
  })

  describe('without the echo', () => {
    it('lacks the two fields of the echo, and differs in nothing else', async () => {
      const store = storeOf(verifier)
      await signIn(strategyOf({ store }))
      await signIn(strategyOf({ store, echoCodeChallenge: false }))
      const [echoing, plain] = server.requests.map(readRequest)
      const echo = `&code_challenge=${challengeOf(verifier)}&code_challenge_method=S256`
      expect(echoing?.body).to.contain(echo)
      expect(plain?.body).to.equal(echoing?.body.replace(echo, ''))
      expect(plain?.line).to.equal(echoing?.line)
      const others = (headers: readonly string[] = []): string[] =>
        headers.filter((header) => !header.startsWith('Content-Length'))
      expect(others(plain?.headers)).to.deep.equal(others(echoing?.headers))
    })

    it('follows an authorization request that still carries the challenge', async () => {
      const { parameters } = await begin(strategyOf({ echoCodeChallenge: false }))
      expect(parameters.get('code_challenge')).to.match(/^[\w-]{43}$/)
    })
  })

  describe('waits', () => {
    const limits: ReadonlyArray<readonly [timeout: number | undefined, effective: number]> = [
      [undefined, 20_000],
      [0, 20_000],
      [19_999, 20_000],
      [45_000, 45_000],
    ]
    for (const [timeout, effective] of limits)
      it(`${effective} milliseconds with a timeout of ${timeout}, and not one less`, async () => {
        mock.timers.enable({ apis: ['setTimeout'] })
        const asked = new Promise<void>((resolve) => {
          respond = () => resolve()
        })
        const strategy = strategyOf(timeout === undefined ? {} : { timeout })
        const ended: unknown[] = []
        const ending = errorOf(strategy).then((error) => ended.push(error))
        await asked
        mock.timers.tick(effective - 1)
        await new Promise((resolve) => setImmediate(resolve))
        expect(ended).to.be.empty
        mock.timers.tick(1)
        await ending
        expect(ended[0]).to.include({ code: 'xai_token_exchange_failed', status: 504 })
        expect(ended[0]).to.have.nested.property(
          'cause.message',
          `no complete response within ${effective} ms`,
        )
      })
  })

  describe('that is refused', () => {
    const respondWith = (status: number, body: string, ...headers: string[]): void => {
      respond = (socket) => socket.write(httpResponse(status, body, ...headers))
    }

    for (const status of [400, 401, 404, 415, 429, 500, 502, 503])
      it(`with ${status} ends with status and body verbatim`, async () => {
        const body = `{ "error" : "e${status}",\n "error_description":"ü€" }`
        respondWith(status, body, json)
        const error = await errorOf(strategyOf())
        expect(error.message).to.equal(`xAI token exchange failed (HTTP ${status}). Response: ${body}`)
        expect(error).to.include({
          code: 'xai_token_exchange_failed',
          status,
          error: `e${status}`,
          error_description: 'ü€',
        })
        expect(error.response).to.include({ status, body })
        expect(server.requests).to.have.length(1)
      })

    it('with 403 by xAI says that the tier is denied', async () => {
      respondWith(403, '{"error":"access_denied"}', json)
      const error = await errorOf(strategyOf())
      expect(error).to.include({ code: 'xai_oauth_tier_denied', status: 403, error: 'access_denied' })
      expect(error.message).to.contain('signing in again does not help')
    })

    const cloudflare: ReadonlyArray<readonly [what: string, body: string, header: string]> = [
      ['an HTML page', '<!DOCTYPE html><title>Attention Required!</title>', 'Content-Type: text/html'],
      ['cf-mitigated', '', 'cf-mitigated: challenge'],
    ]
    for (const [what, body, header] of cloudflare)
      it(`with 403 and ${what} says that it was Cloudflare`, async () => {
        respondWith(403, body, header)
        const error = await errorOf(strategyOf())
        expect(error).to.include({ code: 'xai_token_exchange_failed', status: 403 })
        expect(error.message).to.contain('Cloudflare').and.to.not.contain('does not help')
      })

    it('keeps Retry-After, in seconds', async () => {
      respondWith(429, '', 'Retry-After: 30')
      expect(await errorOf(strategyOf())).to.include({ retryAfter: 30, status: 429 })
    })

    it('keeps Retry-After, as a date', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 9, 1, 12, 0, 0) })
      respondWith(503, '', 'Retry-After: Thu, 01 Oct 2026 12:00:42 GMT')
      expect(await errorOf(strategyOf())).to.include({ retryAfter: 42, status: 503 })
    })

    for (const status of [300, 301, 302, 303, 307, 308])
      it(`with ${status} goes nowhere else, and is no success`, async () => {
        respondWith(status, '{"access_token":"AT-1"}', `Location: ${server.origin}/elsewhere`, json)
        const error = await errorOf(strategyOf())
        expect(error).to.include({ code: 'xai_token_exchange_failed', status: 502 })
        expect(error.message).to.contain(`HTTP ${status}`)
        expect(error.response).to.include({ status })
        expect(server.requests).to.have.length(1)
      })
  })

  describe('of a client', () => {
    const secret = 's&c=r+t/%ü'
    const basic = `Basic ${Buffer.from('app%3A1:s%26c%3Dr%2Bt%2F%25%C3%BC').toString('base64')}`

    for (const options of [
      {},
      { clientSecret: '' },
      { clientSecret: undefined },
      { clientAuthentication: 'none' as const },
    ])
      it(`without a secret (${JSON.stringify(options)}) has no client_secret at all`, async () => {
        const { headers, body, form } = await signIn(strategyOf(options))
        expect(body).to.not.contain('client_secret')
        expect(form).to.deep.include(['client_id', 'app'])
        expect(headerOf(headers, 'authorization')).to.be.empty
      })

    for (const clientAuthentication of [undefined, 'client_secret_basic'] as const)
      it(`with a secret and ${clientAuthentication ?? 'no choice'} has it in the header alone`, async () => {
        const choice = clientAuthentication ? { clientAuthentication } : {}
        const { headers, form } = await signIn(
          strategyOf({ clientID: 'app:1', clientSecret: secret, ...choice }),
        )
        expect(headerOf(headers, 'authorization')).to.deep.equal([basic])
        const names = form.map(([name]) => name)
        expect(names).to.not.include('client_secret').and.to.not.include('client_id')
      })

    it('with client_secret_post has it in the body alone', async () => {
      const options = { clientSecret: secret, clientAuthentication: 'client_secret_post' } as const
      const { headers, form } = await signIn(strategyOf(options))
      expect(headerOf(headers, 'authorization')).to.be.empty
      expect(form.filter(([name]) => name.startsWith('client_'))).to.deep.equal([
        ['client_id', 'app'],
        ['client_secret', secret],
      ])
    })

    for (const clientAuthentication of ['client_secret_basic', 'client_secret_post'] as const)
      it(`with ${clientAuthentication} shows userinfo the access token, and never the secret`, async () => {
        respond = (socket, request) =>
          request.startsWith('POST')
            ? success(socket, request)
            : socket.write(httpResponse(200, '{"sub":"s"}', json))
        const { action } = await signIn(
          strategyOf({ clientSecret: secret, clientAuthentication, skipUserProfile: false }),
        )
        expect(action.kind).to.equal('success')
        const { line, headers, body } = readRequest(server.requests[1])
        expect(server.requests).to.have.length(2)
        expect(line).to.equal('GET /oauth2/userinfo HTTP/1.1')
        expect(headerOf(headers, 'authorization')).to.deep.equal(['Bearer AT-1'])
        expect(body).to.equal('')
        expect(server.requests[1]).to.not.contain(encodeURIComponent(secret)).and.to.not.contain(basic)
      })
  })

  describe('keeps what passport-oauth2 documents:', () => {
    it('_oauth2 is an OAuth2 of the oauth package', () => {
      expect(clientOf(strategyOf())).to.be.instanceOf(OAuth2)
    })

    for (const way of ['the option agent', '_oauth2.setAgent()'])
      it(`it goes through the agent of ${way}`, async () => {
        const agent = new CountingAgent()
        const strategy = strategyOf(way === 'the option agent' ? { agent } : {})
        if (way !== 'the option agent') clientOf(strategy).setAgent(agent)
        await signIn(strategy)
        expect(server.requests).to.have.length(1)
        expect(agent.opened).to.equal(1)
        agent.destroy()
      })

    it('customHeaders are on it, and replace none of its own but the user agent', async () => {
      const customHeaders = {
        'X-Trace': 'a',
        'user-agent': 'mine/1',
        accept: 'text/html',
        'CONTENT-TYPE': 'application/json',
        'content-length': '1',
        authorization: 'Basic b3RoZXI=',
      }
      const { headers, form } = await signIn(strategyOf({ customHeaders, clientSecret: 'secret' }))
      expect(headerOf(headers, 'x-trace')).to.deep.equal(['a'])
      expect(headerOf(headers, 'user-agent')).to.deep.equal(['mine/1'])
      expect(headerOf(headers, 'accept')).to.deep.equal(['application/json'])
      expect(headerOf(headers, 'content-type')).to.deep.equal(['application/x-www-form-urlencoded'])
      expect(headerOf(headers, 'content-length')).to.have.length(1)
      expect(headerOf(headers, 'authorization')).to.deep.equal([
        `Basic ${Buffer.from('app:secret').toString('base64')}`,
      ])
      expect(form).to.deep.include(['code', 'the-code'])
    })

    it('a direct call exchanges a code, and leaves its parameters as they were', async () => {
      const params = Object.freeze({
        grant_type: 'authorization_code',
        redirect_uri: 'https://app.example/cb',
        code_verifier: verifier,
        audience: 'a',
      })
      const [error, accessToken, refreshToken, results] = await new Promise<unknown[]>((resolve) =>
        clientOf(strategyOf()).getOAuthAccessToken('the-code', params, (...values) => resolve(values)),
      )
      expect(error).to.equal(null)
      expect([accessToken, refreshToken]).to.deep.equal(['AT-1', undefined])
      expect(results).to.deep.equal({ access_token: 'AT-1', x: [1] })
      const { form } = readRequest(server.requests[0])
      expect(form).to.deep.include.members([
        ['redirect_uri', 'https://app.example/cb'],
        ['code_challenge', challengeOf(verifier)],
        ['audience', 'a'],
      ])
    })

    it('a direct call refreshes without echo or verifier, and keeps a token that is not replaced', async () => {
      const params = { grant_type: 'refresh_token', code_verifier: verifier, code_challenge: 'x' }
      const [error, accessToken, refreshToken] = await new Promise<unknown[]>((resolve) =>
        clientOf(strategyOf()).getOAuthAccessToken('OR-1', params, (...values) => resolve(values)),
      )
      expect([error, accessToken, refreshToken]).to.deep.equal([null, 'AT-1', 'OR-1'])
      expect(readRequest(server.requests[0]).form).to.have.deep.members([
        ['grant_type', 'refresh_token'],
        ['refresh_token', 'OR-1'],
        ['client_id', 'app'],
      ])
    })

    it('what a callback throws surfaces as the application’s, and the callback is called once', async () => {
      const thrown = new Error('the application’s own')
      let calls = 0
      const uncaught = await uncaughtDuring(async (uncaught) => {
        clientOf(strategyOf()).getOAuthAccessToken('the-code', { code_verifier: verifier } as never, () => {
          calls += 1
          throw thrown
        })
        await until(() => uncaught.length > 0)
        await new Promise((resolve) => setImmediate(resolve))
      })
      expect(uncaught).to.deep.equal([thrown])
      expect(calls).to.equal(1)
    })

    it('the whole response reaches verify as params', async () => {
      const seen: unknown[] = []
      const options = { clientID: 'app', callbackURL: 'https://app.example/callback', issuer: server.origin }
      const verify: XaiVerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
        seen.push([accessToken, refreshToken, params, profile])
        done(null, {})
      }
      const strategy = new XaiStrategy({ ...options, scope: 'api:access', skipUserProfile: true }, verify)
      await signIn(strategy)
      expect(seen).to.deep.equal([['AT-1', undefined, { access_token: 'AT-1', x: [1] }, undefined]])
    })
  })
})

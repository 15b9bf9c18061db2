import { inspect } from 'node:util'
import { expect } from 'chai'

import OAuth2Strategy = require('passport-oauth2')

import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import {
  XaiOAuthError,
  XaiStrategy,
  type XaiStrategyOptions,
  type XaiVerifyFunctionWithParams,
} from '../../lib/index.js'
import { type Action, signInDirectly } from '../support/direct-sign-in.js'
import { FaultServer, httpResponse } from '../support/fault-server.js'
import { begin, finish } from '../support/passport-run.js'

type Done = (error: unknown, accessToken?: unknown, refreshToken?: unknown, params?: unknown) => void

const path = '/oauth2/token'
const refusal = {
  error: 'invalid_grant',
  error_description: 'Code not found',
  error_uri: 'https://x.ai/help',
}

describe('a code exchange', () => {
  let emulator: Emulator
  let verified: unknown[][]
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  beforeEach(() => {
    emulator.clearRequests()
    verified = []
  })

  const verify: XaiVerifyFunctionWithParams = (accessToken, refreshToken, params, _profile, done) => {
    verified.push([accessToken, refreshToken, params])
    done(null, {})
  }
  const build = (
    Class: typeof XaiStrategy = XaiStrategy,
    options: Partial<XaiStrategyOptions> = {},
  ): XaiStrategy =>
    new Class(
      {
        issuer: emulator.issuer,
        clientID: emulator.publicClient.clientID,
        callbackURL: 'http://127.0.0.1:9/callback',
        scope: 'api:access',
        userInfo: 'never',
        ...options,
      },
      verify,
    )

  /** Signs in, with a token request that the application put in the place of the strategy's. */
  async function signInWith(request: (done: Done) => void): Promise<Action> {
    const strategy = build()
    const getOAuthAccessToken = (_code: string, params: object, done: Done): void => {
      expect(params).to.include.keys('grant_type', 'redirect_uri', 'code_verifier')
      request(done)
    }
    Object.assign(strategy, { _oauth2: { getOAuthAccessToken } })
    const action = await signInDirectly(strategy)
    expect(emulator.requests.filter((request) => request.path === path)).to.be.empty
    return action
  }

  describe('through a replaced token request', () => {
    it('gives verify what the replacement gave', async () => {
      const { kind } = await signInWith((done) => done(null, 'AT-1', 'OR-1', { scope: 'api:access' }))
      expect(kind).to.equal('success')
      const params = { access_token: 'AT-1', refresh_token: 'OR-1', scope: 'api:access' }
      expect(verified).to.deep.equal([['AT-1', 'OR-1', params]])
    })

    for (const token of [undefined, null, '', 7, {}])
      it(`is an error when it gives ${JSON.stringify(token)} for an access token`, async () => {
        const { kind, value } = await signInWith((done) =>
          done(null, token, 'OR-1', { access_token: 'AT-2' }),
        )
        expect(kind).to.equal('error')
        expect(value).to.be.instanceOf(XaiOAuthError)
        expect(value).to.include({
          code: 'xai_token_exchange_invalid',
          status: 502,
          message:
            'xAI token exchange gave no access token: the application’s own getOAuthAccessToken called back without one',
        })
        expect(verified).to.be.empty
      })

    const bodies: ReadonlyArray<readonly [what: string, data: unknown]> = [
      ['a text', JSON.stringify(refusal)],
      ['bytes', Buffer.from(JSON.stringify(refusal))],
      ['parsed JSON', refusal],
    ]
    for (const [what, data] of bodies)
      it(`keeps the status and the words of a refusal in ${what}`, async () => {
        const { kind, value } = await signInWith((done) => done({ statusCode: 429, data }))
        expect(kind).to.equal('error')
        expect(value).to.be.instanceOf(XaiOAuthError)
        expect(value).to.include({ code: 'xai_token_exchange_failed', status: 429, ...refusal })
        expect(value).to.have.property('message').that.contains('HTTP 429').and.contains('Code not found')
        expect(verified).to.be.empty
      })

    it('keeps the status of a refusal without a body', async () => {
      const { value } = await signInWith((done) => done({ statusCode: 503 }))
      expect(value).to.include({ code: 'xai_token_exchange_failed', status: 503 })
      expect(value).to.have.nested.property('response.body', '')
    })

    it('tells a denied tier as the strategy itself does', async () => {
      const { value } = await signInWith((done) =>
        done({ statusCode: 403, data: '{"error":"access_denied"}' }),
      )
      expect(value).to.include({ code: 'xai_oauth_tier_denied', status: 403 })
    })

    it('hides a token that the refusal shows', async () => {
      const token = 'AT-0123456789abcdef0123456789abcdef'
      const data = JSON.stringify({ error: 'invalid_grant', access_token: token })
      const { value } = await signInWith((done) => done({ statusCode: 400, data }))
      expect(value).to.include({ code: 'xai_token_exchange_failed', error: 'invalid_grant' })
      expect(inspect(value, { depth: 9 })).not.to.contain(token)
    })

    it('hides the code that the refusal shows, however short', async () => {
      const strategy = build()
      const getOAuthAccessToken = (code: string, _params: object, done: Done): void =>
        done({ statusCode: 400, data: `no ${code} here` })
      Object.assign(strategy, { _oauth2: { getOAuthAccessToken } })
      const [action] = await finish(strategy, await begin(strategy), 'Code-1')
      expect(action?.values[0]).to.have.nested.property('response.body', 'no [redacted] here')
    })

    it('keeps no copy of a refusal whose secrets nobody has hidden', async () => {
      const { value } = await signInWith((done) => done({ statusCode: 400, data: 'the whole body' }))
      expect(value).to.include({ code: 'xai_token_exchange_failed', status: 400 })
      expect(value).not.to.have.property('cause')
    })

    it('is an error without status when it fails with something else', async () => {
      for (const failure of [{ statusCode: 200, data: '{}' }, { data: 'no status' }, 'a text']) {
        const { value } = await signInWith((done) => done(failure))
        expect(value).to.be.instanceOf(XaiOAuthError)
        expect(value).to.include({ code: 'xai_token_exchange_failed', status: 502, cause: failure })
        expect(value).to.have.property('message', 'xAI token exchange failed')
      }
    })

    it('hands on an Error as it is, also one that is thrown', async () => {
      const error = new Error('of the application')
      expect((await signInWith((done) => done(error))).value).to.equal(error)
      const thrown = await signInWith(() => {
        throw error
      })
      expect(thrown.value).to.equal(error)
    })
  })

  describe('with a replaced parseErrorResponse', () => {
    class OwnError extends Error {}
    const seen: unknown[][] = []
    let parse: (body: string, status: number) => Error | null
    class Parsing extends XaiStrategy {
      override parseErrorResponse(body: string, status: number): Error | null {
        seen.push([body, status])
        return parse(body, status)
      }
    }
    const errorOf = async (strategy: XaiStrategy): Promise<unknown> => {
      seen.length = 0
      const { kind, value } = await signInDirectly(strategy)
      expect(kind).to.equal('error')
      expect(verified).to.be.empty
      return value
    }
    const refuse = (status = 400): void =>
      emulator.misbehaveOnce({ path, status, body: JSON.stringify(refusal) })

    it('fails with the error that it makes of status and body', async () => {
      parse = (body, status) => new OwnError(`${status}: ${JSON.parse(body).error_description}`)
      refuse(418)
      const error = await errorOf(build(Parsing))
      expect(error).to.be.instanceOf(OwnError).and.have.property('message', '418: Code not found')
      expect(seen).to.deep.equal([[JSON.stringify(refusal), 418]])
    })

    it('counts when it was assigned to the strategy', async () => {
      const own = new OwnError()
      const strategy = Object.assign(build(), { parseErrorResponse: () => own })
      refuse()
      expect(await errorOf(strategy)).to.equal(own)
    })

    it('may ask the one of passport-oauth2', async () => {
      class Asking extends XaiStrategy {
        override parseErrorResponse(body: string, status: number): Error | null {
          return super.parseErrorResponse(body, status)
        }
      }
      refuse()
      const error = await errorOf(build(Asking))
      expect(error).to.be.instanceOf(
        (OAuth2Strategy as unknown as { TokenError: new () => Error }).TokenError,
      )
      expect(error).to.include({ code: 'invalid_grant', message: 'Code not found' })
    })

    const silent: ReadonlyArray<readonly [what: string, parse: () => Error | null]> = [
      ['has nothing to say', () => null],
      [
        'throws',
        () => {
          throw new OwnError()
        },
      ],
    ]
    for (const [what, silence] of silent)
      it(`fails with the error of the strategy when it ${what}`, async () => {
        parse = silence
        refuse()
        expect(await errorOf(build(Parsing))).to.include({ code: 'xai_token_exchange_failed', ...refusal })
        expect(seen).to.have.length(1)
      })

    it('is not asked about a response that does not refuse, nor without a complete one', async () => {
      parse = () => new OwnError()
      emulator.misbehaveOnce({ path, status: 200, body: 'not JSON' })
      expect(await errorOf(build(Parsing))).to.include({ code: 'xai_token_exchange_invalid' })
      emulator.misbehaveOnce({ path, cut: 'in-body' })
      expect(await errorOf(build(Parsing))).to.include({ code: 'xai_token_exchange_failed' })
      expect(seen).to.be.empty
    })

    it('gets no secret of the request to read, even where the server repeats it', async () => {
      const server = await FaultServer.start((socket, request) =>
        socket.write(httpResponse(400, JSON.stringify({ error: 'odd', error_description: request }))),
      )
      try {
        parse = (body) => new OwnError(body)
        const code = 'code-0123456789abcdef'
        const strategy = build(Parsing, { issuer: server.origin })
        const begun = await begin(strategy)
        const [action] = await finish(strategy, begun, code)
        const [sent = ''] = server.requests
        const verifier = `${new URLSearchParams(sent.split('\r\n\r\n')[1]).get('code_verifier')}`
        expect(sent).to.contain(code).and.contain(verifier)
        expect(action?.values[0]).to.be.instanceOf(OwnError)
        for (const secret of [code, verifier]) expect(inspect(action?.values)).not.to.contain(secret)
      } finally {
        await server.close()
      }
    })
  })
})

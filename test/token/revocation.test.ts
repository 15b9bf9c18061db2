import { getEventListeners } from 'node:events'
import { mock } from 'node:test'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { type Emulator, type Misbehaviour, startEmulator } from '../../lib/emulator/index.js'
import { XaiOAuthError, type XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { failureOf } from '../support/failure.js'
import { buildOfflineStrategy, signInOffline } from '../support/offline-strategy.js'
import { until } from '../support/until.js'

const path = '/oauth2/revoke'

describe('strategy.revoke', () => {
  let emulator: Emulator
  let strategy: XaiStrategy

  const buildStrategy = (options?: Partial<XaiStrategyOptions>): XaiStrategy =>
    buildOfflineStrategy(emulator, options)

  const userinfoStatus = async (accessToken: string): Promise<number> => {
    const headers = { authorization: `Bearer ${accessToken}` }
    return (await fetch(`${emulator.issuer}/oauth2/userinfo`, { headers })).status
  }

  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  beforeEach(() => {
    strategy = buildStrategy()
    emulator.clearRequests()
  })
  afterEach(() => mock.timers.reset())

  it('ends a refresh token and what came from it', async () => {
    const { accessToken, refreshToken } = await signInOffline(emulator, strategy)
    expect(await strategy.revoke(refreshToken)).to.equal(undefined)
    expect((await failureOf(strategy.refresh(refreshToken))).code).to.equal('xai_refresh_token_revoked')
    expect(await userinfoStatus(accessToken)).to.equal(401)
  })

  it('ends an access token', async () => {
    const { accessToken } = await signInOffline(emulator, strategy)
    expect(await userinfoStatus(accessToken)).to.equal(200)
    await strategy.revoke(accessToken, { hint: 'access_token' })
    expect(await userinfoStatus(accessToken)).to.equal(401)
  })

  it('is content with a token that the server does not know (RFC 7009 §2.2)', async () => {
    expect(await strategy.revoke('OR-unknown')).to.equal(undefined)
    expect(emulator.requests).to.have.length(1)
  })

  it('sends a form with the token and the client, and no hint unasked', async () => {
    await strategy.revoke('the-token')
    const [request] = emulator.requests
    expect(request).to.include({ method: 'POST', path })
    expect(request?.headers['content-type']).to.equal('application/x-www-form-urlencoded')
    expect(request?.headers).not.to.have.property('authorization')
    expect(request?.parameters).to.deep.equal({
      token: 'the-token',
      client_id: emulator.publicClient.clientID,
    })
  })

  for (const hint of ['access_token', 'refresh_token'] as const)
    it(`sends the hint ${hint}`, async () => {
      await strategy.revoke('the-token', { hint })
      expect(emulator.requests[0]?.parameters).to.include({ token: 'the-token', token_type_hint: hint })
    })

  it('authenticates with Basic credentials that the body does not repeat', async () => {
    const { clientID, clientSecret } = emulator.confidentialClient
    await buildStrategy({ clientID, clientSecret }).revoke('the-token')
    const credentials = Buffer.from(`${clientID}:${clientSecret}`).toString('base64')
    const [request] = emulator.requests
    expect(request?.headers.authorization).to.equal(`Basic ${credentials}`)
    expect(request?.parameters).to.deep.equal({ token: 'the-token' })
  })

  it('authenticates in the body when client_secret_post says so', async () => {
    const { clientID, clientSecret } = emulator.confidentialClient
    const clientAuthentication = 'client_secret_post'
    await buildStrategy({ clientID, clientSecret, clientAuthentication }).revoke('the-token')
    const [request] = emulator.requests
    expect(request?.headers).not.to.have.property('authorization')
    expect(request?.parameters).to.deep.equal({
      token: 'the-token',
      client_id: clientID,
      client_secret: clientSecret,
    })
  })

  it('goes to the revocationURL that was given, its query included', async () => {
    const revocationURL = `${emulator.issuer}/oauth2/userinfo?tenant=one`
    emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 200, body: '' })
    await buildStrategy({ revocationURL }).revoke('the-token')
    expect(emulator.requests[0]).to.deep.include({ path: '/oauth2/userinfo', query: { tenant: 'one' } })
  })

  for (const status of [200, 202, 204, 299])
    it(`takes HTTP ${status} for success`, async () => {
      emulator.misbehaveOnce({ path, status })
      expect(await strategy.revoke('the-token')).to.equal(undefined)
      expect(emulator.requests).to.have.length(1)
    })

  const html = { 'content-type': 'text/html' }
  const failures: ReadonlyArray<
    readonly [
      what: string,
      response: Omit<Misbehaviour, 'path'>,
      expected: { status: number; message: RegExp },
    ]
  > = [
    [
      'invalid_client',
      { status: 401, body: '{"error":"invalid_client"}' },
      { status: 401, message: /^xAI token revocation failed \(HTTP 401\)\. Response: \{"error"/ },
    ],
    [
      'unsupported_token_type',
      { status: 400, body: '{"error":"unsupported_token_type"}' },
      { status: 400, message: /HTTP 400.*unsupported_token_type/ },
    ],
    ['a page of Cloudflare', { status: 403, headers: html, body: '<html>' }, { status: 403, message: /403/ }],
    ['a broken server', { status: 503, body: '' }, { status: 503, message: /HTTP 503/ }],
    [
      'a redirect, which it does not follow',
      { status: 302, headers: { location: '/oauth2/revoke' }, body: '' },
      { status: 502, message: /HTTP 302/ },
    ],
    [
      'a cut inside the response',
      { status: 200, body: 'ok', cut: 'in-body' },
      { status: 502, message: /aborted/ },
    ],
    ['a body without an end', { endless: true }, { status: 502, message: /larger than 1048576 bytes/ }],
  ]
  for (const [what, response, { status, message }] of failures)
    it(`fails on ${what}`, async () => {
      emulator.misbehaveOnce({ path, ...response })
      const error = await failureOf(strategy.revoke('the-token'))
      expect(error).to.be.instanceOf(XaiOAuthError)
      expect(error).to.include({ code: 'xai_revocation_failed', status, statusCode: status })
      expect(error.message).to.match(message)
      expect(emulator.requests).to.have.length(1)
    })

  it('says how long to wait when there were too many requests', async () => {
    emulator.misbehaveOnce({ path, status: 429, headers: { 'retry-after': '3' }, body: '' })
    expect(await failureOf(strategy.revoke('the-token'))).to.include({ status: 429, retryAfter: 3 })
  })

  it('reports an unknown client as the emulator, and xAI, words it', async () => {
    const error = await failureOf(buildStrategy({ clientID: 'stranger' }).revoke('the-token'))
    expect(error).to.include({
      code: 'xai_revocation_failed',
      error: 'invalid_client',
      error_description: 'Unknown or disabled client',
    })
  })

  it('ends at the deadline', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY })
    const failure = failureOf(strategy.revoke('the-token'))
    await until(() => emulator.requests.length === 1)
    mock.timers.tick(20_000)
    const error = await failure
    expect(error).to.include({ code: 'xai_revocation_failed', status: 504 })
    expect(error.cause).to.include({ code: 'ETIMEDOUT' })
  })

  it('shows neither the token nor the client secret in the error', async () => {
    const [token, clientSecret] = ['OR-token of/this+test', 'secret of/this+client']
    const body = JSON.stringify({ error: 'invalid_client', error_description: `${token} ; ${clientSecret}` })
    emulator.misbehaveOnce({ path, status: 401, body })
    const error = await failureOf(buildStrategy({ clientID: 'one', clientSecret }).revoke(token))
    expect(error.error_description).to.equal('[redacted] ; [redacted]')
    expect(inspect(error, { depth: 9 }))
      .not.to.include(token)
      .and.not.include(clientSecret)
  })

  describe('with a signal', () => {
    it('sends nothing when it is aborted already', async () => {
      const reason = new Error('too late')
      const signal = AbortSignal.abort(reason)
      expect(await failureOf(strategy.revoke('the-token', { signal }))).to.equal(reason)
      expect(emulator.requests).to.be.empty
    })

    it('ends with its reason', async () => {
      emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY })
      const controller = new AbortController()
      const failure = failureOf(strategy.revoke('the-token', { signal: controller.signal }))
      await until(() => emulator.requests.length === 1)
      const reason = new Error('the visitor went away')
      controller.abort(reason)
      expect(await failure).to.equal(reason)
      await until(() => getEventListeners(controller.signal, 'abort').length === 0)
    })

    it('is let go after a success and after a failure', async () => {
      const { signal } = new AbortController()
      await strategy.revoke('the-token', { signal })
      emulator.misbehaveOnce({ path, status: 500, body: '' })
      expect((await failureOf(strategy.revoke('the-token', { signal }))).code).to.equal(
        'xai_revocation_failed',
      )
      await until(() => getEventListeners(signal, 'abort').length === 0)
    })
  })

  const noTokens: ReadonlyArray<readonly [what: string, token: unknown]> = [
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['an object', {}],
  ]
  for (const [what, token] of noTokens)
    it(`refuses ${what} in the place of a token and sends nothing`, async () => {
      const error = await failureOf(strategy.revoke(token as string))
      expect(error).to.be.instanceOf(TypeError)
      expect(error.message).to.equal('XaiStrategy: revoke needs a token, a string that is not empty')
      expect(emulator.requests).to.be.empty
    })
})

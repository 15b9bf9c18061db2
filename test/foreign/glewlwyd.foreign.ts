import { expect } from 'chai'
import { failureOf } from '../support/failure.js'
import { ForeignServer } from './foreign-server.js'
import { RelyingParty, type User } from './relying-party.js'

/** Where Glewlwyd's OpenID Connect plugin has its endpoints. */
const endpointsAt = (issuer: string) => ({
  authorizationURL: `${issuer}/auth`,
  tokenURL: `${issuer}/token`,
  userInfoURL: `${issuer}/userinfo`,
  revocationURL: `${issuer}/revoke`,
  jwksURL: `${issuer}/jwks`,
})

/** Glewlwyd's response to a refresh token that was used or revoked has no body, where RFC 6749 §5.2 has `invalid_grant`. */
const spent = { code: 'xai_refresh_failed', status: 400 }

describe('Glewlwyd from Debian', () => {
  let rp: RelyingParty
  let server: ForeignServer
  let api: string

  async function start(ALG: string): Promise<void> {
    rp = await RelyingParty.start()
    server = await ForeignServer.start('glewlwyd', { REDIRECT_URI: rp.application.callbackURL, ALG })
    api = `${server.facts.origin}/api`
    await send('POST', '/auth', { username: 'ada', password: 'a password of the tests' })
    for (const client of ['confidential', 'public'])
      await send('PUT', `/auth/grant/${client}`, { scope: 'openid' })
  }

  /** What the person does on Glewlwyd's own pages, which are a script that calls this API. */
  async function send(method: string, path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const { status, body: text } = await rp.browser.send(
      `${api}${path}`,
      { method, headers },
      JSON.stringify(body),
    )
    expect(status, `${method} ${path}: ${text}`).to.equal(200)
  }

  async function arrive(clientID: string, options: object = {}): Promise<string> {
    rp.connect(server.issuer, clientID, {
      ...endpointsAt(server.issuer),
      scope: 'openid',
      authorizationParams: { g_continue: '' },
      ...options,
    })
    const { headers, status, body } = await rp.begin()
    if (headers.location === undefined) throw new Error(`no callback, but HTTP ${status}: ${body}`)
    return headers.location
  }

  const signIn = async (clientID: string, options: object = {}): Promise<User> =>
    rp.userAt(await arrive(clientID, options))

  const secret = (): { clientSecret: string } => ({ clientSecret: String(server.facts.secret) })

  describe('with a key for ES256', () => {
    before(() => start('ES256'))
    after(async () => {
      await rp.close()
      await server.stop()
    })

    for (const clientAuthentication of ['client_secret_basic', 'client_secret_post'])
      it(`signs in, refreshes and revokes with ${clientAuthentication}`, async () => {
        const { tokens } = await signIn('confidential', { clientAuthentication, ...secret() })
        const { refreshToken } = await rp.strategy.refresh(String(tokens.refresh_token))
        await rp.strategy.revoke(refreshToken, { hint: 'refresh_token' })
        expect(await failureOf(rp.strategy.refresh(refreshToken))).to.include(spent)
      })

    it('signs in and refreshes without a secret, and revokes for nobody who has none', async () => {
      const { tokens } = await signIn('public')
      const { refreshToken } = await rp.strategy.refresh(String(tokens.refresh_token))
      const error = await failureOf(rp.strategy.revoke(refreshToken))
      expect(error).to.include({ code: 'xai_revocation_failed', status: 401 })
    })

    it('refuses a refresh token that comes twice', async () => {
      const { tokens } = await signIn('confidential', secret())
      const token = String(tokens.refresh_token)
      await rp.strategy.refresh(token)
      expect(await failureOf(rp.strategy.refresh(token))).to.include(spent)
    })

    it('refuses a wrong secret, which is called what it is', async () => {
      const callback = await arrive('confidential', { clientSecret: 'a-wrong-secret-0123456789' })
      const { outcome, error } = await rp.endingAt(callback)
      expect(outcome).to.equal('error')
      expect(error?.code).to.equal('xai_token_exchange_failed')
      expect(error?.message).not.to.include('a-wrong-secret')
    })

    it('gives userinfo, when the strategy always asks', async () => {
      expect(await signIn('confidential', { ...secret(), userInfo: 'always' })).to.include({
        name: 'Ada Example',
      })
    })
  })

  describe('with a key for RS256', () => {
    before(() => start('RS256'))
    after(async () => {
      await rp.close()
      await server.stop()
    })

    it('is refused, and the message names both algorithms', async () => {
      const { outcome, error } = await rp.endingAt(await arrive('confidential', secret()))
      expect(outcome).to.equal('error')
      expect(error?.code).to.equal('xai_id_token_invalid')
      expect(error?.message).to.match(/alg.*ES256.*RS256/)
    })
  })
})

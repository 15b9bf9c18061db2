import { expect } from 'chai'
import { XaiDeviceStrategy } from '../../lib/index.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { failureOf } from '../support/failure.js'
import { ForeignServer } from './foreign-server.js'
import { RelyingParty, type User, verify } from './relying-party.js'

/** Where oidc-provider has its endpoints. */
const endpointsAt = (issuer: string) => ({
  authorizationURL: `${issuer}/auth`,
  tokenURL: `${issuer}/token`,
  userInfoURL: `${issuer}/me`,
  revocationURL: `${issuer}/token/revocation`,
  jwksURL: `${issuer}/jwks`,
})

const secretOf = (method: string): string => `secret of ${method}, with + and %`

describe('a stock oidc-provider', () => {
  let rp: RelyingParty
  let server: ForeignServer

  beforeEach(async () => {
    rp = await RelyingParty.start()
    server = await ForeignServer.start('oidc-provider', { REDIRECT_URI: rp.application.callbackURL })
  })
  afterEach(async () => {
    await rp.close()
    await server.stop()
  })

  const connect = (clientID: string, options: object = {}): void =>
    rp.connect(server.issuer, clientID, {
      ...endpointsAt(server.issuer),
      scope: 'openid profile offline_access',
      authorizationParams: { prompt: 'consent' },
      ...options,
    })

  const withMethod = (method: string): void =>
    connect(method, {
      clientAuthentication: method,
      ...(method !== 'none' && { clientSecret: secretOf(method) }),
    })

  /** Submits the one form of a page of the server's, with what a person would type. */
  async function submit(page: ClientResponse, typed: Record<string, string> = {}): Promise<ClientResponse> {
    const [, action = page.url] = /<form[^>]*action="([^"]*)"/.exec(page.body) ?? []
    const hidden = [...page.body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name,
      value,
    ])
    const form = { ...Object.fromEntries(hidden), ...typed }
    return rp.browser.follow(await rp.browser.post(new URL(action, page.url).href, form), rp.isCallback)
  }

  /** Signs in and consents on the server's own pages; resolves to the URL of the callback. */
  async function arrive(): Promise<string> {
    const consent = await submit(await rp.begin(), { login: 'ada', password: 'any' })
    const { headers, body, status } = await submit(consent)
    if (headers.location === undefined) throw new Error(`no callback, but HTTP ${status}: ${body}`)
    return headers.location
  }

  const signIn = async (): Promise<User> => rp.userAt(await arrive())

  for (const method of ['client_secret_basic', 'client_secret_post', 'none'])
    it(`signs in, refreshes and revokes with ${method}`, async () => {
      withMethod(method)
      const { id, tokens } = await signIn()
      expect(id).to.equal('ada')
      const refreshed = await rp.strategy.refresh(String(tokens.refresh_token))
      expect(refreshed.refreshToken).not.to.equal(tokens.refresh_token)
      await rp.strategy.revoke(refreshed.refreshToken, { hint: 'refresh_token' })
      expect(await failureOf(rp.strategy.refresh(refreshed.refreshToken))).to.include({
        code: 'xai_refresh_token_revoked',
        error: 'invalid_grant',
      })
    })

  it('revokes the whole family when a refresh token comes twice', async () => {
    withMethod('none')
    const { tokens } = await signIn()
    const token = String(tokens.refresh_token)
    const { refreshToken } = await rp.strategy.refresh(token)
    expect(await failureOf(rp.strategy.refresh(token))).to.include({ code: 'xai_refresh_token_revoked' })
    expect(await failureOf(rp.strategy.refresh(refreshToken))).to.include({
      code: 'xai_refresh_token_revoked',
    })
  })

  it('names itself in the callback (RFC 9207), and another name is refused', async () => {
    withMethod('none')
    const callback = new URL(await arrive())
    expect(callback.searchParams.get('iss')).to.equal(server.issuer)
    callback.searchParams.set('iss', 'https://evil.example')
    const ending = await rp.endingAt(callback.href)
    expect(ending).to.include({ outcome: 'fail', status: 403 })
    expect(ending.info).to.include({ code: 'xai_callback_invalid' })
  })

  it('refuses a wrong secret, which the error says and does not repeat', async () => {
    connect('client_secret_basic', { clientSecret: 'a-wrong-secret-0123456789' })
    const { outcome, error } = await rp.endingAt(await arrive())
    expect(outcome).to.equal('error')
    expect(error?.code).to.equal('xai_token_exchange_failed')
    expect(error?.message).to.match(/HTTP 401.*invalid_client/)
    expect(error?.message).not.to.include('a-wrong-secret')
  })

  it('refuses what the person does not grant, and the application fails with access_denied', async () => {
    withMethod('none')
    const consent = await submit(await rp.begin(), { login: 'ada', password: 'any' })
    const [, abort = ''] = /href="([^"]*\/abort)"/.exec(consent.body) ?? []
    const { headers } = await rp.browser.open(new URL(abort, consent.url).href, rp.isCallback)
    const ending = await rp.endingAt(String(headers.location))
    expect(ending).to.include({ outcome: 'fail', status: 403 })
    expect(ending.info).to.include({ code: 'access_denied' })
  })

  it('signs with RS256 unless told otherwise, which the library refuses and says', async () => {
    connect('rs256', { clientSecret: secretOf('client_secret_basic') })
    const { outcome, error } = await rp.endingAt(await arrive())
    expect(outcome).to.equal('error')
    expect(error?.code).to.equal('xai_id_token_invalid')
    expect(error?.message).to.match(/alg.*ES256.*RS256/)
  })

  it('gives userinfo, when the strategy always asks', async () => {
    connect('none', { userInfo: 'always' })
    expect(await signIn()).to.include({ id: 'ada' })
  })

  describe('its device grant', () => {
    const load = async (): Promise<{ status: number; body: string }> =>
      rp.browser.get(`${rp.application.origin}/device`, { headers: { accept: 'application/json' } })

    beforeEach(() => {
      const { issuer } = server
      const { tokenURL, userInfoURL, jwksURL } = endpointsAt(issuer)
      rp.application.passport.use(
        new XaiDeviceStrategy(
          {
            issuer,
            clientID: 'none',
            tokenURL,
            userInfoURL,
            jwksURL,
            deviceAuthorizationURL: `${issuer}/device/auth`,
          },
          verify,
        ),
      )
    })

    /** Types the code on the server's pages; `allows` says what the person decides. */
    async function decide(allows: boolean): Promise<void> {
      const pending = JSON.parse((await load()).body) as { verification_uri_complete: string }
      const first = await rp.browser.open(pending.verification_uri_complete)
      const confirm = await submit(first)
      const login = await submit(confirm)
      if (!allows) {
        const [, abort = ''] = /href="([^"]*\/abort)"/.exec(login.body) ?? []
        await rp.browser.open(new URL(abort, login.url).href)
        return
      }
      const consent = await submit(login, { login: 'ada', password: 'any' })
      await submit(consent)
    }

    it('signs in once the person has confirmed the code', async function () {
      this.timeout(20_000)
      await decide(true)
      await new Promise((resolve) => setTimeout(resolve, 5100))
      const { body } = await load()
      expect(JSON.parse(body)).to.have.nested.property('user.id', 'ada')
    })

    it('fails with access_denied once the person has refused', async function () {
      this.timeout(20_000)
      await decide(false)
      await new Promise((resolve) => setTimeout(resolve, 5100))
      const { status, body } = await load()
      expect(status).to.equal(403)
      expect(JSON.parse(body)).to.have.nested.property('info.code', 'access_denied')
    })
  })
})

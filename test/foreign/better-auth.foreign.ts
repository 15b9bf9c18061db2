import { expect } from 'chai'
import { failureOf } from '../support/failure.js'
import { ForeignServer } from './foreign-server.js'
import { RelyingParty, type User } from './relying-party.js'

/** Where better-auth has its endpoints. */
const endpointsAt = (issuer: string) => ({
  authorizationURL: `${issuer}/oauth2/authorize`,
  tokenURL: `${issuer}/oauth2/token`,
  userInfoURL: `${issuer}/oauth2/userinfo`,
  revocationURL: `${issuer}/oauth2/revoke`,
  jwksURL: `${issuer}/jwks`,
})

interface Facts {
  readonly issuer: string
  readonly origin: string
  readonly clients: Readonly<Record<string, { readonly id: string; readonly secret?: string }>>
  readonly person: Readonly<Record<'email' | 'password' | 'name', string>>
}

describe('better-auth with its OAuth provider', () => {
  let rp: RelyingParty
  let server: ForeignServer
  let facts: Facts

  before(async () => {
    rp = await RelyingParty.start()
    server = await ForeignServer.start('better-auth', { REDIRECT_URI: rp.application.callbackURL })
    facts = server.facts as unknown as Facts
    // The person signs in at the server first, as on its own pages.
    const { email, password } = facts.person
    const body = JSON.stringify({ email, password })
    const headers = { 'content-type': 'application/json', origin: facts.origin }
    const { status } = await rp.browser.send(
      `${facts.issuer}/sign-in/email`,
      { method: 'POST', headers },
      body,
    )
    expect(status).to.equal(200)
  })
  after(async () => {
    await rp.close()
    await server.stop()
  })

  async function signIn(method: string, options: object = {}): Promise<User> {
    const { id, secret } = facts.clients[method] ?? { id: '' }
    rp.connect(facts.issuer, id, {
      ...endpointsAt(facts.issuer),
      clientAuthentication: method as 'none',
      ...(secret && { clientSecret: secret }),
      scope: 'openid profile email offline_access',
      ...options,
    })
    const { headers, status, body } = await rp.begin()
    if (headers.location === undefined) throw new Error(`no callback, but HTTP ${status}: ${body}`)
    return rp.userAt(headers.location)
  }

  for (const method of ['client_secret_basic', 'client_secret_post', 'none'])
    it(`signs in, refreshes and revokes with ${method}`, async () => {
      const { name, tokens } = await signIn(method)
      expect(name).to.equal(facts.person.name)
      const { refreshToken } = await rp.strategy.refresh(String(tokens.refresh_token))
      expect(refreshToken).not.to.equal(tokens.refresh_token)
      await rp.strategy.revoke(refreshToken, { hint: 'refresh_token' })
      expect(await failureOf(rp.strategy.refresh(refreshToken))).to.include({ error: 'invalid_grant' })
    })

  it('refuses a refresh token that comes twice', async () => {
    const { tokens } = await signIn('none')
    const token = String(tokens.refresh_token)
    await rp.strategy.refresh(token)
    expect(await failureOf(rp.strategy.refresh(token))).to.include({ code: 'xai_refresh_token_revoked' })
  })

  it('gives userinfo, when the strategy always asks', async () => {
    expect(await signIn('none', { userInfo: 'always' })).to.include({ name: facts.person.name })
  })
})

import { expect } from 'chai'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { type Example, startExample } from '../../examples/express/server.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { formOf, Visitor } from './visitor.js'

describe('The Express example, signed in', () => {
  let emulator: Emulator
  let example: Example

  before(async () => {
    emulator = await startEmulator()
  })
  after(() => emulator?.close())
  // A new one each time, in which nobody is signed in yet.
  beforeEach(async () => {
    const { issuer, publicClient } = emulator
    example = await startExample({ port: 0, issuer, clientID: publicClient.clientID, log: () => undefined })
    emulator.clearRequests()
  })
  afterEach(() => example?.close())

  async function signedIn(accountID = 'personal'): Promise<{ visitor: Visitor; page: ClientResponse }> {
    const visitor = new Visitor(example.url)
    return { visitor, page: await visitor.signInAs(accountID) }
  }

  const refreshTokens = (): Array<string | undefined> =>
    emulator.requests
      .filter(({ parameters }) => parameters?.grant_type === 'refresh_token')
      .map(({ parameters }) => parameters?.refresh_token)
  const revocations = () => emulator.requests.filter(({ path }) => path === '/oauth2/revoke')

  /** What the emulator says to a refresh token that the example had. */
  const refreshAtEmulator = (visitor: Visitor, refreshToken: string): Promise<ClientResponse> =>
    visitor.post(`${emulator.issuer}/oauth2/token`, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: emulator.publicClient.clientID,
    })

  const isSignedIn = async (visitor: Visitor): Promise<boolean> =>
    (await visitor.get(`${example.url}/profile`)).status === 200

  it('refreshes the token, each time with the newest one', async () => {
    const { visitor, page } = await signedIn()
    const first = await visitor.press(page, 'Refresh the token')
    expect(first).to.include({ status: 200, url: `${example.url}/profile` })
    expect(first.body).to.include('<p class="notice" role="status">The token was refreshed.</p>')
    expect(first.body).to.include('<code>offline_<wbr>access</code>')
    expect((await visitor.profile()).body, 'after a reload').not.to.include('The token was refreshed.')
    expect(await visitor.press(first, 'Refresh the token')).to.include({ status: 200 })
    expect(new Set(refreshTokens()).size).to.equal(2)
  })

  it('survives many refreshes at the same moment', async () => {
    const { visitor, page } = await signedIn()
    const presses = Array.from({ length: 40 }, () => visitor.press(page, 'Refresh the token'))
    for (const { status } of await Promise.all(presses)) expect(status).to.equal(200)
    expect(new Set(refreshTokens()).size).to.equal(refreshTokens().length)
    expect(await visitor.press(page, 'Refresh the token')).to.include({ status: 200 })
  })

  it('says that xAI ended the grant', async () => {
    const { visitor, page } = await signedIn()
    await visitor.press(page, 'Refresh the token')
    const [spent = ''] = refreshTokens()
    await refreshAtEmulator(visitor, spent)
    const refused = await visitor.press(page, 'Refresh the token')
    expect(refused.status).to.equal(400)
    expect(refused.body).to.include('<dd><code>xai_<wbr>refresh_<wbr>token_<wbr>revoked</code></dd>')
    expect(refused.body).not.to.include('OR-')
  })

  it('signs out, in this browser only', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()]
    const page = await here.visitor.press(here.page, 'Sign out')
    expect(page).to.include({ status: 200, url: `${example.url}/` })
    expect(await isSignedIn(here.visitor)).to.equal(false)
    expect(await isSignedIn(elsewhere.visitor)).to.equal(true)
    expect(revocations()).to.be.empty
    await elsewhere.visitor.press(elsewhere.page, 'Yes, sign out everywhere')
    expect(revocations()).to.have.lengthOf(1)
  })

  it('signs out everywhere: in every browser, and at xAI', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()]
    const page = await here.visitor.press(here.page, 'Yes, sign out everywhere')
    expect(page).to.include({ status: 200, url: `${example.url}/` })
    expect(await isSignedIn(here.visitor)).to.equal(false)
    expect(await isSignedIn(elsewhere.visitor)).to.equal(false)
    const tokens = revocations().map(({ parameters }) => `${parameters?.token}`)
    expect(tokens).to.have.lengthOf(2)
    for (const token of tokens) {
      const { status, body } = await refreshAtEmulator(here.visitor, token)
      expect(status).to.equal(400)
      expect(JSON.parse(body)).to.include({ error: 'invalid_grant' })
    }
  })

  it('refuses the form of a browser that was signed out elsewhere', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()]
    await here.visitor.press(here.page, 'Yes, sign out everywhere')
    emulator.clearRequests()
    const refused = await elsewhere.visitor.press(elsewhere.page, 'Refresh the token')
    expect(refused.status).to.equal(403)
    expect(refused.body).to.include('<dd><code>form_<wbr>invalid</code></dd>')
    expect(emulator.requests).to.be.empty
  })

  it('stays signed in when a revocation fails, says so, and can try again', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()]
    emulator.misbehaveOnce({ path: '/oauth2/revoke', status: 503, body: '{}' })
    const failed = await here.visitor.press(here.page, 'Yes, sign out everywhere')
    expect(failed.status).to.equal(503)
    expect(failed.body).to.include('<dd><code>xai_<wbr>revocation_<wbr>failed</code></dd>')
    expect(await isSignedIn(here.visitor)).to.equal(true)
    expect(await isSignedIn(elsewhere.visitor)).to.equal(true)
    const page = await here.visitor.press(here.page, 'Yes, sign out everywhere')
    expect(page).to.include({ status: 200, url: `${example.url}/` })
  })

  const actions = ['Refresh the token', 'Sign out', 'Yes, sign out everywhere']
  const forgeries: ReadonlyArray<readonly [what: string, token: Record<string, string>]> = [
    ['another token', { form_token: 'guessed' }],
    ['an empty token', { form_token: '' }],
  ]
  for (const label of actions) {
    for (const [what, token] of forgeries) {
      it(`refuses "${label}" from another site, with ${what}`, async () => {
        const { visitor, page } = await signedIn()
        emulator.clearRequests()
        const refused = await visitor.press(page, label, token)
        expect(refused.status).to.equal(403)
        expect(refused.body).to.include('<dd><code>form_<wbr>invalid</code></dd>')
        expect(emulator.requests).to.be.empty
        expect(await isSignedIn(visitor)).to.equal(true)
      })
    }

    it(`refuses "${label}" of somebody who is not signed in`, async () => {
      const { page } = await signedIn()
      emulator.clearRequests()
      const { action, fields } = formOf(page, label)
      const { status } = await new Visitor(example.url).post(`${example.url}${action}`, fields)
      expect(status).to.equal(403)
      expect(emulator.requests).to.be.empty
    })
  }

  it('refuses a form that is too large, with its status', async () => {
    const { visitor, page } = await signedIn()
    const refused = await visitor.press(page, 'Sign out', { padding: 'x'.repeat(200_000) })
    expect(refused.status).to.equal(413)
    expect(await isSignedIn(visitor)).to.equal(true)
  })
})

describe('The Express example without offline_access', () => {
  let emulator: Emulator
  let example: Example

  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
    const { clientID } = emulator.publicClient
    const scope = 'openid profile email'
    example = await startExample({ port: 0, issuer: emulator.issuer, clientID, scope, log: () => undefined })
  })
  after(() => Promise.all([example?.close(), emulator?.close()]))

  it('offers no refresh, refuses one, and revokes the access token', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.open(await visitor.signInLink())
    expect(page.body).to.include('None: the scope offline_access was not granted')
    expect(page.body).not.to.include('>Refresh the token</button>')
    const { fields } = formOf(page, 'Sign out')
    const refused = await visitor.post(`${example.url}/refresh`, fields)
    expect(refused.status).to.equal(409)
    expect(refused.body).to.include('<dd><code>refresh_<wbr>token_<wbr>missing</code></dd>')
    emulator.clearRequests()
    expect(await visitor.press(page, 'Yes, sign out everywhere')).to.include({ url: `${example.url}/` })
    expect(emulator.requests[0]?.parameters?.token).to.match(/^eyJ/)
  })
})

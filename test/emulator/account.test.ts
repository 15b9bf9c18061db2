import { expect } from 'chai'
import { defaultAccounts, startEmulator } from '../../lib/emulator/index.js'
import { claimsOf, RelyingParty, useEmulator } from './relying-party.js'

describe('the accounts of the emulator', () => {
  const given = useEmulator()

  it('include one whose tier is denied: 403, and no tokens', async () => {
    const { status, headers, json } = await given.application.tokens('free')
    expect(status).to.equal(403)
    expect(headers['content-type']).to.match(/^application\/json/)
    expect(json).to.have.all.keys('error', 'error_description')
    expect(json).to.include({ error: 'not_entitled' })
  })

  it('include a Team: no id_token, no openid and no email', async () => {
    const { status, json } = await given.application.tokens('team')
    const { principal } = defaultAccounts.find(({ id }) => id === 'team') ?? {}
    expect(status).to.equal(200)
    expect(json).to.include({ scope: 'profile offline_access' }).and.not.to.have.property('id_token')
    expect(claimsOf(`${json.access_token}`)).to.include({
      scope: 'profile offline_access',
      principal_type: 'Team',
      principal_id: principal?.id,
    })
  })

  it('include a Team, which userinfo refuses, before and after a refresh', async () => {
    const { json } = await given.application.tokens('team')
    const refused = await given.application.userinfo(`${json.access_token}`)
    expect(refused.status).to.equal(403)
    expect(refused.json).to.include({ error: 'insufficient_scope' })
    const refreshed = await given.application.refresh(`${json.refresh_token}`)
    expect(refreshed.json)
      .to.include({ scope: 'profile offline_access' })
      .and.not.to.have.property('id_token')
    expect((await given.application.userinfo(`${refreshed.json.access_token}`)).status).to.equal(403)
  })

  it('include a Team, which is refused when it may have none of the scopes', async () => {
    const callback = await given.application.signIn('team', { scope: 'openid email' })
    expect(callback.get('error')).to.equal('access_denied')
    expect(callback.has('code')).to.equal(false)
  })

  it('get team:read as a Team', async () => {
    const { json } = await given.application.tokens('team', { scope: 'openid team:read' })
    expect(json).to.include({ scope: 'team:read' })
  })

  it('are refused team:read as a User', async () => {
    const callback = await given.application.signIn('personal', { scope: 'openid team:read' })
    expect(callback.get('error')).to.equal('invalid_scope')
    expect(callback.get('state')).to.equal('the-state')
    expect(callback.has('code')).to.equal(false)
  })

  it('are refused team:read as a User who signs in at once', async () => {
    const atOnce = await startEmulator({ signInAs: 'personal' })
    const url = new RelyingParty(atOnce).authorizationURL({ scope: 'team:read', nonce: undefined })
    const { headers } = await given.application.browser.get(url)
    await atOnce.close()
    const { searchParams } = new URL(`${headers.location}`)
    expect(searchParams.get('error')).to.equal('invalid_scope')
    expect(searchParams.has('code')).to.equal(false)
  })
})

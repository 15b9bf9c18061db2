import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { claimsOf, type JSONResponse, RelyingParty } from './relying-party.js'

const isRefused = ({ status, json }: JSONResponse, description: string): void => {
  expect(status).to.equal(400)
  expect(json).to.deep.equal({ error: 'invalid_grant', error_description: description })
}

describe('the refresh tokens of the emulator', () => {
  let emulator: Emulator
  let application: RelyingParty
  let refreshToken: string
  let accessToken: string
  before(async () => {
    emulator = await startEmulator()
  })
  after(() => emulator.close())
  beforeEach(async () => {
    application = new RelyingParty(emulator)
    const { json } = await application.tokens()
    refreshToken = `${json.refresh_token}`
    accessToken = `${json.access_token}`
  })

  it('rotate, and need no echo', async () => {
    const first = await application.refresh(refreshToken)
    expect(first.status).to.equal(200)
    expect(first.json.refresh_token).to.match(/^OR-/).and.not.equal(refreshToken)
    expect(first.json.access_token).not.to.equal(accessToken)
    expect(claimsOf(`${first.json.id_token}`)).to.include({ sub: claimsOf(accessToken).sub })
    const second = await application.refresh(`${first.json.refresh_token}`)
    expect(second.status).to.equal(200)
  })

  it('revoke their family when one is used again', async () => {
    const { json } = await application.refresh(refreshToken)
    isRefused(await application.refresh(refreshToken), 'Refresh token has been revoked')
    isRefused(await application.refresh(`${json.refresh_token}`), 'Refresh token has been revoked')
    expect((await application.userinfo(`${json.access_token}`)).status).to.equal(401)
  })

  it('revoke their family when one is used twice at once', async () => {
    const responses = await Promise.all([
      application.refresh(refreshToken),
      application.refresh(refreshToken),
    ])
    expect(responses.map(({ status }) => status)).to.have.members([200, 400])
    const successor = responses.find(({ status }) => status === 200)?.json.refresh_token
    isRefused(await application.refresh(`${successor}`), 'Refresh token has been revoked')
  })

  it('are refused when they are unknown', async () => {
    isRefused(await application.refresh('OR-unknown'), 'Refresh token not found or invalid')
  })

  it('are demanded', async () => {
    const form = { grant_type: 'refresh_token', client_id: emulator.publicClient.clientID }
    const { status, json } = await application.post('/oauth2/token', form)
    expect(status).to.equal(400)
    expect(json).to.include({ error: 'invalid_request' })
  })

  it('are refused to another client, and stay with theirs', async () => {
    const { clientID, clientSecret } = emulator.confidentialClient
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientID }
    const stolen = await application.post('/oauth2/token', { ...form, client_secret: clientSecret })
    isRefused(stolen, 'Refresh token not found or invalid')
    expect((await application.refresh(refreshToken)).status).to.equal(200)
  })

  it('end with their grant when they are revoked', async () => {
    const revoked = await application.revoke(refreshToken)
    expect(revoked).to.include({ status: 200, body: '' })
    isRefused(await application.refresh(refreshToken), 'Refresh token has been revoked')
    expect((await application.userinfo(accessToken)).status).to.equal(401)
  })

  it('may be revoked with a hint, and twice', async () => {
    for (const _ of [1, 2])
      expect((await application.revoke(refreshToken, { token_type_hint: 'refresh_token' })).status).to.equal(
        200,
      )
  })

  it('are not revoked by another client', async () => {
    const { clientID, clientSecret } = emulator.confidentialClient
    const response = await application.revoke(refreshToken, {
      client_id: clientID,
      client_secret: clientSecret,
    })
    expect(response.status).to.equal(200)
    expect((await application.refresh(refreshToken)).status).to.equal(200)
  })

  it('are not revoked by an unknown client', async () => {
    const { status, json } = await application.revoke(refreshToken, { client_id: 'stranger' })
    expect(status).to.equal(400)
    expect(json).to.include({ error_description: 'Unknown or disabled client' })
    expect((await application.refresh(refreshToken)).status).to.equal(200)
  })

  it('may be revoked without being known, as RFC 7009 §2.2 wants it', async () => {
    expect((await application.revoke('header.payload.signature')).status).to.equal(200)
  })

  it('make way for access tokens, which can be revoked too', async () => {
    expect((await application.userinfo(accessToken)).status).to.equal(200)
    expect((await application.revoke(accessToken)).status).to.equal(200)
    expect((await application.userinfo(accessToken)).status).to.equal(401)
  })
})

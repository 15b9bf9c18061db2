import { expect } from 'chai'
import { failureOf } from '../support/failure.js'
import { ForeignServer } from './foreign-server.js'
import { RelyingParty } from './relying-party.js'

/** Where oauth2-mock-server has its endpoints. */
const endpointsAt = (issuer: string) => ({
  authorizationURL: `${issuer}/authorize`,
  tokenURL: `${issuer}/token`,
  userInfoURL: `${issuer}/userinfo`,
  revocationURL: `${issuer}/revoke`,
  jwksURL: `${issuer}/jwks`,
})

describe('a stock oauth2-mock-server', () => {
  let rp: RelyingParty
  let server: ForeignServer

  async function start(ALG: string): Promise<string> {
    rp = await RelyingParty.start()
    server = await ForeignServer.start('oauth2-mock-server', { ALG })
    const options = { ...endpointsAt(server.issuer), scope: 'openid offline_access' }
    rp.connect(server.issuer, 'client-1', options)
    return String((await rp.begin()).headers.location)
  }
  afterEach(async () => {
    await rp.close()
    await server.stop()
  })

  it('signs in with a key for ES256', async () => {
    expect(await userAt(await start('ES256'))).to.include({ id: 'johndoe' })
  })

  it('signs in with the nonce of the sign-in, and no callback counts twice', async () => {
    const callback = await start('ES256')
    await rp.userAt(callback)
    const again = await rp.endingAt(callback)
    expect(again.info).to.include({ code: 'xai_state_invalid' })
  })

  it('refreshes', async () => {
    const { tokens } = await userAt(await start('ES256'))
    const refreshed = await rp.strategy.refresh(String(tokens.refresh_token))
    expect(refreshed.accessToken).to.match(/^eyJ/)
  })

  it('has a revocation endpoint that accepts any token', async () => {
    const { tokens } = await userAt(await start('ES256'))
    await rp.strategy.revoke(String(tokens.access_token))
  })

  it('is refused with a key for RS256, and the message names both algorithms', async () => {
    const callback = await start('RS256')
    const { outcome, error } = await rp.endingAt(callback)
    expect(outcome).to.equal('error')
    expect(error?.code).to.equal('xai_id_token_invalid')
    expect(error?.message).to.match(/alg.*ES256.*RS256/)
  })

  it('is a connection that fails, and says so, once it has stopped', async () => {
    const callback = await start('ES256')
    await server.stop()
    const { error } = await rp.endingAt(callback)
    expect(error?.code).to.equal('xai_token_exchange_failed')
    expect(await failureOf(rp.strategy.refresh('rt-0123456789'))).to.include({ code: 'xai_refresh_failed' })
  })

  const userAt = (callback: string) => rp.userAt(callback)
})

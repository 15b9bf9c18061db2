import { expect } from 'chai'

import OAuth2Strategy = require('passport-oauth2')

import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { XaiStrategy } from '../../lib/index.js'
import { signInDirectly } from '../support/direct-sign-in.js'

const callbackURL = 'http://127.0.0.1/callback'

describe('a server that demands the code_challenge again', () => {
  let emulator: Emulator
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())

  const build = (echoCodeChallenge: boolean): XaiStrategy => {
    const { issuer, publicClient } = emulator
    const options = { issuer, clientID: publicClient.clientID, callbackURL, echoCodeChallenge }
    return new XaiStrategy(options, async ({ profile: { id } }) => ({ id }))
  }

  it('signs in whoever echoes it', async () => {
    expect((await signInDirectly(build(true))).kind).to.equal('success')
  })

  it('refuses the strategy with its echo off, and the error says why', async () => {
    const { kind, value } = await signInDirectly(build(false))
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_token_exchange_failed', status: 400 })
    expect((value as Error).message)
      .to.include('xAI token exchange failed (HTTP 400). Response: ')
      .and.include('code_challenge is required')
  })

  it('refuses plain passport-oauth2 with state and PKCE', async () => {
    const options = {
      authorizationURL: `${emulator.issuer}/oauth2/authorize`,
      tokenURL: `${emulator.issuer}/oauth2/token`,
      clientID: emulator.publicClient.clientID,
      clientSecret: undefined as unknown as string,
      callbackURL,
      scope: 'openid profile email',
      state: true,
      pkce: true,
    }
    let signedIn = 0
    const strategy = new OAuth2Strategy(options, () => {
      signedIn += 1
    })
    const { kind, value } = await signInDirectly(strategy)
    expect(kind).to.equal('error')
    expect((value as Error).message).to.include('code_challenge is required')
    expect(signedIn).to.equal(0)
  })
})

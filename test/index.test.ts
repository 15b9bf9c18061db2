import { expect } from 'chai'
import OAuth2Strategy from 'passport-oauth2'
import * as passportXai from '../lib/index.js'

describe('passport-xai', () => {
  it('exports its classes and functions, and nothing else', () => {
    expect(Object.keys(passportXai)).to.have.members([
      'XaiStrategy',
      'Strategy',
      'XaiDeviceStrategy',
      'XaiOAuthError',
      'SessionStateStore',
      'CookieStateStore',
      'loopbackRelay',
      'TokenManager',
      'MemoryTokenStore',
      'sealTokens',
    ])
  })

  it('calls one class XaiStrategy and Strategy', () => {
    expect(passportXai.Strategy).to.equal(passportXai.XaiStrategy)
  })

  it('exports a subclass of OAuth2Strategy of passport-oauth2, whose name is xai', () => {
    const options = { clientID: 'app', callbackURL: 'https://app.example/callback' }
    const strategy = new passportXai.XaiStrategy(options, async () => false)
    expect(strategy).to.be.instanceOf(OAuth2Strategy).and.to.include({ name: 'xai' })
  })

  it('is one and the same for import and require', async () => {
    const imported = (await import('../lib/index.js')) as typeof passportXai
    const required = require('../lib/index.js') as typeof passportXai
    expect(imported.XaiStrategy).to.equal(required.XaiStrategy)
  })
})

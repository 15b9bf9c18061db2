import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import OAuth2Strategy from 'passport-oauth2'
import * as passportXai from '../lib/index.js'

describe('passport-xai', () => {
  it('exports its classes and functions, and nothing else', () => {
    expect(Object.keys(passportXai)).to.have.members([
      'XaiStrategy',
      'Strategy',
      'XaiOAuthError',
      'SessionStateStore',
      'CookieStateStore',
      'loopbackRelay',
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

  const loadedBy = (use: string): string[] => {
    const script = `
      const passportXai = require(${JSON.stringify(require.resolve('../lib/index.js'))})
      const strategy = new passportXai.XaiStrategy({ clientID: 'app', callbackURL: 'https://app.example/callback' }, () => {})
      ${use}
      console.log(JSON.stringify(Object.keys(require.cache)))`
    return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
  }
  const onDemand = ['/sign-in.js', '/callback.js', '/refresh.js', '/revocation.js', '/relay.js', '/jose/']
  const isOf = (paths: string[]) => (module: string) => paths.some((path) => path.includes(module))

  it('loads for a strategy nothing that only a sign-in, a refresh, a revocation or the relay needs', () => {
    expect(onDemand.filter(isOf(loadedBy('')))).to.deep.equal([])
  })

  it('loads for a refresh, a revocation and the relay what each needs', () => {
    const use = "strategy.refresh(''); strategy.revoke(''); passportXai.loopbackRelay()"
    const paths = loadedBy(`process.on('unhandledRejection', () => {}); ${use}`)
    expect(onDemand.filter(isOf(paths))).to.deep.equal(['/refresh.js', '/revocation.js', '/relay.js'])
  })

  it('loads for a sign-in no jose', () => {
    const use = "strategy.error = () => {}; strategy.authenticate({ method: 'GET', headers: {} })"
    expect(onDemand.filter(isOf(loadedBy(use)))).to.deep.equal(['/sign-in.js', '/callback.js'])
  })
})

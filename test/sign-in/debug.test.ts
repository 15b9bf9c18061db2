import { spawnSync } from 'node:child_process'
import { expect } from 'chai'

const library = require.resolve('../../lib/index.js')

/** What a process prints to the console of one request to a strategy. */
function printedOf(query: object, environment: object): string {
  const script = `
    const { XaiStrategy } = require(${JSON.stringify(library)})
    const options = { clientID: 'app', callbackURL: 'https://app.example/callback' }
    const strategy = Object.create(new XaiStrategy(options, async ({ profile }) => profile))
    strategy.fail = strategy.error = () => {}
    strategy.authenticate({ method: 'GET', headers: {}, session: {}, query: ${JSON.stringify(query)} })`
  const env = { ...process.env, NODE_NO_WARNINGS: '1', ...environment }
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env }).stderr
}

describe('NODE_DEBUG=passport-xai', () => {
  const on = { NODE_DEBUG: 'passport-xai' }

  it('prints how a callback ended, and nothing of what it brought', () => {
    const printed = printedOf({ code: 'the-code-1', state: 'the-state-2' }, on)
    expect(printed).to.match(/^PASSPORT-XAI \d+: xai: fail xai_state_invalid missing$/m)
    expect(printed).to.not.match(/the-code|the-state/)
  })

  it('prints what a request was refused for', () => {
    expect(printedOf({ code: 'c' }, on)).to.match(/^PASSPORT-XAI \d+: xai: fail xai_callback_invalid$/m)
  })

  it('is what it takes: without it nothing is printed', () => {
    expect(printedOf({ code: 'c', state: 's' }, { NODE_DEBUG: '' })).to.equal('')
  })
})

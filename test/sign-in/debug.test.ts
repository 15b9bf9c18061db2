import { spawnSync } from 'node:child_process'
import { expect } from 'chai'

const library = require.resolve('../../lib/index.js')

/** What a process prints to the console that runs a script, `act(request)` being one request to a strategy. */
function printedOf(script: string, environment: object): string {
  const start = `
    const { XaiStrategy } = require(${JSON.stringify(library)})
    const build = (options) =>
      new XaiStrategy({ clientID: 'app', callbackURL: 'https://app.example/callback', ...options }, async ({ tokens }) => tokens)
    const act = (strategy, request) => new Promise((redirect) => {
      const actions = { redirect, success: redirect, fail: redirect, error: redirect }
      Object.assign(Object.create(strategy), actions).authenticate({ method: 'GET', headers: {}, session: {}, ...request })
    })`
  const env = { ...process.env, NODE_NO_WARNINGS: '1', ...environment }
  return spawnSync(process.execPath, ['-e', `${start}\n${script}`], { encoding: 'utf8', env }).stderr
}

const callback = (query: object): string => `act(build(), { query: ${JSON.stringify(query)} })`

describe('NODE_DEBUG=passport-xai', () => {
  const on = { NODE_DEBUG: 'passport-xai' }

  it('prints how a callback ended, and nothing of what it brought', () => {
    const printed = printedOf(callback({ code: 'the-code-1', state: 'the-state-2' }), on)
    expect(printed).to.match(/^PASSPORT-XAI \d+: xai: fail xai_state_invalid missing$/m)
    expect(printed).to.not.match(/the-code|the-state/)
  })

  it('prints what a request was refused for', () => {
    expect(printedOf(callback({ code: 'c' }), on)).to.match(
      /^PASSPORT-XAI \d+: xai: fail xai_callback_invalid$/m,
    )
  })

  it('prints a beginning, a success and an error as well, and no secret of them', () => {
    const printed = printedOf(
      `
      const responses = [[200, { access_token: 'the-token-1' }], [400, { error: 'invalid_grant', error_description: 'the-token-2' }]]
      const server = require('node:http').createServer((_req, res) => {
        const [status, body] = responses.shift()
        res.writeHead(status, { connection: 'close' }).end(JSON.stringify(body))
      })
      server.listen(0, '127.0.0.1', async () => {
        const tokenURL = 'http://127.0.0.1:' + server.address().port + '/token'
        const strategy = build({ tokenURL, scope: 'api:access', skipUserProfile: true })
        for (const code of ['the-code-1', 'the-code-2']) {
          const session = {}
          const state = new URL(await act(strategy, { session, query: {} })).searchParams.get('state')
          await act(strategy, { session, query: { code, state } })
        }
        server.close()
      })`,
      on,
    )
    expect([...printed.matchAll(/: (xai: .*)$/gm)].map(([, line]) => line)).to.deep.equal([
      'xai: redirect',
      'xai: success',
      'xai: redirect',
      'xai: error xai_token_exchange_failed',
    ])
    expect(printed).to.not.match(/the-(code|token)/)
  })

  it('is what it takes: without it nothing is printed', () => {
    expect(printedOf(callback({ code: 'c', state: 's' }), { NODE_DEBUG: '' })).to.equal('')
  })
})

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const lib = join(__dirname, '../../lib')

/** In a process of its own, because a process warns once: callbacks that fail for every reason, two of each. */
const script = `
  const { CookieStateStore, SessionStateStore } = require(${JSON.stringify(lib)})
  const { saveSignIn, takeSignIn } = require(${JSON.stringify(join(lib, 'state/state-store.js'))})
  const meta = {
    clientID: 'client', issuer: 'https://auth.x.ai', callbackURL: 'http://127.0.0.1:3000/callback',
    authorizationURL: 'https://auth.x.ai/oauth2/authorize', tokenURL: 'https://auth.x.ai/oauth2/token',
  }
  const secret = 'a secret of the tests that is no secret'
  const sessions = new SessionStateStore()
  const cookies = new CookieStateStore({ secret })
  process.on('warning', ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })))
  const ways = {
    async missing() {
      const state = await saveSignIn(sessions, { session: {}, headers: {} }, 'the-verifier', 'app', meta)
      await takeSignIn(sessions, { session: {}, headers: {} }, state, meta)
      return state
    },
    async mismatch() {
      const session = {}
      const state = await saveSignIn(sessions, { session, headers: {} }, 'the-verifier', 'app', meta)
      await takeSignIn(sessions, { session, headers: {} }, state, { ...meta, clientID: 'another' })
      return state
    },
    async unreadable() {
      const set = []
      const res = { appendHeader: (_name, value) => set.push(value.split(';')[0]) }
      const state = await saveSignIn(new CookieStateStore({ secret: secret + '2' }), { headers: {}, res }, 'the-verifier', 'app', meta)
      await takeSignIn(cookies, { headers: { cookie: set[0] }, res }, state, meta)
      return state
    },
    async unknown() {
      const session = {}
      await saveSignIn(sessions, { session, headers: {} }, 'the-verifier', 'app', meta)
      await takeSignIn(sessions, { session, headers: {} }, 'guess', meta)
    },
    async used() {
      const session = {}
      const state = await saveSignIn(sessions, { session, headers: {} }, 'the-verifier', 'app', meta)
      for (let n = 0; n < 2; n += 1) await takeSignIn(sessions, { session, headers: {} }, state, meta)
      return state
    },
    async superseded() {
      await takeSignIn(sessions, { session: {}, headers: {}, user: { id: 'the-user' } }, 'guess', meta)
    },
  }
  const main = async () => {
    const states = []
    for (const way of Object.values(ways)) states.push(await way(), await way())
    process.stdout.write(JSON.stringify({ states: states.filter(Boolean) }) + '\\n')
  }
  main()
`

interface Warning {
  readonly name: string
  readonly code: string
  readonly message: string
}

describe('a failure that an operator has to mend', () => {
  let warnings: readonly Warning[]
  let states: readonly string[]
  before(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', script])
    const lines = stdout.trim().split('\n')
    const printed = lines.map((line) => JSON.parse(line) as Warning & { states?: string[] })
    states = printed.flatMap((line) => line.states ?? [])
    warnings = printed.filter((line) => line.states === undefined)
  })

  it('makes one warning of the process for each reason, and other failures make none', () => {
    expect(warnings.map(({ code }) => code)).to.deep.equal([
      'xai_state_missing',
      'xai_state_mismatch',
      'xai_state_unreadable',
    ])
    for (const { name } of warnings) expect(name).to.equal('XaiStrategyWarning')
  })

  it('says what is wrong, and where to read on', () => {
    const [missing, mismatch, unreadable] = warnings
    expect(missing?.message).to.include('began on another host name (localhost is not 127.0.0.1)')
    expect(mismatch?.message).to.include('another client ID, issuer, token URL or callbackURL')
    expect(unreadable?.message).to.include('sealed with a secret that this process does not have')
    for (const { message } of warnings)
      expect(message).to.match(/ See https:\/\/www\.npmjs\.com\/package\/passport-xai#sign-in-failed$/)
  })

  it('holds no secret', () => {
    expect(states).to.have.lengthOf(8)
    for (const secret of ['the-verifier', 'a secret of the tests', 'the-user', ...states])
      expect(warnings.map(({ message }) => message).join()).not.to.include(secret)
  })
})

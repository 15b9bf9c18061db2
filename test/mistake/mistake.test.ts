import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'

const program = require.resolve('./application.js')

/** What somebody sees who makes a mistake and then tries to sign in. */
interface Sight {
  /** The last page, as Express shows it during development. */
  page: string
  /** Standard error, where warnings and errors of the process appear. */
  console: string
}

/** Mistakes that show when the application starts. */
const atStart: ReadonlyArray<readonly [mistake: string, cause: string, cure: string]> = [
  ['misspelt option', 'there is no option callbackUrl', 'write callbackURL'],
  ['scope with commas', 'scope "openid,profile,email" has commas', "by spaces: 'openid profile email'"],
  [
    'verify with three parameters',
    'verify declares 3 parameters, which could be misread',
    'write async ({ profile, tokens, req }) => user',
  ],
]

/** Mistakes that show when somebody signs in, and where. */
const atSignIn: ReadonlyArray<readonly [mistake: string, where: keyof Sight, cause: string, cure: string]> = [
  ['no session', 'page', 'the request has no session', 'use session middleware (e.g. express-session)'],
  ['session behind passport', 'page', 'Login sessions require session support', 'express-session'],
  ['session behind the routes', 'page', 'the request has no session', 'before passport'],
  ['no serializeUser', 'page', 'Failed to serialize user into session', 'serializeUser'],
  [
    'another host',
    'console',
    'the sign-in began on another host name (localhost is not 127.0.0.1)',
    'open the application under the host name of its callbackURL',
  ],
  ['SameSite=Strict', 'console', 'the session cookie is SameSite=Strict', 'use SameSite=Lax'],
  ['Secure over http', 'console', 'it is Secure and the request came by http', 'use https'],
  ['wrong secret', 'console', 'xAI does not know this client', 'check clientID, clientSecret'],
  [
    'verify that returns a user and has done',
    'page',
    'verify returned a promise of a user before it called done',
    'call done(null, user), or take one parameter',
  ],
]

describe('a mistake of the first hour', () => {
  let emulator: Emulator
  const running: ChildProcess[] = []
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  afterEach(() => {
    for (const child of running.splice(0)) child.kill()
  })

  const start = (mistake: string): ChildProcess => {
    const { NODE_ENV: _, NODE_OPTIONS: __, ...env } = process.env
    const child = spawn(process.execPath, [program, mistake, emulator.issuer], { env })
    running.push(child)
    return child
  }

  async function signIn(mistake: string): Promise<Sight> {
    const child = start(mistake)
    const printed = text(child.stderr as NodeJS.ReadableStream)
    const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const host = mistake === 'another host' ? 'localhost' : '127.0.0.1'
    const begin = new URL(`http://127.0.0.1:${port}`.trim())
    begin.hostname = host
    const browser = new CookieClient()
    // Browsers send a Strict cookie along with no redirect from another site, as this one is.
    const arriving = mistake === 'SameSite=Strict' ? new CookieClient() : browser
    const callback = /\/callback\?/
    const begun = await browser.open(`${begin.origin}/sign-in`, (location) => callback.test(location))
    const { location = '' } = begun.headers
    const page = callback.test(location) ? await arriving.open(location) : begun
    // A warning is printed a moment after the response; once this one is there, so is the warning.
    await browser.get(begin.origin)
    child.kill()
    return { page: page.body.replaceAll('&#39;', "'").replaceAll('&quot;', '"'), console: await printed }
  }

  for (const [mistake, cause, cure] of atStart)
    it(`${mistake}: the console names cause and cure at start`, async () => {
      const child = start(mistake)
      const [printed, [code]] = await Promise.all([
        text(child.stderr as NodeJS.ReadableStream),
        once(child, 'exit'),
      ])
      expect(code).to.equal(1)
      expect(printed).to.include('TypeError: XaiStrategy: ').and.include(cause).and.include(cure)
    })

  for (const [mistake, where, cause, cure] of atSignIn)
    it(`${mistake}: the ${where} names cause and cure`, async () => {
      const sight = await signIn(mistake)
      expect(sight[where]).to.include(cause).and.include(cure)
      if (where === 'console') expect(sight.console).to.include('passport-xai#sign-in-failed')
    })

  it('without a mistake, the same application signs in and the console stays empty', async () => {
    expect(await signIn('none')).to.deep.include({ console: '' })
  })
})

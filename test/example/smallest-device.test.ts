import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import express, { type Express } from 'express'
import { Passport, type PassportStatic } from 'passport'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { connectGrok } from '../../examples/device/account.js'
import { buildSession } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'
import { root } from '../support/command.js'
import { readCodeBlocks } from '../support/document.js'

const program = require.resolve('../../examples/device/main.js')
const json = { headers: { accept: 'application/json' } }

describe('The smallest device example', () => {
  it('signs a person in at its own emulator', async function () {
    this.timeout(20_000)
    const child = spawn(process.execPath, [program], { env: { PATH: `${process.env.PATH}`, PORT: '0' } })
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const [url = '', issuer = ''] = `${line}`.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
      const browser = new CookieClient()
      expect((await browser.get(url)).body).to.equal('<a href="/connect/xai">Sign in with xAI</a>')
      const begun = JSON.parse((await browser.get(`${url}/connect/xai`, json)).body)
      expect(begun.verification_uri_complete).to.match(new RegExp(`^${issuer}/`))
      await new CookieClient().signIn(begun.verification_uri_complete, 'personal')
      // The interval is that of xAI.
      await setTimeout(begun.interval * 1000 + 50)
      await browser.open(`${url}/connect/xai`)
      expect((await browser.get(url)).body).to.equal('Hello Personal Account')
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
})

describe('The device example that connects Grok to an account', () => {
  let emulator: Emulator
  let origin: string
  let close: () => void

  const buildApplication = (): Express => {
    const passport = new Passport() as PassportStatic
    passport.serializeUser((user, done) => done(null, user))
    passport.deserializeUser((user: Express.User, done) => done(null, user))
    const app = express()
    app.use(buildSession(), passport.session())
    app.get('/sign-in-as/:id', (req, res) =>
      req.login({ id: `${req.params.id}` } as Express.User, () => void res.end()),
    )
    app.get('/me', (req, res) => void res.json(req.user ?? null))
    const { issuer, publicClient } = emulator
    const options = { issuer, clientID: publicClient.clientID }
    app.all('/connect/xai', connectGrok(passport, options))
    return app
  }

  before(async () => {
    emulator = await startEmulator()
    const server = createServer(buildApplication()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    close = () => server.close()
  })
  after(async () => {
    close()
    await emulator.close()
  })
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.now() }))
  afterEach(() => mock.timers.reset())

  it('is the code in docs/device.md', () => {
    const file = readFileSync(join(root, 'examples/device/account.ts'), 'utf8')
    expect(readCodeBlocks('docs/device.md')).to.include(file)
  })

  it('keeps the tokens under the account, which stays signed in', async () => {
    const browser = new CookieClient()
    await browser.get(`${origin}/sign-in-as/ada`)
    const { user_code } = JSON.parse((await browser.get(`${origin}/connect/xai`, json)).body)
    await emulator.decide(user_code, { as: 'personal' })
    mock.timers.tick(5000)
    const connected = await browser.get(`${origin}/connect/xai?shown=${user_code}`, json)
    expect(connected).to.nested.include({ status: 302, 'headers.location': '/settings' })
    expect((await browser.get(`${origin}/me`)).body).to.equal('{"id":"ada"}')
  })

  it('leads back to the settings when the person declines', async () => {
    const browser = new CookieClient()
    await browser.get(`${origin}/sign-in-as/ada`)
    const { user_code } = JSON.parse((await browser.get(`${origin}/connect/xai`, json)).body)
    await emulator.decide(user_code, { deny: true })
    mock.timers.tick(5000)
    const refused = await browser.get(`${origin}/connect/xai?shown=${user_code}`, json)
    expect(refused).to.nested.include({ status: 302, 'headers.location': '/settings' })
  })

  it('begins nothing for somebody who is not signed in', async () => {
    emulator.clearRequests()
    const response = await new CookieClient().get(`${origin}/connect/xai`, json)
    expect(response).to.nested.include({ status: 302, 'headers.location': '/sign-in' })
    expect(emulator.requests).to.be.empty
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { type Example, startExample } from '../../examples/express/server.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { Visitor } from './visitor.js'

const json = { headers: { accept: 'application/json' } }

describe('The Express example, signing in with a code', () => {
  let emulator: Emulator
  let example: Example
  let visitor: Visitor
  const log: string[] = []

  before(async () => {
    emulator = await startEmulator({ deviceFlow: { interval: 1 } })
    const { issuer, publicClient } = emulator
    example = await startExample({ port: 0, issuer, ...publicClient, log: (entry) => log.push(entry) })
  })
  after(() => Promise.all([example?.close(), emulator?.close()]))
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    emulator.clearRequests()
    log.length = 0
    visitor = new Visitor(example.url)
  })
  afterEach(() => mock.timers.reset())

  const connect = (query = '', options = {}): Promise<ClientResponse> =>
    visitor.get(`${example.url}/connect/xai${query}`, options)
  const codeOn = ({ body }: ClientResponse): string =>
    (/<code id="code">(.*?)<\/code>/.exec(body)?.[1] ?? '').replaceAll(/<\/?span>/g, '')
  const tokenRequests = () => emulator.requests.filter(({ path }) => path === '/oauth2/token')

  it('offers it on the start page, and shows a code under the name of the application', async () => {
    const start = await visitor.open(example.url)
    expect(start.body).to.include('<a class="button" href="/connect/xai">Use a code instead</a>')
    const page = await connect()
    expect(page.status).to.equal(200)
    expect(codeOn(page)).to.match(/^\w{4}-\w{4}$/)
    expect(page.body).to.include('<strong>Express Example</strong> asks to sign you in')
  })

  it('leads to the profile once the code is confirmed, without a code or token in the browser', async () => {
    const code = codeOn(await connect())
    await emulator.decide(code, { as: 'personal' })
    mock.timers.tick(1000)
    const ended = await connect(`?shown=${code}`, json)
    expect(ended).to.include({ status: 302 }).and.nested.include({ 'headers.location': '/profile' })
    expect((await visitor.profile()).body).to.include('<h1>Personal Account</h1>')
    const deviceCode = `${tokenRequests()[0]?.parameters?.device_code}`
    expect(deviceCode).to.have.length.above(20)
    expect(visitor.jar.headerFor(new URL(example.url))).not.to.include(deviceCode)
    expect(log).to.be.empty
  })

  it('sends on whoever is signed in already, and begins nothing', async () => {
    await visitor.signInAs('personal')
    emulator.clearRequests()
    expect(await connect()).to.nested.include({ status: 302, 'headers.location': '/profile' })
    expect(emulator.requests).to.be.empty
  })

  it('says why to the page that waits, in words for the person', async () => {
    const code = codeOn(await connect())
    await emulator.decide(code, { deny: true })
    mock.timers.tick(1000)
    const refused = await connect(`?shown=${code}`, json)
    expect(refused.status).to.equal(403)
    expect(JSON.parse(refused.body)).to.deep.equal({
      code: 'access_denied',
      message:
        'You declined at xAI. Nothing is broken. To use this application, sign in again and allow what it asks for.',
    })
    expect(await visitor.profile()).to.include({ url: `${example.url}/` })
    expect(log).to.have.lengthOf(1)
  })

  it('offers a new code on the problem page, to a browser without JavaScript', async () => {
    await connect()
    mock.timers.tick(15 * 60_000)
    const page = await connect()
    expect(page.status).to.equal(403)
    expect(page.body)
      .to.include('<h1>The code has expired</h1>')
      .and.include('<a class="button primary" href="/connect/xai">')
    expect(tokenRequests()).to.be.empty
  })

  it('says that xAI has it switched off', async () => {
    emulator.misbehaveOnce({ path: '/oauth2/device/code', status: 404, body: '{}' })
    const page = await connect()
    expect(page.status).to.equal(404)
    expect(page.body).to.include('<h1>xAI gave no code to sign in with</h1>').and.include('switched off')
  })
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { mock } from 'node:test'
import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { MemoryStore } from '../../lib/emulator/state.js'
import { CookieClient } from '../support/browserless-client.js'
import { RelyingParty, useEmulator } from './relying-party.js'

describe('a request to the emulator', () => {
  const given = useEmulator()

  it('may go away before its body is complete: nothing is recorded or printed, and others are served', async () => {
    const print = mock.method(console, 'error', () => undefined)
    const socket = connect(Number(new URL(given.emulator.issuer).port), '127.0.0.1')
    socket.write('POST /oauth2/token HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf', () =>
      socket.destroy(),
    )
    await once(socket, 'close')
    await given.application.browser.get(`${given.emulator.issuer}/.well-known/jwks.json`)
    expect(given.emulator.requests.map(({ path }) => path)).to.deep.equal(['/.well-known/jwks.json'])
    print.mock.restore()
    expect(print.mock.callCount()).to.equal(0)
  })

  it('is remembered with the last 999 others', async () => {
    const socket = connect(Number(new URL(given.emulator.issuer).port), '127.0.0.1')
    const get = (path: string, connection: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: ${connection}\r\n\r\n`
    const paths = Array.from({ length: 1001 }, (_, index) => `/${index}`)
    socket.write(paths.map((path) => get(path, path === '/1000' ? 'close' : 'keep-alive')).join(''))
    await socket.toArray()
    expect(given.emulator.requests.map(({ path }) => path)).to.deep.equal(paths.slice(1))
  })

  it('may come in chunks, and is recorded with the headers that came', async () => {
    const socket = connect(Number(new URL(given.emulator.issuer).port), '127.0.0.1')
    const head =
      'POST /oauth2/token HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n'
    const type = 'Content-Type: application/x-www-form-urlencoded\r\n\r\n'
    socket.write(`${head}${type}a\r\nclient_id=\r\n8\r\nstranger\r\n0\r\n\r\n`)
    const response = Buffer.concat(await socket.toArray()).toString()
    expect(response).to.contain('HTTP/1.1 400').and.contain('Unknown or disabled client')
    const [request] = given.emulator.requests
    expect(request?.headers).to.include({ host: 'h', 'transfer-encoding': 'chunked' })
    expect(request?.headers).not.to.have.property('content-length')
    expect(request?.parameters).to.deep.equal({ client_id: 'stranger' })
  })

  it('leads nowhere but to the issuer, whatever its Host header says', async () => {
    const headers = { host: 'attacker.example' }
    const discovery = await given.application.browser.get(
      `${given.emulator.issuer}/.well-known/openid-configuration`,
      {
        headers,
      },
    )
    const pages = await given.application.browser.get(given.application.authorizationURL(), { headers })
    expect(discovery.body).not.to.contain('attacker')
    expect(pages.headers.location).to.match(/^\/sign-in\//)
  })

  it('gets no CORS headers, wherever it comes from', async () => {
    const headers = { origin: 'https://spa.example' }
    const { json } = await given.application.tokens()
    const authorization = `Bearer ${json.access_token}`
    const url = `${given.emulator.issuer}/oauth2/userinfo`
    const userinfo = await given.application.browser.get(url, { headers: { ...headers, authorization } })
    expect(userinfo.status).to.equal(200)
    const keys = await given.application.browser.get(`${given.emulator.issuer}/.well-known/jwks.json`, {
      headers,
    })
    for (const response of [userinfo, keys])
      expect(Object.keys(response.headers).filter((name) => /^access-control|^vary$/.test(name))).to.be.empty
  })

  it('does not reach what xAI does not have', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/OAuth2/Token',
      '/oauth2/userinfo/',
      '/request',
      '/session/end',
      '/session/end/confirm',
      '/token/introspection',
      '/reg',
      '/toString',
    ])
      for (const method of ['GET', 'POST'])
        expect(
          (await given.application.browser.send(`${given.emulator.issuer}${path}`, { method })).status,
          path,
        ).to.equal(404)
    const preflight = await given.application.browser.send(`${given.emulator.issuer}/oauth2/token`, {
      method: 'OPTIONS',
    })
    expect(preflight.status).to.equal(405)
  })

  describe('that meets a defect', () => {
    const { buildAdapter } = MemoryStore.prototype
    const defect = (): Promise<never> => Promise.reject(new Error('the store is broken'))
    let warnings: Error[]
    const note = (warning: Error): void => void warnings.push(warning)
    before(() => {
      MemoryStore.prototype.buildAdapter = function (kind) {
        return { ...buildAdapter.call(this, kind), find: defect, findByUserCode: defect }
      }
    })
    after(() => {
      MemoryStore.prototype.buildAdapter = buildAdapter
    })
    const printers = process.listeners('warning')
    beforeEach(() => {
      warnings = []
      process.removeAllListeners('warning').on('warning', note)
    })
    afterEach(() => {
      process.off('warning', note)
      for (const printer of printers) process.on('warning', printer)
    })

    const requests: ReadonlyArray<
      readonly [what: string, send: (broken: Emulator) => Promise<{ status: number; body: string }>]
    > = [
      ['the token endpoint', (broken) => new RelyingParty(broken).refresh('OR-any')],
      [
        'userinfo',
        (broken) =>
          new CookieClient().get(`${broken.issuer}/oauth2/userinfo`, {
            headers: { authorization: 'Bearer a' },
          }),
      ],
      ['the revocation endpoint', (broken) => new RelyingParty(broken).revoke('any')],
      [
        'the authorization endpoint',
        (broken) =>
          new CookieClient().get(`${new RelyingParty(broken).authorizationURL()}`, {
            headers: { cookie: 'xai_emulator_session=any' },
          }),
      ],
      [
        'the page of a device',
        (broken) => new CookieClient().get(`${broken.issuer}/oauth2/device?user_code=BCDF-GHJK`),
      ],
    ]
    for (const [what, send] of requests)
      it(`says so at ${what}, and on the console`, async () => {
        const broken = await startEmulator()
        const { status, body } = await send(broken)
        await broken.close()
        expect(status).to.equal(500)
        expect(body).to.contain('server_error').and.contain('Error: the store is broken')
        expect(broken.requests).to.have.lengthOf(1).with.nested.property('0.status', 500)
        await new Promise(setImmediate)
        expect(warnings.map(({ message }) => message)).to.deep.equal(['the store is broken'])
      })
  })
})

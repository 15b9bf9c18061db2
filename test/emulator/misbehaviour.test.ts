import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import { expect } from 'chai'
import type { Misbehaviour } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { useEmulator } from './relying-party.js'

const failure = (promise: Promise<unknown>): Promise<{ code?: string }> =>
  promise.then(
    () => ({}),
    (error: { code?: string }) => error,
  )

describe('misbehaveOnce', () => {
  const browser = new CookieClient()
  const path = '/.well-known/jwks.json'
  const given = useEmulator()
  const url = (): string => `${given.emulator.issuer}${path}`

  it('responds with another status, headers and body, once', async () => {
    const headers = { 'content-type': 'text/html', 'retry-after': '7' }
    given.emulator.misbehaveOnce({ path, status: 503, headers, body: '<h1>Just a moment</h1>' })
    const response = await browser.get(url())
    expect(response).to.include({ status: 503, body: '<h1>Just a moment</h1>' })
    expect(response.headers).to.include(headers)
    expect(given.emulator.requests.map(({ status }) => status)).to.deep.equal([503])
    expect((await browser.get(url())).status).to.equal(200)
  })

  it('sends bytes as they are', async () => {
    given.emulator.misbehaveOnce({ path, body: Buffer.from([0x7b, 0xff, 0x7d]) })
    const [response] = (await once(get(url(), { agent: false }), 'response')) as [IncomingMessage]
    expect(response.statusCode).to.equal(200)
    expect(Buffer.concat(await response.toArray())).to.deep.equal(Buffer.from([0x7b, 0xff, 0x7d]))
  })

  it('adds headers to the ordinary response', async () => {
    given.emulator.misbehaveOnce({ path, headers: { 'x-added': 'yes' } })
    const { status, headers, body } = await browser.get(url())
    expect({ status, added: headers['x-added'] }).to.deep.equal({ status: 200, added: 'yes' })
    expect(JSON.parse(body).keys).to.have.lengthOf(2)
  })

  it('waits before the ordinary response', async () => {
    given.emulator.misbehaveOnce({ path, delay: 30 })
    const begun = performance.now()
    expect((await browser.get(url())).status).to.equal(200)
    expect(performance.now() - begun).to.be.at.least(29)
  })

  it('never responds, and stops waiting when the client goes away', async () => {
    given.emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY })
    const request = get(url(), { agent: false })
    const failed = once(request, 'error')
    while (given.emulator.requests.length === 0) await new Promise(setImmediate)
    request.destroy(new Error('gone'))
    await failed
    expect(given.emulator.requests[0]).not.to.have.property('status')
    expect((await browser.get(url())).status).to.equal(200)
  })

  it('cuts the connection before the headers', async () => {
    given.emulator.misbehaveOnce({ path, cut: 'before-headers' })
    expect(await failure(browser.get(url()))).to.include({ code: 'ECONNRESET' })
    expect(given.emulator.requests[0]).not.to.have.property('status')
  })

  it('cuts the ordinary response in the body', async () => {
    given.emulator.misbehaveOnce({ path, cut: 'in-body' })
    const [response] = (await once(get(url(), { agent: false }), 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [error] = (await once(response, 'error')) as [{ code?: string }]
    expect(error).to.include({ code: 'ECONNRESET' })
    expect(Buffer.concat(chunks).toString()).to.match(/^{"keys":\[/)
    expect(Number(response.headers['content-length'])).to.be.above(Buffer.concat(chunks).length)
  })

  const endless: ReadonlyArray<readonly [what: string, misbehaviour: Partial<Misbehaviour>, start: RegExp]> =
    [
      ['its own body', { body: '[1,' }, /^\[1,\[1,/],
      ['spaces', {}, /^ {1024}/],
    ]
  for (const [what, misbehaviour, start] of endless)
    it(`sends ${what} without an end, until the client goes away`, async () => {
      given.emulator.misbehaveOnce({ path, endless: true, ...misbehaviour })
      const request = get(url(), { agent: false })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      let received = ''
      for await (const chunk of response) {
        received += chunk
        if (received.length > 2 * 1024 * 1024) break
      }
      expect(received).to.match(start)
      expect((await browser.get(url())).status).to.equal(200)
    })

  it('carries nothing out when the response is another', async () => {
    const callback = await given.application.signIn()
    given.emulator.misbehaveOnce({ path: '/oauth2/token', status: 500, body: '' })
    given.emulator.misbehaveOnce({ path: '/oauth2/token', cut: 'before-headers' })
    expect((await given.application.exchange(callback)).status).to.equal(500)
    expect(await failure(given.application.exchange(callback))).to.include({ code: 'ECONNRESET' })
    expect((await given.application.exchange(callback)).status).to.equal(200)
  })

  const lost: ReadonlyArray<readonly [what: string, misbehaviour: Partial<Misbehaviour>]> = [
    ['is cut off before the headers', { cut: 'before-headers', carriedOut: true }],
    ['is cut off in the body', { cut: 'in-body' }],
    ['is replaced', { status: 502, body: 'not JSON', carriedOut: true }],
  ]
  for (const [what, misbehaviour] of lost)
    it(`spends a refresh token whose response ${what}`, async () => {
      const { json } = await given.application.tokens()
      given.emulator.misbehaveOnce({ path: '/oauth2/token', ...misbehaviour })
      await failure(given.application.refresh(`${json.refresh_token}`))
      const again = await given.application.refresh(`${json.refresh_token}`)
      expect(again.status).to.equal(400)
      expect(again.json).to.include({ error_description: 'Refresh token has been revoked' })
    })

  const wrong: ReadonlyArray<readonly [what: string, misbehaviour: unknown, message: string]> = [
    ['no path', {}, 'path must be the path of an endpoint'],
    [
      'a path without a slash',
      { path: 'oauth2/token' },
      'nothing at the path oauth2/token; write /oauth2/token',
    ],
    ['the end of a path', { path: '/userinfo' }, 'nothing at the path /userinfo; write /oauth2/userinfo'],
    [
      'a path that nothing is at',
      { path: '/elsewhere' },
      'the paths are /.well-known/openid-configuration, ',
    ],
    ['a status that is not one', { path, status: 99 }, 'status must be an HTTP status from 200 to 599'],
    ['headers that are a string', { path, headers: 'a: b' }, 'headers must be an object of headers'],
    ['a body that is an object', { path, body: {} }, 'body must be a string or a Buffer'],
    ['a negative delay', { path, delay: -1 }, 'delay must be a number of milliseconds'],
    ['an unknown cut', { path, cut: 'somewhere' }, "cut must be 'before-headers' or 'in-body'"],
    ['endless as a string', { path, endless: 'yes' }, 'endless must be true or false'],
    ['carriedOut as a number', { path, carriedOut: 1 }, 'carriedOut must be true or false'],
    ['an unknown order', { path, statuss: 500 }, 'there is no option statuss; write status'],
    ['nothing', undefined, 'options must be an object with path, status, headers'],
  ]
  for (const [what, misbehaviour, message] of wrong)
    it(`refuses ${what}`, async () => {
      expect(() => given.emulator.misbehaveOnce(misbehaviour as Misbehaviour))
        .to.throw(TypeError, /^misbehaveOnce: /)
        .with.property('message')
        .that.contains(message)
      expect((await browser.get(url())).status).to.equal(200)
    })
})

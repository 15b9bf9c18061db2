import { mock } from 'node:test'
import { expect } from 'chai'

import timers = require('node:timers/promises')

import { CookieClient } from '../support/browserless-client.js'
import { DeviceApplication, type DeviceStoreName } from '../support/device-application.js'
import { DeviceServer, disconnect, json, type Respond, refusal, text } from '../support/device-server.js'

const stores: readonly DeviceStoreName[] = ['session', 'cookie']

for (const store of stores)
  describe(`a device sign-in that is kept in a ${store}`, () => {
    let xai: DeviceServer
    let app: DeviceApplication
    let browser: CookieClient

    before(async () => {
      xai = await DeviceServer.start()
      app = await DeviceApplication.start({ issuer: xai.issuer, store })
    })
    after(async () => {
      await app.close()
      await xai.close()
    })
    beforeEach(() => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      xai.reset()
      app.errors.length = 0
      browser = new CookieClient()
    })
    afterEach(() => mock.reset())

    /** Lets seconds pass, and asks. */
    const askAfter = (seconds: number, query = ''): ReturnType<DeviceApplication['ask']> => {
      mock.timers.tick(seconds * 1000)
      return app.ask(browser, query)
    }

    it('begins with one request to xAI, and shows what the person needs', async () => {
      expect(await app.ask(browser)).to.deep.equal({
        http: 200,
        status: 'pending',
        user_code: xai.userCode(0),
        verification_uri: `${xai.issuer}/device`,
        verification_uri_complete: `${xai.issuer}/device?user_code=${xai.userCode(0)}`,
        expires_in: 900,
        interval: 5,
      })
      expect(xai.beginnings.map(({ form }) => Object.fromEntries(form))).to.deep.equal([
        { client_id: 'app', scope: 'openid profile email' },
      ])
      expect(xai.questions).to.be.empty
    })

    it('does not ask before one interval has passed, however often the browser does', async () => {
      await app.ask(browser)
      mock.timers.tick(4999)
      for (let n = 0; n < 5; n += 1) {
        expect(await app.ask(browser)).to.include({
          status: 'pending',
          user_code: xai.userCode(0),
          expires_in: 896,
        })
      }
      expect(xai.questions).to.be.empty
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    it('asks once when the interval is over, with the form of RFC 8628, and waits for the next one', async () => {
      await app.ask(browser)
      expect(await askAfter(5)).to.include({ status: 'pending', expires_in: 895, interval: 5 })
      expect(await askAfter(4.9)).to.include({ status: 'pending' })
      expect(xai.questions.map(({ form }) => Object.fromEntries(form))).to.deep.equal([
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: xai.deviceCodes[0],
          client_id: 'app',
        },
      ])
      await askAfter(0.1)
      expect(xai.questions).to.have.lengthOf(2)
    })

    it('signs the person in when xAI gives tokens, once', async () => {
      await app.ask(browser)
      xai.token = xai.approve('ada')
      expect(await askAfter(5)).to.deep.equal({
        http: 200,
        outcome: 'success',
        user: { id: 'ada' },
        info: {},
      })
      // The next visit begins anew: this device code has been spent.
      expect(await askAfter(5)).to.include({ status: 'pending', user_code: xai.userCode(1) })
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('tells a second tab after the success that the code has ended, and begins nothing for it', async () => {
      await app.ask(browser)
      xai.token = xai.approve()
      await askAfter(5)
      expect(await askAfter(5, `?shown=${xai.userCode(0)}`)).to.deep.equal({ http: 200, status: 'ended' })
      expect(xai.beginnings).to.have.lengthOf(1)
      expect(xai.questions).to.have.lengthOf(1)
    })

    for (const word of ['access_denied', 'authorization_denied'])
      it(`fails with 403 at ${word}, and begins anew with the next request`, async () => {
        await app.ask(browser)
        xai.token = refusal(word)
        const ending = await askAfter(5, `?shown=${xai.userCode(0)}`)
        expect(ending).to.include({ http: 403, outcome: 'fail' })
        expect(ending.info).to.deep.equal({ code: 'access_denied', message: 'Access was denied at xAI.' })
        expect(await app.ask(browser, `?shown=${xai.userCode(0)}`)).to.deep.equal({
          http: 200,
          status: 'ended',
        })
        expect(await app.ask(browser)).to.include({ status: 'pending', user_code: xai.userCode(1) })
        expect(xai.questions).to.have.lengthOf(1)
      })

    it('fails with 403 at expired_token, and begins anew with the next request', async () => {
      await app.ask(browser)
      xai.token = refusal('expired_token')
      const ending = await askAfter(5)
      expect(ending).to.include({ http: 403, outcome: 'fail' })
      expect(ending.info).to.include({ code: 'xai_device_expired' })
      expect(await app.ask(browser)).to.include({ user_code: xai.userCode(1) })
    })

    it('fails with 403 when its time is over, without asking, and begins anew with the next request', async () => {
      xai.issue = { expires_in: 60 }
      await app.ask(browser)
      const ending = await askAfter(60, `?shown=${xai.userCode(0)}`)
      expect(ending).to.include({ http: 403, outcome: 'fail' })
      expect(ending.info).to.include({ code: 'xai_device_expired' })
      expect(xai.questions).to.be.empty
      expect(await app.ask(browser)).to.include({ user_code: xai.userCode(1) })
    })

    it('is long over when somebody comes back an hour after its end, and a new one begins', async () => {
      await app.ask(browser)
      expect(await askAfter(900 + 3600)).to.include({ status: 'pending', user_code: xai.userCode(1) })
      expect(xai.questions).to.be.empty
    })

    it('waits 5 seconds longer after each slow_down, for good', async () => {
      await app.ask(browser)
      xai.token = refusal('slow_down')
      expect(await askAfter(5)).to.include({ status: 'pending', interval: 10 })
      await askAfter(9.9)
      expect(xai.questions).to.have.lengthOf(1)
      expect(await askAfter(0.1)).to.include({ interval: 15 })
      xai.token = refusal('authorization_pending')
      expect(await askAfter(15)).to.include({ interval: 15 })
      await askAfter(14.9)
      expect(xai.questions).to.have.lengthOf(3)
      await askAfter(0.1)
      expect(xai.questions).to.have.lengthOf(4)
    })

    const troubles: ReadonlyArray<readonly [what: string, respond: Respond]> = [
      ['a 500', json(500, {})],
      ['a 503 with the word of a verdict', refusal('access_denied', 503)],
      ['a 429', json(429, {}, { 'retry-after': '1' })],
      ['a 403 of Cloudflare', text(403, '<title>Just a moment</title>', { 'cf-mitigated': 'challenge' })],
      ['an HTML page with 403', text(403, '<h1>Attention Required!</h1>')],
      ['a connection that ends', disconnect],
      [
        'half a response',
        (res) => void res.writeHead(200, { 'content-length': '99' }).write('{', () => res.destroy()),
      ],
    ]
    for (const [what, respond] of troubles)
      it(`waits on through ${what}, with pauses that double up to a minute, and recovers`, async () => {
        await app.ask(browser)
        xai.token = respond
        mock.timers.tick(5000)
        for (const pause of [10, 20, 40, 60, 60]) {
          expect(await app.ask(browser)).to.include({
            http: 200,
            status: 'pending',
            user_code: xai.userCode(0),
            interval: 5,
          })
          const asked = xai.questions.length
          await askAfter(pause - 0.1)
          expect(xai.questions).to.have.lengthOf(asked)
          mock.timers.tick(100)
        }
        xai.token = refusal('authorization_pending')
        await app.ask(browser)
        xai.token = xai.approve()
        expect(await askAfter(5)).to.include({ outcome: 'success' })
        expect(xai.beginnings).to.have.lengthOf(1)
      })

    const refusals: ReadonlyArray<readonly [what: string, respond: Respond, http: number, code: string]> = [
      ['invalid_client', refusal('invalid_client', 401), 401, 'xai_token_exchange_failed'],
      ['invalid_grant', refusal('invalid_grant'), 400, 'xai_token_exchange_failed'],
      ['a word that nobody knows', refusal('who_knows'), 400, 'xai_token_exchange_failed'],
      ['a refusal without words', text(400, ''), 400, 'xai_token_exchange_failed'],
      ['a 403 for the tier', refusal('access_denied', 403), 403, 'xai_oauth_tier_denied'],
      ['a 403 for the client', refusal('unauthorized_client', 403), 403, 'xai_token_exchange_failed'],
      ['a redirect', json(302, {}, { location: '/elsewhere' }), 502, 'xai_token_exchange_failed'],
      ['a 200 without tokens', json(200, {}), 502, 'xai_token_exchange_invalid'],
      ['null', json(200, null), 502, 'xai_token_exchange_invalid'],
      [
        'a 200 with the word of a refusal',
        json(200, { error: 'authorization_pending' }),
        502,
        'xai_token_exchange_invalid',
      ],
      ['an endless response', (res) => void endlessly(res), 502, 'xai_token_exchange_invalid'],
    ]
    for (const [what, respond, http, code] of refusals)
      it(`ends with ${code} at ${what}, and begins anew with the next request`, async () => {
        await app.ask(browser)
        xai.token = respond
        // At invalid_grant, the store is looked at for 3 seconds: another process may have spent the code.
        mock.method(timers, 'setTimeout', async () => undefined)
        const ending = await askAfter(5)
        expect(ending).to.include({ http, outcome: 'error' })
        expect(ending.error).to.include({ code, name: 'XaiOAuthError' })
        xai.token = refusal('authorization_pending')
        expect(await app.ask(browser)).to.include({ status: 'pending', user_code: xai.userCode(1) })
        expect(xai.questions).to.have.lengthOf(1)
      })

    it('forgets the pending one and begins anew at ?restart by POST', async () => {
      await app.ask(browser)
      expect(await app.post(browser, '?restart')).to.include({
        status: 'pending',
        user_code: xai.userCode(1),
      })
      expect(await app.ask(browser, `?shown=${xai.userCode(0)}`)).to.deep.equal({
        http: 200,
        status: 'ended',
      })
      await askAfter(5)
      expect(xai.questions.map(({ form }) => form.get('device_code'))).to.deep.equal([xai.deviceCodes[1]])
    })

    it('begins at ?restart by POST when none is pending', async () => {
      expect(await app.post(browser, '?restart')).to.include({
        status: 'pending',
        user_code: xai.userCode(0),
      })
    })

    it('does not begin anew at ?restart by GET, which a link or a reload would send', async () => {
      await app.ask(browser)
      expect(await app.ask(browser, '?restart')).to.include({ user_code: xai.userCode(0) })
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    it('goes on by POST as by GET', async () => {
      expect(await app.post(browser, '')).to.include({ user_code: xai.userCode(0) })
      expect(await app.post(browser, '')).to.include({ user_code: xai.userCode(0) })
    })

    it('gives each of two browsers that begin at once a code of its own', async () => {
      const endings = await Promise.all([app.ask(browser), app.ask(new CookieClient())])
      const codes = endings.map(({ user_code }) => user_code)
      expect(codes).to.have.members([xai.userCode(0), xai.userCode(1)])
    })

    it('hides the device code that a refusal shows, however short', async () => {
      xai.issue = { device_code: 'Code-1' }
      await app.ask(browser)
      xai.token = text(400, 'no Code-1 here')
      expect((await askAfter(5)).error?.message).to.include('no [redacted] here')
    })

    it('stays pending when a question fails by a mistake, which is the error', async () => {
      await app.ask(browser)
      const { _oauth2: client } = app.strategy as unknown as { _oauth2: Record<string, unknown> }
      const mistake = new TypeError('of a subclass')
      client.postForm = () => Promise.reject(mistake)
      await askAfter(5)
      delete client.postForm
      expect(app.errors).to.deep.equal([mistake])
      expect(await app.ask(browser)).to.include({ status: 'pending', user_code: xai.userCode(0) })
    })

    it('begins nothing for a tab that shows a code which nobody knows', async () => {
      expect(await app.ask(browser, '?shown=OLD0-0000')).to.deep.equal({ http: 200, status: 'ended' })
      expect(await app.ask(browser, '?shown=')).to.deep.equal({ http: 200, status: 'ended' })
      expect(xai.beginnings).to.be.empty
    })

    const lookers: ReadonlyArray<readonly [what: string, method: string, headers: Record<string, string>]> = [
      ['a HEAD request', 'HEAD', {}],
      ['a prefetch', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
      ['an image', 'GET', { 'sec-fetch-dest': 'image' }],
      ['a script of another site', 'GET', { 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'cross-site' }],
      ['an OPTIONS request', 'OPTIONS', {}],
    ]
    for (const [what, method, headers] of lookers)
      it(`neither begins nor asks for ${what}`, async () => {
        expect((await browser.send(app.at(), { method, headers })).status).to.equal(400)
        expect(xai.beginnings).to.be.empty
        await app.ask(browser)
        xai.token = xai.approve()
        mock.timers.tick(5000)
        expect((await browser.send(app.at(), { method, headers })).status).to.equal(400)
        expect(xai.questions).to.be.empty
      })

    const closed: ReadonlyArray<readonly [what: string, respond: Respond, http: number, message: RegExp]> = [
      ['refuses the client', json(400, { error: 'invalid_client' }), 400, /HTTP 400.*invalid_client/],
      ['has the grant switched off', json(404, {}), 404, /has the device authorization grant switched off/],
      ['is overloaded', json(503, {}), 503, /HTTP 503/],
      ['cannot be reached', disconnect, 502, /xAI device authorization failed/],
      ['redirects', json(307, {}, { location: '/elsewhere' }), 502, /HTTP 307/],
    ]
    for (const [what, respond, http, message] of closed)
      it(`is an error when the device endpoint ${what}, and the next request begins anew`, async () => {
        xai.authorization = respond
        const ending = await app.ask(browser)
        expect(ending).to.include({ http, outcome: 'error' })
        expect(ending.error).to.include({ code: 'xai_device_authorization_failed' })
        expect(ending.error?.message).to.match(message)
        expect(xai.questions).to.be.empty
        xai.authorization = undefined
        expect(await app.ask(browser)).to.include({ status: 'pending' })
      })

    it('asks xAI once for requests that come while the question is under way', async () => {
      await app.ask(browser)
      const held: Array<() => void> = []
      xai.token = (res, form) => void held.push(() => xai.approve()(res, form))
      mock.timers.tick(5000)
      const asker = app.ask(browser)
      while (held.length === 0) await new Promise(setImmediate)
      // Longer than the interval and the code's lifetime: whoever comes meanwhile waits on.
      expect(await askAfter(10)).to.include({ status: 'pending' })
      expect(await askAfter(900)).to.include({ status: 'pending', expires_in: 0 })
      mock.timers.reset()
      held[0]?.()
      expect(await asker).to.include({ outcome: 'success' })
      expect(xai.questions).to.have.lengthOf(1)
    })

    it('asks xAI once for ten requests that come at once', async () => {
      await app.ask(browser)
      xai.token = xai.approve()
      mock.timers.tick(5000)
      const endings = await Promise.all(
        Array.from({ length: 10 }, () => app.ask(browser, `?shown=${xai.userCode(0)}`)),
      )
      expect(endings.filter(({ outcome }) => outcome === 'success')).to.have.lengthOf(1)
      expect(endings.filter(({ status }) => status === 'pending' || status === 'ended')).to.have.lengthOf(9)
      expect(xai.questions).to.have.lengthOf(1)
      expect(xai.beginnings).to.have.lengthOf(1)
    })

    it('does not let a question that comes late bring back a sign-in that was begun anew', async () => {
      await app.ask(browser)
      const held: Array<() => void> = []
      xai.token = (res, form) => void held.push(() => refusal('slow_down')(res, form))
      mock.timers.tick(5000)
      const late = app.ask(browser, `?shown=${xai.userCode(0)}`)
      while (held.length === 0) await new Promise(setImmediate)
      await app.post(browser, '?restart')
      held[0]?.()
      expect(await late).to.deep.equal({ http: 200, status: 'ended' })
      expect(await app.ask(browser, `?shown=${xai.userCode(1)}`)).to.include({ status: 'pending' })
    })

    it('survives a browser that goes away while the question is under way', async () => {
      await app.ask(browser)
      const held: Array<() => void> = []
      xai.token = (res, form) => void held.push(() => xai.approve()(res, form))
      mock.timers.tick(5000)
      const leaving = new AbortController()
      const gone = browser.get(app.at(), { signal: leaving.signal }).catch((error: Error) => error.name)
      while (held.length === 0) await new Promise(setImmediate)
      leaving.abort()
      expect(await gone).to.equal('AbortError')
      held[0]?.()
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(await app.ask(browser, `?shown=${xai.userCode(0)}`)).to.deep.equal({
        http: 200,
        status: 'ended',
      })
      expect(await app.ask(browser)).to.include({ status: 'pending', user_code: xai.userCode(1) })
      expect(app.errors).to.be.empty
    })

    it('waits on for one interval when the clock is set back, and not for hours', async () => {
      await app.ask(browser)
      mock.timers.reset()
      mock.timers.enable({ apis: ['Date'], now: Date.now() - 7_200_000 })
      expect(await app.ask(browser)).to.include({ status: 'pending' })
      await askAfter(4.9)
      expect(xai.questions).to.be.empty
      xai.token = refusal('authorization_pending')
      await askAfter(0.2)
      expect(xai.questions).to.have.lengthOf(1)
      // What was approved before the clock is right again has a lifetime that begins now.
      mock.timers.reset()
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      xai.token = xai.approve()
      expect(await askAfter(10)).to.include({ outcome: 'success' })
    })

    it('says that the code has expired when the clock is set forward', async () => {
      await app.ask(browser)
      expect((await askAfter(930)).info).to.include({ code: 'xai_device_expired' })
      expect(await app.ask(browser)).to.include({ status: 'pending' })
    })
  })

/** Sends 64 KiB again and again, for as long as somebody reads. */
function endlessly(res: Parameters<Respond>[0]): void {
  res.writeHead(200, { 'content-type': 'application/json' })
  const chunk = Buffer.alloc(65_536, ' ')
  const write = (): void => {
    while (!res.destroyed && res.write(chunk));
  }
  res.on('drain', write)
  write()
}

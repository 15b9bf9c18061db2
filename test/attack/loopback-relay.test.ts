import { mock } from 'node:test'
import { expect } from 'chai'
import type { RequestHandler } from 'express'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { CookieStateStore, SessionStateStore } from '../../lib/index.js'
import { type RelayApplication, startRelayApplication } from '../loopback-relay/relay-application.js'
import {
  deliver,
  obtainCallback,
  preflight,
  RelayBrowser,
  type Waiting,
} from '../loopback-relay/relay-browser.js'
import type { ClientResponse } from '../support/browserless-client.js'

const evil = 'https://evil.example'
const minute = 60_000

const corsHeadersOf = ({ headers }: ClientResponse): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

/** Makes every connection look as if it came over the network. */
const fromTheNetwork: RequestHandler = (req, _res, next) => {
  Object.defineProperty(req.socket, 'remoteAddress', { value: '192.0.2.7', configurable: true })
  next()
}

const stores = [
  ['SessionStateStore', () => new SessionStateStore()],
  [
    'CookieStateStore',
    () => new CookieStateStore({ secret: 'a secret of a test, longer than 32 characters' }),
  ],
] as const

for (const [name, buildStore] of stores) {
  describe(`loopbackRelay under attack, with ${name}`, () => {
    let emulator: Emulator
    let application: RelayApplication
    let person: RelayBrowser
    before(async () => {
      emulator = await startEmulator({ signInAs: 'personal' })
    })
    after(() => emulator.close())
    beforeEach(() => emulator.clearRequests())
    afterEach(async () => {
      mock.timers.reset()
      await application.close()
    })

    const start = async (before?: RequestHandler): Promise<void> => {
      const { issuer, publicClient } = emulator
      const parts = { issuer, ...publicClient, store: buildStore(), ...(before && { before }) }
      application = await startRelayApplication(parts)
      person = new RelayBrowser(application)
    }
    const expectNobodySignedIn = (): void => {
      expect(application.signedIn).to.be.empty
      expect(emulator.requests.filter(({ path }) => path === '/oauth2/token')).to.be.empty
    }
    const expectNothingKept = async (waiting: Waiting): Promise<void> => {
      expect((await person.poll(waiting)).status).to.equal(204)
    }
    /** A sign-in that waits, and the callback that its consent page would deliver. */
    const beginAndConsent = async (): Promise<[Waiting, string]> => {
      const waiting = await person.begin()
      return [waiting, await obtainCallback(waiting)]
    }

    const foreignOrigins = [
      ['another site', evil],
      ['a sandboxed frame', 'null'],
      ['another host of x.ai', 'https://x.ai'],
      ['another port of this machine', 'http://127.0.0.1:1'],
    ] as const
    for (const [who, origin] of foreignOrigins) {
      it(`refuses a code that ${who} delivers`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        const response = await deliver(callback, origin)
        expect(response.status).to.equal(403)
        expect(corsHeadersOf(response)).to.be.empty
        await expectNothingKept(waiting)
        expectNobodySignedIn()
      })

      it(`refuses the preflight of ${who}`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        const response = await preflight(callback, origin, {
          'access-control-request-private-network': 'true',
        })
        expect(response.status).to.equal(403)
        expect(corsHeadersOf(response)).to.be.empty
        await expectNothingKept(waiting)
        expectNobodySignedIn()
      })
    }

    it('gives nothing to a script of another site, whatever it asks of the relay', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      for (const relay of ['begin', 'wait', 'poll']) {
        const url = new URL(`?${new URLSearchParams({ relay, state: waiting.state })}`, waiting.page.url).href
        const response = await person.client.get(url, { headers: { origin: evil, 'sec-fetch-mode': 'cors' } })
        expect(response.status, relay).to.equal(403)
        expect(response.body).not.to.include('code')
        expect(corsHeadersOf(response)).to.be.empty
      }
      expectNobodySignedIn()
    })

    for (const site of ['cross-site', 'same-site']) {
      it(`lets no image or silent fetch of a ${site} page spend a sign-in, even one that knows its state`, async () => {
        await start()
        const waiting = await person.begin()
        const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }
        const forged = `${application.origin}/callback?code=of-the-attacker&state=${waiting.state}`
        expect((await person.client.get(forged, { headers })).status).to.equal(403)
        await expectNothingKept(waiting)
        expectNobodySignedIn()
      })
    }

    const loads = [
      ['image', 'no-cors'],
      ['empty', 'cors'],
      ['iframe', 'navigate'],
    ] as const
    for (const [destination, mode] of loads) {
      it(`neither begins a sign-in nor shows one for ${destination} of another site`, async () => {
        await start()
        const headers = {
          'sec-fetch-dest': destination,
          'sec-fetch-mode': mode,
          'sec-fetch-site': 'cross-site',
        }
        const waiting = await person.begin()
        for (const url of [application.beginURL, waiting.page.url]) {
          const response = await person.client.get(url, { headers })
          expect(response.status).to.equal(403)
          expect(response.headers).not.to.have.any.keys('location', 'set-cookie')
        }
        expectNobodySignedIn()
      })
    }

    for (const site of ['cross-site', 'same-site', 'none']) {
      it(`shows no delivery to a navigation from ${site}, which our page never makes`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        await deliver(callback, emulator.issuer)
        const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': site }
        const response = await person.poll(waiting, headers)
        expect(response.status).to.equal(403)
        expect(response.body).not.to.include('code=')
        expectNobodySignedIn()
      })
    }

    it('begins no sign-in, and spends none, for a browser that looks ahead', async () => {
      await start()
      const prefetch = { headers: { 'sec-purpose': 'prefetch', 'sec-fetch-dest': 'document' } }
      const begun = await person.client.get(application.beginURL, prefetch)
      expect(begun.status).to.equal(400)
      expect(begun.headers).not.to.have.property('location')
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      const ahead = await person.client.get(waiting.page.url, prefetch)
      const spent = await person.client.get(
        new URL(`${ahead.headers.location}`, waiting.page.url).href,
        prefetch,
      )
      expect(spent.status).to.equal(400)
      expectNobodySignedIn()
      expect((await person.goOn(waiting.page, await person.poll(waiting))).body).to.equal('signed in')
    })

    it('tells nothing to somebody who polls with a guessed state', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      for (const state of ['', 'guessed', waiting.state.slice(0, -1), `${waiting.state}x`]) {
        expect((await person.poll({ ...waiting, state })).status).to.equal(404)
      }
      expectNobodySignedIn()
    })

    const strangers: ReadonlyArray<readonly [who: string, build: () => Promise<RelayBrowser>]> = [
      ['no session', async () => new RelayBrowser(application)],
      [
        'another session',
        async () => {
          const stranger = new RelayBrowser(application)
          await stranger.begin()
          return stranger
        },
      ],
    ]
    for (const [what, buildStranger] of strangers) {
      it(`tells nothing to somebody who knows the state but holds ${what}`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        const stranger = await buildStranger()
        const responses = [await stranger.poll(waiting)]
        await deliver(callback, emulator.issuer)
        responses.push(await stranger.poll(waiting), await stranger.client.get(waiting.page.url))
        for (const { status, body } of responses) {
          expect(status).to.equal(404)
          expect(body).not.to.include(new URL(callback).searchParams.get('code'))
        }
        expectNobodySignedIn()
      })
    }

    it('tells nothing to a page of another port, whose requests carry the same cookies', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      const response = await person.poll(waiting, { 'sec-fetch-site': 'same-site' })
      expect(response.status).to.equal(403)
      expect(response.body).not.to.include('code=')
      expectNobodySignedIn()
    })

    it('keeps nothing of a flood of deliveries that nobody expects, and still takes the expected one', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      for (let count = 0; count < 200; count += 1) {
        const flood = `${application.origin}/callback?code=${count}&state=flood-${count}`
        expect((await deliver(flood, emulator.issuer)).status).to.equal(404)
      }
      expect((await deliver(callback, emulator.issuer)).status).to.equal(204)
      expect((await person.poll(waiting)).status).to.equal(200)
      expectNobodySignedIn()
    })

    it('keeps the first delivery when another one comes for the same sign-in', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      const second = `${application.origin}/callback?code=of-the-attacker&state=${waiting.state}`
      const response = await deliver(second, emulator.issuer)
      expect(response.status).to.equal(409)
      expect(corsHeadersOf(response)).to.be.empty
      expect((await person.poll(waiting)).body).not.to.include('of-the-attacker')
      expectNobodySignedIn()
    })

    it('refuses a delivery after the sign-in was finished', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      await person.goOn(waiting.page, await person.poll(waiting))
      expect(application.signedIn).to.have.lengthOf(1)
      expect((await deliver(callback, emulator.issuer)).status).to.equal(409)
      expect((await person.poll(waiting)).status).to.equal(404)
      expect(application.signedIn).to.have.lengthOf(1)
    })

    it('refuses a delivery when the sign-in has expired', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      await start()
      const [waiting, callback] = await beginAndConsent()
      mock.timers.tick(10 * minute)
      expect((await deliver(callback, emulator.issuer)).status).to.equal(404)
      expect((await person.poll(waiting)).status).to.equal(404)
      expectNobodySignedIn()
    })

    it('forgets a delivery that nobody fetches for 2 minutes', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      mock.timers.tick(2 * minute)
      expect((await person.poll(waiting)).status).to.equal(404)
      expectNobodySignedIn()
    })

    const hosts = [
      ['a name that its owner points at this machine', 'rebound.example:3000'],
      ['a name that begins like loopback', '127.0.0.1.evil.example'],
      ['a host of the network', '192.0.2.1'],
      ['no valid host', ':3000'],
    ] as const
    for (const [what, host] of hosts) {
      it(`refuses a delivery, a poll and a preflight under ${what} (DNS rebinding)`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        const allowed = await preflight(callback, emulator.issuer, { host })
        expect(allowed.status).to.equal(403)
        expect(corsHeadersOf(allowed)).to.be.empty
        const response = await deliver(callback, emulator.issuer, { host })
        expect(response.status).to.equal(403)
        expect(corsHeadersOf(response)).to.be.empty
        await expectNothingKept(waiting)
        await deliver(callback, emulator.issuer)
        const polled = await person.poll(waiting, { host })
        expect(polled.status).to.equal(403)
        expect(polled.body).not.to.include('code=')
        expectNobodySignedIn()
      })
    }

    it('stays out of the way where the host is not loopback: a sign-in redirects at once', async () => {
      await start()
      const headers = { host: 'app.example' }
      const response = await person.client.get(application.beginURL, { headers })
      expect(response.status).to.equal(302)
      expect(`${response.headers.location}`).to.match(new RegExp(`^${emulator.issuer}/oauth2/authorize\\?`))
    })

    it('refuses a delivery from the network, whatever host it names', async () => {
      await start(fromTheNetwork)
      const begun = await person.client.get(application.beginURL)
      const location = `${begun.headers.location}`
      expect(location).to.match(new RegExp(`^${emulator.issuer}/oauth2/authorize\\?`))
      const { searchParams } = new URL(location)
      const callback = `${application.origin}/callback?code=a&state=${searchParams.get('state')}`
      expect((await deliver(callback, emulator.issuer)).status).to.equal(403)
      expect((await preflight(callback, emulator.issuer)).status).to.equal(403)
      expectNobodySignedIn()
    })

    const malformed: ReadonlyArray<readonly [what: string, change: (callback: URL) => void]> = [
      ['a repeated code', ({ searchParams }) => searchParams.append('code', 'b')],
      ['a repeated state', ({ searchParams }) => searchParams.append('state', 'b')],
      ['a nested code', ({ searchParams }) => searchParams.append('code[a]', 'b')],
      ['an empty code', ({ searchParams }) => searchParams.set('code', '')],
      ['a code that is too long', ({ searchParams }) => searchParams.set('code', 'a'.repeat(4097))],
      ['no code', ({ searchParams }) => searchParams.delete('code')],
      ['no state', ({ searchParams }) => searchParams.delete('state')],
      [
        'an iss and nothing else',
        (callback) => {
          callback.search = '?iss=https%3A%2F%2Fauth.x.ai'
        },
      ],
      [
        'an error_description and nothing else',
        (callback) => {
          callback.search = '?error_description=busy'
        },
      ],
      [
        'no parameters',
        (callback) => {
          callback.search = ''
        },
      ],
    ]
    for (const [what, change] of malformed) {
      it(`refuses a delivery with ${what}`, async () => {
        await start()
        const [waiting, callback] = await beginAndConsent()
        const changed = new URL(callback)
        change(changed)
        const response = await deliver(changed.href, emulator.issuer)
        expect(response.status).to.equal(400)
        expect(corsHeadersOf(response)).to.be.empty
        await expectNothingKept(waiting)
        expectNobodySignedIn()
      })
    }

    it('takes a delivery by GET only', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      const headers = { origin: emulator.issuer, 'sec-fetch-mode': 'cors' }
      expect((await person.client.post(callback, {}, { headers })).status).to.equal(405)
      await expectNothingKept(waiting)
      expectNobodySignedIn()
    })

    it('responds to its own requests by GET only, and only those that it knows', async () => {
      await start()
      for (const relay of ['begin', 'poll', 'wait']) {
        const url = `${application.origin}/callback?relay=${relay}`
        expect((await person.client.post(url, {})).status).to.equal(405)
      }
      const unknown = await person.client.get(`${application.origin}/callback?relay=unknown`)
      expect(unknown.status).to.equal(403)
      expectNobodySignedIn()
    })

    it('sends the code to no other host, however the address is made up', async () => {
      await start()
      const [waiting, callback] = await beginAndConsent()
      await deliver(callback, emulator.issuer)
      const path = '/callback//evil.example/'
      const polled = await person.poll({
        page: { ...waiting.page, url: `${application.origin}${path}` },
        state: waiting.state,
      })
      const target = new URL(JSON.parse(polled.body).location, `${application.origin}${path}`)
      expect(target.origin).to.equal(application.origin)
      expectNobodySignedIn()
    })
  })
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { CookieClient } from './support/browserless-client.js'
import type { DeviceEnding, DeviceStoreName } from './support/device-application.js'
import { DeviceServer, refusal } from './support/device-server.js'
import { keepSessionsOf } from './support/process-session-store.js'
import { startRoundRobin } from './support/round-robin.js'

/** An odd number: by turns, the other process then gets what somebody asks after one has begun. */
const signIns = 101

const setups: ReadonlyArray<readonly [shared: string, store: DeviceStoreName, tabs: number]> = [
  ['the cookie secret', 'cookie', 1],
  ['a session store', 'session', 2],
]
for (const [shared, store, tabs] of setups)
  describe(`two processes behind one address, with ${shared} in common`, () => {
    let xai: DeviceServer
    let address: Server
    let route: string
    const origins: string[] = []
    const processes: ChildProcess[] = []

    before(async function () {
      this.timeout(20_000)
      xai = await DeviceServer.start()
      xai.issue = { interval: 1 }
      address = await startRoundRobin(() => origins)
      route = `http://127.0.0.1:${(address.address() as AddressInfo).port}/connect`
      for (let n = 0; n < 2; n += 1) {
        const child = fork(join(__dirname, 'support/device-process.js'), [xai.issuer, store])
        processes.push(child)
        const [started] = (await once(child, 'message')) as [string]
        origins.push(started)
      }
      keepSessionsOf(processes)
    })
    after(async () => {
      for (const child of processes) {
        child.disconnect()
        await once(child, 'exit')
      }
      address.close()
      await xai.close()
    })

    interface Seen extends DeviceEnding {
      readonly servedBy: unknown
    }

    const ask = async (browser: CookieClient, query = ''): Promise<Seen> => {
      const { status, headers, body } = await browser.get(`${route}${query}`, {
        headers: { accept: 'application/json' },
      })
      return { ...JSON.parse(body), http: status, servedBy: headers['served-by'] }
    }

    /** A tab that asks, a little after each interval, until there is an end. */
    const waitInTab = async (browser: CookieClient, query: string): Promise<Seen> => {
      for (let asked = 0; asked < 20; asked += 1) {
        await setTimeout(1050)
        const seen = await ask(browser, query)
        if (seen.status !== 'pending') return seen
      }
      throw new Error('the sign-in has no end')
    }

    /** One after the other within an interval, as people come: all at once, they measure the machine. */
    const signIn = async (
      _: unknown,
      place: number,
    ): Promise<{ servedBy: unknown[]; endings: unknown[] }> => {
      await setTimeout((1000 / signIns) * place)
      const browser = new CookieClient()
      const begun = await ask(browser)
      const query = `?shown=${begun.user_code}`
      const ended = await Promise.all(Array.from({ length: tabs }, () => waitInTab(browser, query)))
      const endings = ended.map(({ http, status, outcome }) => ({ http, is: outcome ?? status }))
      return { servedBy: [begun, ...ended].map(({ servedBy }) => servedBy), endings }
    }

    it(`completes ${signIns} device sign-ins in ${tabs} tabs each, without one failure`, async function () {
      this.timeout(30_000)
      const spent = new Set<string>()
      xai.token = (res, form) => {
        const code = `${form.get('device_code')}`
        const respond = spent.has(code) ? refusal('invalid_grant') : xai.approve('ada')
        spent.add(code)
        // As long as a server far away takes: no process is outrun by all that another one does.
        void setTimeout(100).then(() => respond(res, form))
      }
      const results = await Promise.all(Array.from({ length: signIns }, signIn))
      const success = { http: 200, is: 'success' }
      const ended = { http: 200, is: 'ended' }
      for (const { endings } of results) {
        expect(endings).to.have.deep.members([success, ...Array.from({ length: tabs - 1 }, () => ended)])
      }
      expect(spent.size).to.equal(signIns)
      const pids = processes.map(({ pid }) => `${pid}`)
      expect(new Set(results.flatMap(({ servedBy }) => servedBy))).to.have.all.keys(pids)
      expect(results.filter(({ servedBy }) => new Set(servedBy).size > 1)).not.to.have.lengthOf(0)
    })
  })

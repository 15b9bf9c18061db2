import { Agent } from 'node:http'
import { expect } from 'chai'
import { CookieClient } from './support/browserless-client.js'
import { DeviceApplication, type DeviceStoreName } from './support/device-application.js'
import { DeviceServer } from './support/device-server.js'

const browsers = 1000
const seconds = 30
const interval = 5

const stores: readonly DeviceStoreName[] = ['session', 'cookie']

for (const store of stores)
  describe(`${browsers} browsers that ask as fast as they can for ${seconds} seconds, with a ${store}`, () => {
    let xai: DeviceServer
    let app: DeviceApplication
    // No more connections at once than every machine takes; the browsers wait for each other.
    const agent = new Agent({ keepAlive: true, maxSockets: 100 })

    before(async () => {
      xai = await DeviceServer.start()
      xai.issue = { interval }
      app = await DeviceApplication.start({ issuer: xai.issuer, store })
    })
    after(async () => {
      agent.destroy()
      await app.close()
      await xai.close()
    })

    it('cause no more requests to xAI than their intervals allow', async function () {
      this.timeout((seconds + 60) * 1000)
      let asked = 0
      const failures: string[] = []
      const end = performance.now() + seconds * 1000
      const ask = async (): Promise<void> => {
        const browser = new CookieClient()
        while (performance.now() < end) {
          const { status, body } = await browser.get(app.at(), {
            agent,
            headers: { accept: 'application/json' },
          })
          asked += 1
          if (status !== 200 || !body.includes('"status":"pending"')) failures.push(body)
        }
      }
      const begun = performance.now()
      await Promise.all(Array.from({ length: browsers }, ask))
      const elapsed = (performance.now() - begun) / 1000

      expect(failures).to.be.empty
      expect(xai.beginnings).to.have.lengthOf(browsers)
      console.log(`      ${asked} requests of ${browsers} browsers, ${xai.questions.length} to xAI`)
      const times = new Map<string, number[]>()
      for (const { form, at } of xai.questions) {
        const code = `${form.get('device_code')}`
        times.set(code, [...(times.get(code) ?? []), at])
      }
      expect(times).not.to.be.empty
      for (const asked of times.values()) {
        expect(asked.length).to.be.at.most(Math.floor(elapsed / interval))
        const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
        // Two clocks round differently.
        expect(Math.min(...pauses)).to.be.at.least(interval * 1000 - 5)
      }
    })
  })

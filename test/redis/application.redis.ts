import { expect } from 'chai'
import type { Redis } from '../../examples/redis/redis-token-store.js'
import type { Emulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { failureOf } from '../support/failure.js'
import { until } from '../support/until.js'
import { ApplicationProcess, signedInBrowser, signInAcross } from './application-process.js'
import { Deployment } from './deployment.js'

describe('several processes of the Redis example', () => {
  let deployment: Deployment
  let redis: Redis
  let emulator: Emulator
  let processes: readonly [ApplicationProcess, ApplicationProcess]

  before(async () => {
    deployment = await Deployment.start({ accounts: [{ id: 'one', name: 'Account One' }], signInAs: 'one' })
    ;({ redis, emulator, processes } = deployment)
  })
  after(() => deployment?.stop())

  it('complete 500 sign-ins that begin on one process and end on the other', async () => {
    const [left, right] = processes
    let completed = 0
    const run = async (index: number): Promise<void> => {
      const [begin, end] = index % 2 === 0 ? [left, right] : [right, left]
      const browser = new CookieClient()
      const { status, headers } = await signInAcross(browser, [begin, end])
      expect({ status, location: headers.location }).to.deep.equal({ status: 302, location: '/' })
      const home = await browser.get(`${begin.url}/`)
      expect(home.body).to.include('Signed in as Account One')
      completed += 1
    }
    for (let first = 0; first < 500; first += 20)
      await Promise.all(Array.from({ length: 20 }, (_, index) => run(first + index)))
    expect(completed).to.equal(500)
  })

  it('end with one line when a setting is missing or wrong', async () => {
    const settings: ReadonlyArray<readonly [name: string, value: string, line: RegExp]> = [
      ['SESSION_SECRET', '', /^the example ended with 1:\nSESSION_SECRET is not set; [^\n]+$/],
      ['REFRESH_LEASE_MS', '100', /^the example ended with 1:\nthe lease must be longer than 21000 ms$/],
      ['PORT', new URL(processes[0].url).port, /^the example ended with 1:\nlisten EADDRINUSE[^\n]+$/],
    ]
    for (const [name, value, line] of settings) {
      const starting = ApplicationProcess.start(emulator, { REDIS_URL: deployment.redisURL, [name]: value })
      expect((await failureOf(starting)).message, name).to.match(line)
    }
  })

  it('end at once when they are asked to and nobody waits', async () => {
    const process = await ApplicationProcess.start(emulator, { REDIS_URL: deployment.redisURL })
    expect(await process.stop()).to.equal(0)
  })

  it('refuse, on either process, a state that the other has used already', async () => {
    const [left, right] = processes
    const browser = new CookieClient()
    const redirect = await browser.open(`${left.url}/auth/xai`, (location) => location.includes('/callback?'))
    const { search } = new URL(`${redirect.headers.location}`)
    expect((await browser.get(`${right.url}/callback${search}`)).status).to.equal(302)
    emulator.clearRequests()
    expect((await browser.get(`${left.url}/callback${search}`)).status).to.equal(403)
    expect(emulator.requests).to.be.empty
  })

  it('send a code once when its callback comes to both at the same moment, 100 times over', async () => {
    const [left, right] = processes
    for (let round = 1; round <= 100; round += 1) {
      const browser = new CookieClient()
      const redirect = await browser.open(`${left.url}/auth/xai`, (location) =>
        location.includes('/callback?'),
      )
      const { search } = new URL(`${redirect.headers.location}`)
      emulator.clearRequests()
      const responses = await Promise.all(
        [left, right].map(({ url }) => browser.get(`${url}/callback${search}`)),
      )
      expect(responses.map(({ status }) => status)).to.have.members([302, 403])
      expect(emulator.requests.filter(({ path }) => path === '/oauth2/token')).to.have.lengthOf(1)
    }
  })

  /** The API refuses the access token of the next request, as xAI's does. */
  const refuseToken = (): void => {
    const body = '{"code":"unauthenticated:bad-credentials"}'
    emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 403, body })
  }

  it('refresh where the API refuses the token, and tell what xAI says', async () => {
    const browser = await signedInBrowser(processes)
    emulator.clearRequests()
    refuseToken()
    const { status, body } = await browser.get(`${processes[1].url}/profile`)
    expect(status).to.equal(200)
    expect(JSON.parse(body)).to.include({ sub: 'one' })
    expect(deployment.sentTokens).to.have.length(1)
    expect((await browser.get(`${processes[0].url}/profile`)).status).to.equal(200)
    expect(deployment.sentTokens).to.have.length(1)
  })

  it('keep a token that arrives while the connection to Redis is lost', async () => {
    const [left, right] = processes
    const browser = await signedInBrowser(processes)
    emulator.clearRequests()
    refuseToken()
    emulator.misbehaveOnce({ path: '/oauth2/token', delay: 200 })
    const response = browser.get(`${left.url}/profile`)
    await until(() => deployment.sentTokens.length === 1)
    await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    expect((await response).status).to.equal(200)
    refuseToken()
    expect((await browser.get(`${right.url}/profile`)).status).to.equal(200)
    expect(new Set(deployment.sentTokens)).to.have.property('size', 2)
  })
})

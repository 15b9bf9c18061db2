import { expect } from 'chai'
import type { Redis } from '../../examples/redis/token-store.js'
import type { Emulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { until } from '../support/until.js'
import { ApplicationProcess, signedInBrowser, signInAcross } from './application-process.js'
import { Deployment } from './deployment.js'

describe('several processes and one Redis', () => {
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
      const error = await starting.then(
        () => expect.fail(`${name} was accepted`),
        (error: Error) => error,
      )
      expect(error.message).to.match(line)
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

  it('refresh a token once when both want to at the same moment, 20 times over', async () => {
    const browser = await signedInBrowser(processes)
    const lock = `mutex:xai-tokens:${emulator.issuer} one`
    const monitor = redis.duplicate()
    monitor.on('error', () => {})
    await monitor.connect()
    /** The connections that have asked for the lock in this round. */
    const asking = new Set<string>()
    await monitor.monitor((line) => {
      const [, connection, key, holder] = /\[\d+ (\S+)\] "SET" "([^"]*)" "([^"]*)"/.exec(String(line)) ?? []
      if (connection && key === lock && holder !== 'the test') asking.add(connection)
    })
    const seen = new Set<string>()
    for (let round = 1; round <= 20; round += 1) {
      emulator.clearRequests()
      // With the lock in foreign hands, both come as far as knowing the same token before either may use it.
      await redis.set(lock, 'the test', { expiration: { type: 'PX', value: 60_000 } })
      asking.clear()
      const answers = Promise.all(processes.map(({ url }) => browser.post(`${url}/refresh`, {})))
      await until(() => asking.size === 2)
      const before = await deployment.tokensOf('one')
      await redis.del(lock)
      expect((await answers).map(({ status }) => status)).to.deep.equal([303, 303])
      expect(deployment.sentTokens).to.deep.equal([before?.refreshToken])
      const after = await deployment.tokensOf('one')
      expect(after?.refreshToken).to.match(/^OR-/).and.not.equal(before?.refreshToken)
      seen.add(`${after?.refreshToken}`)
      expect(await redis.exists(lock)).to.equal(0)
    }
    monitor.destroy()
    expect(seen).to.have.property('size', 20)
    const last = await deployment.tokensOf('one')
    const headers = { authorization: `Bearer ${last?.accessToken}` }
    expect((await fetch(`${emulator.issuer}/oauth2/userinfo`, { headers })).status).to.equal(200)
  })

  it('never send a refresh token twice when many requests come to both', async () => {
    const browser = await signedInBrowser(processes)
    emulator.clearRequests()
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => browser.post(`${processes[index % 2]?.url}/refresh`, {})),
    )
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([303]))
    const sent = deployment.sentTokens
    expect(sent).not.to.be.empty
    expect(new Set(sent)).to.have.property('size', sent.length)
  })

  it('end the sign-in on all processes when one signs out', async () => {
    const [left, right] = processes
    const browser = await signedInBrowser(processes)
    const other = await signedInBrowser(processes)
    const tokens = await deployment.tokensOf('one')
    emulator.clearRequests()
    expect((await browser.post(`${left.url}/sign-out`, {})).status).to.equal(303)
    expect(emulator.requests.map(({ path, parameters }) => [path, parameters?.token])).to.deep.equal([
      ['/oauth2/revoke', tokens?.refreshToken],
    ])
    expect(await deployment.tokensOf('one')).to.equal(null)
    expect((await browser.get(`${right.url}/token`)).status).to.equal(401)
    expect((await other.get(`${right.url}/token`)).status).to.equal(401)
  })

  it('keep a token that is answered while the connection to Redis is lost', async () => {
    const [left, right] = processes
    const browser = await signedInBrowser(processes)
    const before = await deployment.tokensOf('one')
    emulator.clearRequests()
    emulator.misbehaveOnce({ path: '/oauth2/token', delay: 200 })
    const answer = browser.post(`${left.url}/refresh`, {})
    await until(() => deployment.sentTokens.length === 1)
    await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    expect((await answer).status).to.equal(303)
    expect((await deployment.tokensOf('one'))?.refreshToken).not.to.equal(before?.refreshToken)
    expect((await browser.post(`${right.url}/refresh`, {})).status).to.equal(303)
    expect(deployment.sentTokens).to.have.length(2)
  })
})

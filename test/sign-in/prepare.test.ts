import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { mock } from 'node:test'
import { expect } from 'chai'
import { type XaiAuthenticateOptions, XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { act } from '../support/direct-sign-in.js'
import { Playback } from '../support/playback.js'
import { until } from '../support/until.js'

const jwks = '/.well-known/jwks.json'
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

describe('while the person is away', () => {
  const connections = new Set<Socket>()
  const requested: string[] = []
  let opened = 0
  let issuer: string
  const answers: Readonly<Record<string, object>> = {
    '/oauth2/token': { access_token: 'opaque', token_type: 'Bearer' },
    [jwks]: { keys: [publicKey] },
  }
  const server = createServer((request, response) => {
    requested.push(String(request.url))
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify(answers[String(request.url)] ?? {}))
  })
  server.on('connection', (socket) => {
    opened += 1
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  afterEach(() => mock.timers.reset())
  beforeEach(async () => {
    await dropConnections()
    requested.length = 0
    opened = 0
  })

  const buildStrategy = (options: Partial<XaiStrategyOptions> = {}): XaiStrategy =>
    new XaiStrategy(
      {
        issuer,
        clientID: 'client',
        callbackURL: 'http://127.0.0.1/callback',
        scope: 'openid',
        userInfo: 'never',
        ...options,
      },
      async (_signIn) => ({ id: 'person' }),
    )

  async function begin(strategy: XaiStrategy, options?: XaiAuthenticateOptions) {
    const session = {}
    const { value } = await act(strategy, { session }, options)
    const query = { code: 'code', state: String(new URL(String(value)).searchParams.get('state')) }
    return () => act(strategy, { session, query }, options)
  }

  /** The keys have been fetched so often, and the connection is idle. */
  async function fetched(times: number): Promise<void> {
    await until(() => requested.filter((path) => path === jwks).length === times)
    await settle()
    requested.splice(requested.indexOf('/settled'), 1)
  }

  /** The server ends every connection, as one does after a while without requests. */
  async function dropConnections(): Promise<void> {
    // Not before the client has put them aside, and a connection is idle only then.
    await new Promise(setImmediate)
    for (const socket of connections) socket.end()
    await until(() => connections.size === 0)
  }

  /** Whatever was sent to the server before has arrived there afterwards. */
  async function settle(): Promise<void> {
    const [response] = await once(get(`${issuer}/settled`, { agent: false }), 'response')
    await once(response.resume(), 'close')
    await until(() => ![...connections].some((socket) => socket.destroyed))
    opened -= 1
  }

  it('nothing is asked when the sign-in asked for no id_token', async () => {
    const strategy = buildStrategy()
    await begin(strategy, { scope: 'api:access' })
    await settle()
    expect(requested).to.deep.equal(['/settled'])
  })

  it('the keys are fetched, on the connection that the exchange then uses', async () => {
    const strategy = buildStrategy()
    const finish = await begin(strategy)
    await fetched(1)
    expect(await finish()).to.include({ kind: 'error' })
    expect({ opened, requested }).to.deep.equal({ opened: 1, requested: [jwks, '/oauth2/token'] })
  })

  const minute = 60_000
  const rows: ReadonlyArray<readonly [what: string, age: number, isClosed: boolean, asks: boolean]> = [
    ['are recent', 4_999, true, false],
    ['are 5 seconds old while a connection is open', 5_000, false, false],
    ['are 5 seconds old and no connection is open', 5_000, true, true],
    ['are an hour old', 60 * minute, false, true],
  ]
  for (const [what, age, isClosed, asks] of rows)
    it(`keys are ${asks ? '' : 'not '}fetched again when they ${what}`, async () => {
      mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
      const strategy = buildStrategy()
      await begin(strategy)
      await fetched(1)
      if (isClosed) await dropConnections()
      mock.timers.tick(age)
      for (let count = 0; count < 20; count += 1) await begin(strategy)
      if (asks) await fetched(2)
      await settle()
      expect(requested.filter((path) => path === jwks)).to.have.length(asks ? 2 : 1)
    })

  it('keys come through the agent of the application, whose connection the exchange uses', async () => {
    const agent = new Agent({ keepAlive: true })
    const finish = await begin(buildStrategy({ agent }))
    await fetched(1)
    expect(Object.values(agent.freeSockets).flat()).to.have.length(1)
    await finish()
    expect(opened).to.equal(1)
    agent.destroy()
  })

  it('nothing is dialled that nock forbids', async () => {
    const playback = new Playback()
    playback.begin()
    try {
      const finish = await begin(buildStrategy())
      expect(await finish()).to.have.nested.property('value.cause.code', 'ENETUNREACH')
    } finally {
      playback.end()
    }
    await settle()
    expect(opened).to.equal(0)
  })

  it('a server that cannot be reached disturbs nobody', async () => {
    const gone = createServer()
    await once(gone.listen(0, '127.0.0.1'), 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const finish = await begin(buildStrategy({ issuer: `http://127.0.0.1:${port}` }))
    const { kind, value } = await finish()
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_token_exchange_failed', status: 502 })
  })
})

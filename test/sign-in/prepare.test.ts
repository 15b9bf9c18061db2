import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect } from 'chai'
import { type XaiAuthenticateOptions, XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { act } from '../support/direct-sign-in.js'
import { until } from '../support/until.js'

describe('while the person is away', () => {
  const connections = new Set<Socket>()
  const requested: string[] = []
  let opened = 0
  let issuer: string
  const answers: Readonly<Record<string, object>> = {
    '/oauth2/token': { access_token: 'opaque', token_type: 'Bearer' },
    '/.well-known/jwks.json': { keys: [] },
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
        scope: 'api:access',
        userInfo: 'never',
        ...options,
      },
      (_access, _refresh, _profile, done) => done(null, { id: 'person' }),
    )

  async function begin(strategy: XaiStrategy, options?: XaiAuthenticateOptions) {
    const session = {}
    const { value } = await act(strategy, { session }, options)
    const query = { code: 'code', state: String(new URL(String(value)).searchParams.get('state')) }
    return () => act(strategy, { session, query }, options)
  }

  async function signIn(strategy: XaiStrategy): Promise<void> {
    const finish = await begin(strategy)
    expect(await finish()).to.include({ kind: 'success' })
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

  it('a connection is opened again that has ended meanwhile, and the exchange uses it', async () => {
    const strategy = buildStrategy()
    await signIn(strategy)
    await dropConnections()
    opened = 0
    const finish = await begin(strategy)
    await until(() => opened === 1)
    expect(requested).to.deep.equal(['/oauth2/token'])
    expect(await finish()).to.include({ kind: 'success' })
    expect({ opened, requested }).to.deep.equal({ opened: 1, requested: ['/oauth2/token', '/oauth2/token'] })
  })

  it('one connection is opened for many who are away', async () => {
    const strategy = buildStrategy()
    await signIn(strategy)
    await dropConnections()
    opened = 0
    for (let count = 0; count < 20; count += 1) await begin(strategy)
    await settle()
    expect(opened).to.equal(1)
  })

  it('keys are fetched for those who asked for an id_token, and for nobody else', async () => {
    const strategy = buildStrategy({ scope: 'openid' })
    await begin(strategy, { scope: 'api:access' })
    await settle()
    expect(requested).to.deep.equal(['/settled'])
    await begin(strategy)
    await until(() => requested.length === 2)
    expect(requested[1]).to.equal('/.well-known/jwks.json')
  })

  const without: ReadonlyArray<readonly [what: string, options: () => Partial<XaiStrategyOptions>]> = [
    ['prepare: false', () => ({ prepare: false })],
    ["an agent of the application's own", () => ({ agent: new Agent({ keepAlive: true }) })],
  ]
  for (const [what, options] of without) {
    it(`no connection is opened with ${what}`, async () => {
      const given = options()
      const strategy = buildStrategy(given)
      await signIn(strategy)
      await dropConnections()
      opened = 0
      const finish = await begin(strategy)
      await settle()
      expect(opened).to.equal(0)
      expect(await finish()).to.include({ kind: 'success' })
      expect(opened).to.equal(1)
      given.agent?.destroy()
    })
  }

  it('a server that cannot be reached disturbs nobody', async () => {
    const gone = createServer((_request, response) =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answers['/oauth2/token'])),
    )
    await once(gone.listen(0, '127.0.0.1'), 'listening')
    const strategy = buildStrategy({ issuer: `http://127.0.0.1:${(gone.address() as AddressInfo).port}` })
    await signIn(strategy)
    gone.closeAllConnections()
    await new Promise((resolve) => gone.close(resolve))
    await new Promise(setImmediate)
    const finish = await begin(strategy)
    const { kind, value } = await finish()
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_token_exchange_failed', status: 502 })
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTCPServer,
  type Server,
  type Socket,
} from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type XaiSignIn, XaiStrategy } from '../../lib/index.js'
import { begin, finish } from '../support/passport-run.js'

/** Milliseconds after which the server closes an idle connection; it says so nowhere. */
const idleLimit = 5000

/** Milliseconds from one end of a connection to the other. */
const oneWay = 20

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** A way to the server, with the time that a network takes, for one person. */
class Network {
  /** Requests that were sent, whether or not they arrived. */
  sent = 0
  private readonly server: Server

  constructor(port: number) {
    this.server = createTCPServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      client.on('data', (chunk) => {
        if (chunk.includes('POST ')) this.sent += 1
      })
      pass(client, server)
      pass(server, client)
    })
  }

  async open(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${portOf(this.server)}`
  }

  close(): void {
    this.server.close()
  }
}

/** Passes bytes, ends and resets on, each later. */
function pass(from: Socket, to: Socket): void {
  const later = (run: () => unknown): NodeJS.Timeout => setTimeout(run, oneWay)
  from.on('data', (chunk) => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => later(() => to.resetAndDestroy()))
}

describe('sign-ins at a server that closes idle connections after 5 seconds', () => {
  const limits = new Map<Socket, NodeJS.Timeout>()
  const server = createServer(async (request, response) => {
    const { socket } = request
    clearTimeout(limits.get(socket))
    response.on('finish', () =>
      limits.set(
        socket,
        setTimeout(() => socket.destroy(), idleLimit),
      ),
    )
    await request.toArray()
    // Set here, it keeps Node from adding its hint of how long the connection lives.
    response
      .setHeader('Connection', 'keep-alive')
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ access_token: 'opaque', token_type: 'Bearer' }))
  })
  server.keepAliveTimeout = 0
  const networks: Network[] = []

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(() => {
    for (const limit of limits.values()) clearTimeout(limit)
    server.closeAllConnections()
    server.close()
    for (const network of networks) network.close()
  })

  async function signIn(issuer: string): Promise<unknown> {
    const options = { issuer, clientID: 'client', callbackURL: 'http://127.0.0.1/callback' }
    const strategy = new XaiStrategy(
      { ...options, scope: 'api:access', userInfo: 'never' },
      async ({ tokens }: XaiSignIn) => ({ id: tokens.access_token }),
    )
    const [action] = await finish(strategy, await begin(strategy), 'the-code')
    return action?.kind === 'success' ? 'success' : action?.values[0]
  }

  /** Signs in, and again after a while; gives the second outcome, and how many requests it took. */
  async function signInTwice(pause: number): Promise<[outcome: unknown, sent: number]> {
    const network = new Network(portOf(server))
    networks.push(network)
    const issuer = await network.open()
    await signIn(issuer)
    network.sent = 0
    await sleep(pause)
    return [await signIn(issuer), network.sent]
  }

  it('loses none of 200 around that time, for at most one more request each', async () => {
    // From 110 milliseconds before to 90 milliseconds after the moment at which the end is on its way.
    const pauses = Array.from({ length: 200 }, (_, index) => idleLimit - 110 - oneWay + index)
    const ended = await Promise.all(pauses.map(signInTwice))
    expect(ended.filter(([outcome]) => outcome !== 'success')).to.deep.equal([])
    const more = ended.filter(([, sent]) => sent === 2)
    expect(ended.filter(([, sent]) => sent === 1)).to.have.length(200 - more.length)
    // Otherwise none has met the close, and nothing is shown.
    expect(more).to.not.be.empty
    console.log(`      ${more.length} of 200 met the close`)
  })
})

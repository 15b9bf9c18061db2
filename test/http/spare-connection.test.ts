import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { SpareConnections } from '../../lib/http/spare-connection.js'
import { buildSelfSigned } from '../support/self-signed.js'
import { until } from '../support/until.js'

/** Node's own part of a socket; of TLS, the part around another. */
interface Handle {
  hasRef(): boolean
}

const { key, cert } = buildSelfSigned()

for (const protocol of ['http', 'https'] as const) {
  describe(`a spare connection (${protocol})`, () => {
    const accepted: Socket[] = []
    const answer: http.RequestListener = (request, response) => {
      response
        .setHeader('Connection', request.headers['x-then'] ?? 'close')
        .end(String(request.socket.remotePort))
    }
    const isSecure = protocol === 'https'
    const server = isSecure ? https.createServer({ key, cert }, answer) : http.createServer(answer)
    let url: string
    let opened: Socket[]
    let agent: http.Agent
    let spares: SpareConnections

    before(async () => {
      server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => accepted.push(socket))
      await once(server.listen(0, '127.0.0.1'), 'listening')
      url = `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}/`
    })
    after(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    beforeEach(() => build())
    afterEach(() => {
      for (const socket of opened) socket.destroy()
    })

    function build(options: https.AgentOptions & { proxyEnv?: object } = {}): void {
      opened = []
      accepted.length = 0
      agent = new (isSecure ? https : http).Agent({ keepAlive: true, ca: cert, ...options })
      const open = agent.createConnection.bind(agent)
      agent.createConnection = (...args) => {
        const socket = open(...args) as Socket
        opened.push(socket)
        return socket
      }
      spares = new SpareConnections(agent)
    }

    /** Gives the port from which the request came. */
    async function get(then: 'close' | 'keep-alive' = 'close'): Promise<number> {
      const request = (isSecure ? https : http).get(url, { agent, headers: { 'X-Then': then } })
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      return Number((await response.setEncoding('utf8').toArray()).join(''))
    }

    /** A spare connection at hand, as the server sees it; the agent has been there before. */
    async function prepared(): Promise<Socket> {
      spares.prepare(url)
      await get()
      spares.prepare(url)
      await until(() => accepted.length === 2)
      return accepted[1]!
    }

    it('is not opened to where the agent has never been', async () => {
      spares.prepare(url)
      spares.prepare(url)
      expect(opened).to.be.empty
    })

    it('is opened once, however often it is asked for', async () => {
      await prepared()
      for (let count = 0; count < 5; count += 1) spares.prepare(url)
      expect(opened).to.have.length(2)
    })

    it('is not opened while another connection is idle', async () => {
      spares.prepare(url)
      await get('keep-alive')
      await until(() => Object.keys(agent.freeSockets).length > 0)
      spares.prepare(url)
      expect(opened).to.have.length(1)
    })

    it('carries nothing until the next request, which takes it', async () => {
      const spare = await prepared()
      expect(spare.bytesRead).to.equal(0)
      expect(await get()).to.equal(spare.remotePort)
      expect(opened).to.have.length(2)
    })

    it('is taken while it is still being opened', async () => {
      spares.prepare(url)
      await get()
      spares.prepare(url)
      expect(opened[1]).to.include({ connecting: true })
      await get()
      expect(opened).to.have.length(2)
    })

    it('serves one request, and the next one at the same time opens its own', async () => {
      const spare = await prepared()
      const ports = await Promise.all([get(), get()])
      expect(ports[0]).to.equal(spare.remotePort)
      expect(ports[1]).not.to.equal(spare.remotePort)
    })

    it('joins the idle connections after its first request', async () => {
      await prepared()
      const port = await get('keep-alive')
      await until(() => Object.keys(agent.freeSockets).length > 0)
      expect(await get()).to.equal(port)
    })

    it('keeps no process alive, but its request does', async () => {
      await prepared()
      const { _handle } = opened[1] as unknown as { _handle: { _parent?: Handle } & Handle }
      const hasRef = (): boolean => (_handle._parent ?? _handle).hasRef()
      expect(hasRef()).to.equal(false)
      const answered = get()
      expect(hasRef()).to.equal(true)
      await answered
    })

    const endings: ReadonlyArray<readonly [what: string, end: (spare: Socket) => unknown]> = [
      ['the server closes', (spare) => spare.end()],
      ['the server resets', (spare) => spare.destroy()],
      ['the server speaks on', (spare) => spare.write('HTTP/1.1 408 Request Timeout\r\n\r\n')],
      ['has failed this very moment', () => opened[1]!.destroy(new Error('failed'))],
    ]
    for (const [what, end] of endings) {
      it(`that ${what} is given to nobody`, async () => {
        const spare = await prepared()
        end(spare)
        if (!what.startsWith('has')) await until(() => opened[1]!.destroyed)
        expect(await get()).not.to.equal(spare.remotePort)
        spares.prepare(url)
        expect(opened).to.have.length(4)
      })
    }

    it('ends when it has been idle for as long as the agent keeps idle connections', async () => {
      build({ timeout: 50 })
      await prepared()
      await until(() => opened[1]!.destroyed)
      expect(opened[1]!.errored).to.equal(null)
    })

    it('is not opened through a proxy', async () => {
      build({ proxyEnv: {} })
      spares.prepare(url)
      await get()
      spares.prepare(url)
      expect(opened).to.have.length(1)
    })
  })
}

describe('spare connections', () => {
  const places: ReadonlyArray<readonly [url: string, host: string, port: number]> = [
    ['https://auth.example/token', 'auth.example', 443],
    ['http://auth.example/token', 'auth.example', 80],
    ['https://auth.example:8443/token?a=b', 'auth.example', 8443],
    ['http://[::1]:8080/', '::1', 8080],
  ]
  for (const [url, host, port] of places) {
    it(`know that ${url} is at ${host}, port ${port}`, () => {
      const asked: http.ClientRequestArgs[] = []
      const agent = new http.Agent({ keepAlive: true })
      agent.createConnection = (options) => {
        asked.push(options)
        return connect({ host: '127.0.0.1', port: 1 }).destroy()
      }
      const spares = new SpareConnections(agent)
      spares.prepare(url)
      agent.createConnection({ host, port })
      spares.prepare(url)
      expect(asked).to.have.length(2)
      expect(asked[1]).to.include({ host, port, keepAlive: true })
    })
  }

  it('show no failure, whether of a URL or of a connection', async () => {
    const agent = new http.Agent({ keepAlive: true })
    const refused = agent.createConnection.bind(agent)
    let socket: Socket | undefined
    agent.createConnection = (options) => {
      socket = refused(options) as Socket
      return socket
    }
    const spares = new SpareConnections(agent)
    expect(() => spares.prepare('no URL')).not.to.throw()
    const server = http.createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    spares.prepare(`http://127.0.0.1:${port}/`)
    const first = agent.createConnection({ host: '127.0.0.1', port }) as Socket
    await once(first, 'error')
    spares.prepare(`http://127.0.0.1:${port}/`)
    expect(socket).not.to.equal(first)
    await until(() => socket?.closed === true)
    expect((socket as Socket).errored).to.include({ code: 'ECONNREFUSED' })
  })
})

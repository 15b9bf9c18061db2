import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { Socket } from 'node:net'
import { mock } from 'node:test'
import { expect } from 'chai'
import { idleConnectionsOf } from '../../lib/http/agent.js'
import { DeadlineError, type HttpRequest, sendRequest } from '../../lib/http/request.js'
import { failureOf } from '../support/failure.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { buildSelfSigned } from '../support/self-signed.js'
import { until } from '../support/until.js'

const certificate = buildSelfSigned()

for (const scheme of ['http', 'https'] as const) {
  describe(`sendRequest over kept-alive connections (${scheme})`, () => {
    /** What the server does with the first request of a connection, and with the later ones. */
    let first: Responder
    let later: Responder
    let server: FaultServer
    let agent: PlainAgent
    let served: WeakSet<Socket>

    const serve: Responder = (socket) => socket.write(httpResponse(200, 'served'))

    beforeEach(async () => {
      first = serve
      later = serve
      served = new WeakSet()
      const respond: Responder = (socket, request) => {
        const move = served.has(socket) ? later : first
        served.add(socket)
        move(socket, request)
      }
      server = await FaultServer.start(respond, scheme === 'https' ? certificate : undefined)
      build()
    })
    afterEach(async () => {
      mock.timers.reset()
      agent.destroy()
      await server.close()
    })

    function build(options: object = {}): void {
      const Agent = scheme === 'https' ? SecureAgent : PlainAgent
      agent = new Agent({ keepAlive: true, ca: certificate.cert, ...options } as object)
    }

    async function send(changes: Partial<HttpRequest> = {}): Promise<string> {
      const url = `${server.origin}/token`
      const request = { what: 'test', method: 'POST', url, headers: {}, timeout: 20_000 } as const
      return String((await sendRequest({ ...request, body: 'a=b', agent, ...changes })).body)
    }

    const errorOf = (changes?: Partial<HttpRequest>) => failureOf(send(changes))

    const idle = (): number => idleConnectionsOf(agent, server.origin).length

    /** Opens as many connections, which are idle then. */
    async function warm(count = 1): Promise<void> {
      await Promise.all(Array.from({ length: count }, () => send()))
      await until(() => idle() === count)
    }

    const endings: ReadonlyArray<readonly [what: string, end: Responder]> = [
      ['closes', (socket) => socket.end()],
      ['resets', () => server.reset()],
    ]
    for (const [what, end] of endings) {
      it(`sends once more, on a new connection, when the server ${what} the used one as the request arrives`, async () => {
        later = end
        await warm()
        expect(await send()).to.equal('served')
        expect(server.requests).to.have.length(3)
        expect(server.requests[2]).to.equal(server.requests[1])
        expect(server.sockets).to.have.length(2)
      })

      it(`sends at most once, when told so, though the server ${what} the connection`, async () => {
        first = end
        expect(await errorOf({ atMostOnce: true })).to.include({ code: 'ECONNRESET' })
        expect(server.requests).to.have.length(1)
      })

      it(`does not use a connection that the server ${what} before`, async () => {
        await warm()
        if (what === 'closes') server.sockets[0]?.end()
        else server.reset()
        expect(await send()).to.equal('served')
        expect(server.requests).to.have.length(2)
      })
    }

    it('sends once more, and not more often, when the server closes every used connection', async () => {
      later = (socket) => socket.destroy()
      await warm(3)
      expect(await send()).to.equal('served')
      expect(server.requests).to.have.length(5)
      expect(server.sockets).to.have.length(4)
    })

    it('fails when the server closes the new connection as well', async () => {
      await warm()
      first = later = (socket) => socket.destroy()
      expect(await errorOf()).to.include({ code: 'ECONNRESET' })
      expect(server.requests).to.have.length(3)
    })

    const begun: ReadonlyArray<readonly [what: string, bytes: string]> = [
      ['bytes that are not HTTP', '{"access_token":"a"}\r\n\r\n'],
      ['one byte of a response', 'H'],
      ['a 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['a 103', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
      ['a part of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nser'],
    ]
    for (const [what, bytes] of begun)
      it(`fails, and does not send again, when the connection ends after ${what}`, async () => {
        later = (socket) => socket.end(bytes)
        await warm()
        expect(await errorOf()).to.have.property('code')
        expect(server.requests).to.have.length(2)
      })

    it('ends a second request at the deadline of the first', async () => {
      await warm()
      mock.timers.enable({ apis: ['setTimeout'] })
      later = (socket) => {
        mock.timers.tick(19_000)
        socket.destroy()
      }
      first = () => mock.timers.tick(1000)
      const error = await errorOf()
      expect(error).to.be.instanceOf(DeadlineError).and.to.have.property('message').that.contains('20000 ms')
      expect(server.requests).to.have.length(3)
      await server.hungUp()
    })

    it('does not send again after the deadline', async () => {
      later = () => undefined
      await warm()
      expect(await errorOf({ timeout: 50 })).to.be.instanceOf(DeadlineError)
      await server.hungUp()
      expect(server.requests).to.have.length(2)
    })

    it('does not send again after the caller’s signal', async () => {
      const controller = new AbortController()
      later = () => controller.abort()
      await warm()
      expect(await errorOf({ signal: controller.signal })).to.include({ name: 'AbortError' })
      await server.hungUp()
      expect(server.requests).to.have.length(2)
    })

    it('opens a connection for a request that must not arrive twice, and uses it for the next one', async () => {
      await warm(2)
      expect(await send({ atMostOnce: true })).to.equal('served')
      expect(server.sockets).to.have.length(3)
      await until(() => idle() === 1)
      expect(await send()).to.equal('served')
      expect(server.sockets).to.have.length(3)
    })

    it('opens it also when the agent allows one connection and has it idle', async () => {
      build({ maxSockets: 1, maxTotalSockets: 1 })
      await warm()
      expect(await send({ atMostOnce: true })).to.equal('served')
      expect(server.sockets).to.have.length(2)
    })

    it('sends once more when the closed connection came to the request straight from another one', async () => {
      build({ maxSockets: 1 })
      later = (socket) => socket.destroy()
      expect(await Promise.all([send(), send()])).to.deep.equal(['served', 'served'])
      expect(server.requests).to.have.length(3)
      expect(server.sockets).to.have.length(2)
    })

    it('does not send again what must not arrive twice when it came straight to a used connection', async () => {
      build({ maxSockets: 1 })
      later = (socket) => socket.destroy()
      const sent = [send(), errorOf({ atMostOnce: true })]
      expect(await Promise.all(sent)).to.have.nested.property('[1].code', 'ECONNRESET')
      expect(server.requests).to.have.length(2)
    })

    it('fails when the agent cannot open another connection', async () => {
      later = (socket) => socket.destroy()
      await warm()
      agent.createConnection = () => {
        throw new Error('no more')
      }
      expect(await errorOf()).to.include({ message: 'no more' })
      expect(server.requests).to.have.length(2)
    })

    const forged = httpResponse(200, 'forged')
    const junk: ReadonlyArray<readonly [what: string, bytes: Buffer | string]> = [
      ['a whole response', forged],
      ['two responses together', Buffer.concat([forged, forged])],
      ['the beginning of a response', 'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nforged'],
      ['a 408, as some proxies send it', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'],
      ['one byte', 'x'],
    ]
    for (const [what, bytes] of junk) {
      it(`takes no response from an idle connection on which ${what} has arrived`, async () => {
        await warm()
        server.sockets[0]?.write(bytes)
        expect(await send()).to.equal('served')
        expect(server.requests).to.have.length(2)
      })

      it(`closes an idle connection on which ${what} arrives`, async () => {
        await warm()
        server.sockets[0]?.write(bytes)
        await server.hungUp()
      })
    }

    it('closes a connection on which a second response follows the first', async () => {
      first = (socket) => socket.write(Buffer.concat([httpResponse(200, 'served'), forged]))
      expect(await send()).to.equal('served')
      first = serve
      expect(await send()).to.equal('served')
      expect(server.requests).to.have.length(2)
    })

    if (scheme === 'https')
      it('does not lend a connection to a request with other TLS settings', async () => {
        await warm()
        const strict = new SecureAgent({ keepAlive: true })
        expect(await errorOf({ agent: strict })).to.include({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
        const otherName = new SecureAgent({
          keepAlive: true,
          ca: certificate.cert,
          servername: 'other.example',
        })
        expect(await errorOf({ agent: otherName })).to.include({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
        expect(await errorOf({ agent: undefined })).to.include({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
        expect(server.requests).to.have.length(1)
        expect(idle()).to.equal(1)
      })
  })
}

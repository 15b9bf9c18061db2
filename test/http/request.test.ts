import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  DeadlineError,
  type HttpRequest,
  type HttpResponse,
  maxBodyBytes,
  OversizedBodyError,
  sendRequest,
} from '../../lib/http/request.js'
import { failureOf } from '../support/failure.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'

describe('sendRequest', () => {
  let server: FaultServer | undefined
  afterEach(() => server?.close())

  async function exchange(respond: Responder, changes: Partial<HttpRequest> = {}): Promise<HttpResponse> {
    server = await FaultServer.start(respond)
    const request = {
      what: 'test',
      method: 'GET',
      url: `${server.origin}/path?a=b`,
      headers: {},
      timeout: 4000,
    } as const
    return sendRequest({ ...request, ...changes })
  }

  const errorOf = (...given: Parameters<typeof exchange>) => failureOf(exchange(...given))

  it('sends method, path, headers and body, and gives status, headers and body', async () => {
    const response = await exchange((socket) => socket.end(httpResponse(299, 'bödy', 'X-A: 1')), {
      method: 'POST',
      headers: { 'X-B': '2' },
      body: 'a=ü',
    })
    expect(server?.requests).to.have.length(1)
    expect(server?.requests[0]).to.match(/^POST \/path\?a=b HTTP\/1\.1\r\n.*X-B: 2\r\n.*\r\n\r\na=ü$/s)
    expect(response).to.deep.include({ status: 299, body: Buffer.from('bödy') })
    expect(response.headers).to.include({ 'x-a': '1' })
  })

  it('names the version in package.json as the user agent, unless it is given one', async () => {
    await exchange((socket) => socket.end(httpResponse(200, '')))
    const { name, version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'))
    expect(server?.requests[0]).to.contain(`\r\nUser-Agent: ${name}/${version}\r\n`)
    await server?.close()
    await exchange((socket) => socket.end(httpResponse(200, '')), { headers: { 'user-agent': 'mine/1' } })
    expect(server?.requests[0])
      .to.match(/\r\nuser-agent: mine\/1\r\n/)
      .and.to.not.contain('passport-xai')
  })

  it('takes a redirect as a response', async () => {
    const { status } = await exchange((socket, request) =>
      socket.end(
        request.startsWith('GET /path') ? httpResponse(302, '', 'Location: /other') : httpResponse(200, ''),
      ),
    )
    expect(status).to.equal(302)
    expect(server?.requests).to.have.length(1)
  })

  it('does not take an informational response for the final one', async () => {
    const { status } = await exchange((socket) =>
      socket.end(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), httpResponse(200, '')])),
    )
    expect(status).to.equal(200)
  })

  it('accepts a body of exactly one mebibyte', async () => {
    const { body } = await exchange((socket) => socket.end(httpResponse(200, 'x'.repeat(maxBodyBytes))))
    expect(body).to.have.length(maxBodyBytes)
  })

  it('reads no more than the first chunk past one mebibyte, and closes the socket', async () => {
    const error = await errorOf((socket) => socket.write(httpResponse(200, 'x'.repeat(maxBodyBytes + 1))))
    expect(error).to.be.instanceOf(OversizedBodyError)
    expect(error.message).to.equal('the body is larger than 1048576 bytes')
    expect((error as unknown as OversizedBodyError).response).to.deep.include({ status: 200 })
    await server?.hungUp()
  })

  const stalls: ReadonlyArray<readonly [where: string, respond: Responder]> = [
    ['before the headers', () => undefined],
    ['in the headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Le')],
    ['before the body', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')],
    ['in the body', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel')],
    ['in a chunk', (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel')],
    ['after an informational response', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
  ]
  for (const [where, respond] of stalls)
    it(`ends at the deadline when the response stalls ${where}, and closes the socket`, async () => {
      const error = await errorOf(respond, { timeout: 60 })
      expect(error).to.be.instanceOf(DeadlineError).and.to.include({ code: 'ETIMEDOUT' })
      expect(error.message).to.equal('no complete response within 60 ms')
      await server?.hungUp()
    })

  it('ends at the deadline when the response dribbles for ever', async () => {
    const error = await errorOf(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        const dribble = setInterval(() => socket.write('1\r\nx\r\n'), 5)
        socket.on('close', () => clearInterval(dribble))
      },
      { timeout: 60 },
    )
    expect(error).to.be.instanceOf(DeadlineError)
    await server?.hungUp()
  })

  it('ends at the deadline while it waits for a free connection', async () => {
    const agent = new Agent({ maxSockets: 1 })
    const never = errorOf(() => undefined, { agent, timeout: 4000 })
    const url = await new Promise<string>((resolve) =>
      setImmediate(() => resolve(`${server?.origin}/waiting`)),
    )
    const waiting = sendRequest({ what: 'test', method: 'GET', url, headers: {}, agent, timeout: 60 })
    expect(await waiting.catch((error) => error)).to.be.instanceOf(DeadlineError)
    await server?.close()
    expect(await never).to.include({ code: 'ECONNRESET' })
    expect(server?.requests.filter((request) => request.includes('/waiting'))).to.be.empty
  })

  it('says what Node said when the connection is reset', async () => {
    expect(await errorOf((socket) => socket.resetAndDestroy())).to.include({ code: 'ECONNRESET' })
  })

  it('closes the socket when the server switches protocols', async () => {
    const response = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
    const error = await errorOf((socket) => socket.write(response))
    expect(error.message).to.equal('the server switched protocols')
    await server?.hungUp()
  })

  it('keeps the bytes that could not be parsed to itself', async () => {
    const error = await errorOf((socket) => socket.write('garbage, and the code c0de\r\n\r\n'))
    expect(error.code).to.match(/^HPE_/)
    expect(error).to.not.have.property('rawPacket')
    await server?.hungUp()
  })

  it('ends with the signal, and closes the socket', async () => {
    const controller = new AbortController()
    const error = await errorOf(() => controller.abort(), { signal: controller.signal })
    expect(error).to.include({ name: 'AbortError' })
    await server?.hungUp()
  })

  const impossible: ReadonlyArray<readonly [what: string, changes: Partial<HttpRequest>]> = [
    ['a header that cannot be sent', { headers: { 'X-A': 'a\r\nb' } }],
    ['an agent of another protocol', { url: 'https://127.0.0.1:1/', agent: new Agent() }],
  ]
  for (const [what, changes] of impossible)
    it(`fails, and sends nothing, with ${what}`, async () => {
      expect(await errorOf((socket) => socket.end(), changes)).to.be.instanceOf(TypeError)
      expect(server?.sockets).to.be.empty
    })
})

import { Agent, createServer as createTLSServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { mock } from 'node:test'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { XaiOAuthError, XaiStrategy, type XaiVerify } from '../../lib/index.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { OpenTimers } from '../support/open-timer.js'
import { begin, finish, type PassportAction } from '../support/passport-run.js'
import { buildSelfSigned } from '../support/self-signed.js'

const deadline = 20_000

const isClosed = ({ closed, destroyed }: Socket): boolean => closed || destroyed

async function listen(server: Server, protocol: 'https:'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`
}

const stop = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve))

describe('a sign-in over a faulty connection', () => {
  let server: FaultServer | undefined
  const rejections: unknown[] = []
  const keep = (reason: unknown): void => {
    rejections.push(reason)
  }
  beforeEach(() => {
    rejections.length = 0
    process.on('unhandledRejection', keep)
  })
  afterEach(async () => {
    process.off('unhandledRejection', keep)
    mock.timers.reset()
    await server?.close()
    server = undefined
  })

  function strategyFor(origin: string, seen: unknown[] = [], more: { agent?: Agent } = {}): XaiStrategy {
    const options = {
      clientID: 'app',
      callbackURL: 'https://app.example/callback',
      issuer: origin,
      scope: 'api:access',
      skipUserProfile: true,
      ...more,
    }
    const verify: XaiVerify = async ({ tokens }) => {
      seen.push(tokens)
      return { accessToken: tokens.access_token }
    }
    return new XaiStrategy(options, verify)
  }

  /** Signs in, waits until everything that could still happen has happened, and gives the one action. */
  async function signIn(
    origin: string,
    then: () => Promise<void> = async () => undefined,
    more?: { agent?: Agent },
  ): Promise<PassportAction> {
    const timers = new OpenTimers()
    const strategy = strategyFor(origin, [], more)
    const actions = await finish(strategy, await begin(strategy), 'the-code')
    await then()
    await new Promise((resolve) => setImmediate(resolve))
    const set = timers.stop()
    expect(actions).to.have.length(1)
    expect(rejections).to.be.empty
    expect(set).to.deep.equal({ total: 1, open: 0 })
    return actions[0] as PassportAction
  }

  async function errorOf(respond: Responder, then?: () => Promise<void>): Promise<XaiOAuthError> {
    server = await FaultServer.start(respond)
    const { kind, values } = await signIn(server.origin, async () => {
      await then?.()
      await server?.hungUp()
    })
    expect(kind).to.equal('error')
    expect(values[0]).to.be.instanceOf(XaiOAuthError)
    expect(server.requests).to.have.length(1)
    expect(server.sockets.every(isClosed)).to.equal(true)
    return values[0] as XaiOAuthError
  }

  /** Lets the deadline pass once the server has been asked. */
  const pass =
    (respond: Responder): Responder =>
    (socket, request) => {
      respond(socket, request)
      setImmediate(() => mock.timers.tick(deadline))
    }

  it('fails with the cause when the connection is refused', async () => {
    const gone = await FaultServer.start(() => undefined)
    const { origin } = gone
    await gone.close()
    const { kind, values } = await signIn(origin)
    expect(kind).to.equal('error')
    expect(values[0]).to.include({ code: 'xai_token_exchange_failed', status: 502 })
    expect(values[0]).to.have.nested.property('cause.code', 'ECONNREFUSED')
    expect((values[0] as Error).message).to.match(/^xAI token exchange failed: connect ECONNREFUSED/)
    expect(values[0]).to.not.have.property('response')
  })

  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  const cuts: ReadonlyArray<readonly [what: string, respond: Responder, cause: RegExp]> = [
    ['is reset before the headers', (socket) => socket.resetAndDestroy(), /^ECONNRESET$/],
    ['is closed before the headers', (socket) => socket.destroy(), /^ECONNRESET$/],
    ['is closed in the headers', (socket) => socket.end(head), /^ECONNRESET$/],
    [
      'is cut inside a body with a length',
      (socket) => socket.end(`${head}Content-Length: 99\r\n\r\n{"access_token":"t"}`),
      /^ECONNRESET$/,
    ],
    [
      'is cut inside a chunked body',
      (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n14\r\n{"access_token":"t"}\r\n`),
      /^ECONNRESET$/,
    ],
    ['carries garbage', (socket) => socket.end('\u0000\u0001garbage\r\n\r\n'), /^HPE_/],
    [
      'carries a broken chunk',
      (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`),
      /^HPE_/,
    ],
    [
      'carries two lengths',
      (socket) => socket.end(`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`),
      /^HPE_/,
    ],
    [
      'carries huge headers',
      (socket) => socket.end(`${head}X-Huge: ${'x'.repeat(200_000)}\r\n\r\n`),
      /^HPE_HEADER_OVERFLOW$/,
    ],
  ]
  for (const [what, respond, cause] of cuts)
    it(`fails with the cause when the connection ${what}`, async () => {
      const error = await errorOf(respond)
      expect(error).to.include({ code: 'xai_token_exchange_failed', status: 502, statusCode: 502 })
      expect(error).to.have.nested.property('cause.code').that.matches(cause)
      expect(error).to.not.have.property('response')
    })

  it('fails when the server switches protocols', async () => {
    const error = await errorOf((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    )
    expect(error).to.include({ code: 'xai_token_exchange_failed', status: 502 })
    expect(error).to.have.nested.property('cause.message', 'the server switched protocols')
  })

  it('fails with the cause when the server does not speak TLS', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    const { kind, values } = await signIn(await listen(plain, 'https:'))
    await stop(plain)
    expect(kind).to.equal('error')
    expect(values[0]).to.include({ code: 'xai_token_exchange_failed', status: 502 })
    expect(values[0])
      .to.have.nested.property('cause.code')
      .that.matches(/^(EPROTO|ERR_SSL_)/)
  })

  describe('of TLS with a certificate that nobody vouches for', () => {
    const requests: string[] = []
    const certificate = buildSelfSigned()
    const tls = createTLSServer(certificate, (request, response) => {
      requests.push(`${request.method} ${request.url}`)
      response.setHeader('connection', 'close').end('{"access_token":"t"}')
    })
    let origin: string
    before(async () => {
      origin = await listen(tls, 'https:')
    })
    after(() => stop(tls))

    it('fails with the cause, and sends nothing', async () => {
      const { kind, values } = await signIn(origin)
      expect(kind).to.equal('error')
      expect(values[0]).to.include({ code: 'xai_token_exchange_failed', status: 502 })
      expect(values[0]).to.have.nested.property('cause.code', 'DEPTH_ZERO_SELF_SIGNED_CERT')
      expect(requests).to.be.empty
    })

    it('succeeds with an agent that does', async () => {
      const agent = new Agent({ ca: certificate.cert })
      const { kind } = await signIn(origin, undefined, { agent })
      expect(kind).to.equal('success')
      expect(requests).to.deep.equal(['POST /oauth2/token'])
    })
  })

  const stalls: ReadonlyArray<readonly [what: string, respond: Responder]> = [
    ['stalls before the headers', () => undefined],
    ['stalls in the body', (socket) => socket.write(`${head}Content-Length: 99\r\n\r\n{"access_token":`)],
    [
      'stalls before the last chunk',
      (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`),
    ],
    [
      'dribbles for ever',
      (socket) => {
        socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
        const dribble = setInterval(() => socket.write('1\r\n \r\n'), 1)
        socket.on('close', () => clearInterval(dribble))
      },
    ],
  ]
  for (const [what, respond] of stalls)
    it(`ends at the deadline when the response ${what}`, async () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      const error = await errorOf(pass(respond))
      expect(error).to.include({ code: 'xai_token_exchange_failed', status: 504, statusCode: 504 })
      expect(error.message).to.equal('xAI token exchange failed: no complete response within 20000 ms')
      expect(error).to.have.nested.property('cause.code', 'ETIMEDOUT')
      expect(error).to.not.have.property('response')
    })

  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
  const piece = 'x'.repeat(64 * 1024)
  const oversized: ReadonlyArray<readonly [what: string, start: string, part: string]> = [
    ['has no end', chunked, `10000\r\n${piece}\r\n`],
    ['has no end and comes in chunks of 16 bytes', chunked, `10\r\n${'x'.repeat(16)}\r\n`.repeat(10_000)],
    ['promises 3 GB', `${head}Content-Length: 3221225472\r\n\r\n`, piece],
    ['lasts until the connection is closed', `${head}\r\n`, piece],
  ]
  for (const [what, start, part] of oversized)
    it(`stops reading after one mebibyte of a body that ${what}`, async () => {
      const error = await errorOf((socket) => {
        socket.write(start)
        const pump = (): void => {
          while (!socket.destroyed && socket.write(part));
        }
        socket.on('drain', pump)
        pump()
      })
      expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502 })
      expect(error.message).to.match(/the body is larger than 1048576 bytes$/)
      expect(error.response?.body).to.equal('x'.repeat(64 * 1024))
      const written = server?.sockets[0]?.bytesWritten ?? 0
      // What lies in the buffers of two sockets comes on top, some megabytes at most.
      expect(written).to.be.within(1024 * 1024, 24 * 1024 * 1024)
    })

  it('refuses a gzip body that nobody asked for', async () => {
    const error = await errorOf((socket, request) => {
      expect(request).to.not.match(/accept-encoding/i)
      socket.end(httpResponse(200, gzipSync('{"access_token":"t"}'), 'Content-Encoding: gzip'))
    })
    expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502 })
  })

  const json = 'Content-Type: application/json'
  const unusable: ReadonlyArray<readonly [what: string, body: string | Buffer, header?: string]> = [
    ['null', 'null'],
    ['a list', '[{"access_token":"t"}]'],
    ['a string', '"t"'],
    ['a number', '1'],
    ['HTML', '<html><body>access_token=t</body></html>', 'Content-Type: text/html'],
    ['nothing', ''],
    ['invalid UTF-8', Buffer.from('7b226163636573735f746f6b656e223a22ff227d', 'hex')],
    ['another charset', '{"access_token":"t"}', `${json}; charset=iso-8859-15`],
    ['deep nesting', `{"access_token":${'['.repeat(200_000)}`],
    ['deep nesting that is closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a token behind __proto__', '{"__proto__":{"access_token":"t","token_type":"Bearer"}}'],
    ['a token of the wrong type', '{"access_token":{"toString":"t"}}'],
    ['a type that is not Bearer', '{"access_token":"t","token_type":"mac"}'],
    ['an error beside the token', '{"access_token":"t","error":"server_error"}'],
  ]
  for (const [what, body, header = json] of unusable)
    it(`refuses a 200 that holds ${what}`, async () => {
      const error = await errorOf((socket) => socket.end(httpResponse(200, body, header)))
      expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502, statusCode: 502 })
      expect(error.response).to.include({ status: 200 })
      expect({}).to.not.have.property('access_token')
    })

  async function paramsOf(respond: Responder): Promise<unknown> {
    server = await FaultServer.start(respond)
    const seen: unknown[] = []
    const strategy = strategyFor(server.origin, seen)
    const actions = await finish(strategy, await begin(strategy), 'the-code')
    expect(actions.map(({ kind }) => kind)).to.deep.equal(['success'])
    expect(rejections).to.be.empty
    expect(seen).to.have.length(1)
    return seen[0]
  }

  const text = '{"access_token":"t","note":"ü€🔑"}'
  const pieces: ReadonlyArray<readonly [what: string, respond: Responder]> = [
    ['in one piece', (socket) => socket.end(httpResponse(200, text))],
    ['after a byte order mark', (socket) => socket.end(httpResponse(200, `\ufeff${text}`))],
    ['until the connection is closed', (socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${text}`)],
    [
      'in chunks of one byte, which split every character',
      (socket) => {
        socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
        for (const byte of Buffer.from(text))
          socket.write(Buffer.from([...Buffer.from('1\r\n'), byte, 13, 10]))
        socket.end('0\r\n\r\n')
      },
    ],
    [
      'in packets of one byte',
      (socket) => {
        socket.setNoDelay(true)
        const bytes = [...httpResponse(200, text)]
        const send = (): void => {
          const byte = bytes.shift()
          if (byte === undefined) socket.end()
          else socket.write(Buffer.from([byte]), () => setImmediate(send))
        }
        send()
      },
    ],
  ]
  for (const [what, respond] of pieces)
    it(`reads a response that comes ${what}`, async () => {
      expect(await paramsOf(respond)).to.deep.equal({ access_token: 't', note: 'ü€🔑' })
    })

  it('hands __proto__ on as an ordinary key', async () => {
    const params = await paramsOf((socket) =>
      socket.end(httpResponse(200, '{"access_token":"t","__proto__":{"admin":true}}')),
    )
    expect(Object.keys(params as object)).to.include('__proto__')
    expect(params).to.not.have.property('admin')
    expect({}).to.not.have.property('admin')
  })

  describe('that was kept alive', () => {
    const tokens = httpResponse(200, '{"access_token":"t"}', json)
    const used = new WeakSet<Socket>()

    /** A strategy that has signed somebody in, at a server that from then on does this with the used connection. */
    async function signedIn(then: Responder): Promise<XaiStrategy> {
      server = await FaultServer.start((socket, request) => {
        if (used.has(socket)) return then(socket, request)
        used.add(socket)
        socket.write(tokens)
      })
      const strategy = strategyFor(server.origin)
      await finish(strategy, await begin(strategy), 'the-first-code')
      await new Promise(setImmediate)
      return strategy
    }

    it('succeeds when the server closes it as the code arrives, for one more request', async () => {
      const strategy = await signedIn((socket) => socket.destroy())
      const actions = await finish(strategy, await begin(strategy), 'the-code')
      expect(actions.map(({ kind }) => kind)).to.deep.equal(['success'])
      const codes = server?.requests.map((request) => /code=([\w-]+)/.exec(request)?.[1])
      expect(codes).to.deep.equal(['the-first-code', 'the-code', 'the-code'])
      expect(server?.sockets).to.have.length(2)
    })

    it('gets its own response when another one has arrived before', async () => {
      const strategy = await signedIn((socket) => socket.write(httpResponse(200, '{"access_token":"late"}')))
      const begun = await begin(strategy)
      server?.sockets[0]?.write(httpResponse(200, '{"access_token":"forged"}', json))
      const [action] = await finish(strategy, begun, 'the-code')
      expect(action).to.deep.include({ kind: 'success' })
      expect(action?.values[0]).to.deep.equal({ accessToken: 't' })
      expect(server?.sockets).to.have.length(2)
    })
  })
})

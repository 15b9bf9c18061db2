import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { expect } from 'chai'
import type { RequestEvent } from '../../lib/diagnostics.js'
import { OversizedBodyError } from '../../lib/http/request.js'
import { XaiOAuth2 } from '../../lib/token/client.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { uncaughtDuring } from '../support/uncaught.js'
import { until } from '../support/until.js'

type Results = [error: unknown, data?: unknown, response?: unknown]

describe('XaiOAuth2', () => {
  let server: FaultServer
  let respond: Responder
  beforeEach(async () => {
    respond = (socket) => socket.write(httpResponse(200, '{"ü":1}', 'X-A: b'))
    server = await FaultServer.start((socket, request) => respond(socket, request))
  })
  afterEach(() => server.close())

  const clientOf = (customHeaders: object = {}, clientSecret = ''): XaiOAuth2 =>
    new XaiOAuth2('app', clientSecret, '', '', `${server.origin}/oauth2/token`, customHeaders as never)

  const get = (client: XaiOAuth2, url = `${server.origin}/v1/me?a=b&c=%20`): Promise<Results> =>
    new Promise((resolve) => client.get(url, 'AT-1', (...results) => resolve(results as Results)))

  describe('get()', () => {
    it('asks the URL verbatim, with the token in the header', async () => {
      const [error, data, response] = await get(clientOf({ 'X-Trace': 'a', authorization: 'Basic other' }))
      expect(error).to.equal(null)
      expect(data).to.equal('{"ü":1}')
      expect(response).to.have.property('statusCode', 200)
      expect(response).to.have.nested.property('headers.x-a', 'b')
      expect(server.requests).to.have.length(1)
      const [request] = server.requests
      expect(request).to.match(/^GET \/v1\/me\?a=b&c=%20 HTTP\/1\.1\r\n/)
      expect(request)
        .to.match(/\r\nAuthorization: Bearer AT-1\r\n/)
        .and.to.match(/\r\nX-Trace: a\r\n/)
      expect(request).to.not.contain('other').and.to.not.contain('access_token')
    })

    it('is getProtectedResource(), which puts no token into the URL either', async () => {
      const client = clientOf() as XaiOAuth2 & { getProtectedResource: XaiOAuth2['get'] }
      await new Promise((resolve) => client.getProtectedResource(`${server.origin}/v1/me`, 'AT-1', resolve))
      expect(server.requests[0]).to.match(/^GET \/v1\/me HTTP/)
      expect(server.requests[0]).to.match(/\r\nAuthorization: Bearer AT-1\r\n/)
    })

    it('takes HTTP 299 for success', async () => {
      respond = (socket) => socket.write(httpResponse(299, 'yes'))
      expect((await get(clientOf())).slice(0, 2)).to.deep.equal([null, 'yes'])
    })

    it('takes a status below 200 for a failure', async () => {
      respond = (socket) => socket.write('HTTP/1.1 099 Status\r\nContent-Length: 2\r\n\r\nno')
      expect(await get(clientOf())).to.deep.equal([{ statusCode: 99, data: 'no' }])
    })

    it('tells listeners of passport-xai:request what it is', async () => {
      const told: unknown[] = []
      const listen = (event: unknown): void => void told.push((event as RequestEvent).what)
      subscribe('tracing:passport-xai:request:asyncEnd', listen)
      await get(clientOf())
      unsubscribe('tracing:passport-xai:request:asyncEnd', listen)
      expect(told).to.deep.equal(['OAuth2 request'])
    })

    for (const status of [300, 302, 403, 500])
      it(`reports HTTP ${status} by status and body, and goes nowhere else`, async () => {
        respond = (socket) => socket.write(httpResponse(status, 'no', 'Location: /elsewhere'))
        expect(await get(clientOf())).to.deep.equal([{ statusCode: status, data: 'no' }])
        expect(server.requests).to.have.length(1)
      })

    it('reports a broken connection, once', async () => {
      respond = (socket) => socket.destroy()
      const results = await get(clientOf())
      expect(results).to.have.length(1)
      expect(results[0]).to.include({ code: 'ECONNRESET' })
    })

    it('stops reading after one mebibyte', async () => {
      respond = (socket) => socket.write(httpResponse(200, 'x'.repeat(1024 * 1024 + 1)))
      const results = await get(clientOf())
      expect(results[0]).to.be.instanceOf(OversizedBodyError)
      await server.hungUp()
    })

    it('reports a URL that is none', async () => {
      const results = await get(clientOf(), 'nowhere')
      expect(results[0]).to.be.instanceOf(TypeError)
      expect(server.requests).to.be.empty
    })

    it('lets the exception of a callback through, and calls it once', async () => {
      const thrown = new Error('the application’s own')
      let calls = 0
      const uncaught = await uncaughtDuring(async (uncaught) => {
        clientOf().get(`${server.origin}/`, 'AT-1', () => {
          calls += 1
          throw thrown
        })
        await until(() => uncaught.length > 0)
        await new Promise((resolve) => setImmediate(resolve))
      })
      expect(uncaught).to.deep.equal([thrown])
      expect(calls).to.equal(1)
    })
  })

  it('sends a body that a subclass’s own request has, with its length', async () => {
    class Posting extends XaiOAuth2 {
      post(body: string): Promise<Results> {
        return new Promise((resolve) =>
          this._request('POST', `${server.origin}/v1`, null, body, 'AT-1', (...results) =>
            resolve(results as Results),
          ),
        )
      }
    }
    const [error] = await new Posting('app', '', '', '', '', {}).post('ü=1')
    expect(error).to.equal(null)
    expect(server.requests[0])
      .to.match(/\r\nAuthorization: Bearer AT-1\r\n/)
      .and.to.match(/\r\nContent-Length: 4\r\n/)
    expect(server.requests[0]).to.match(/\r\n\r\nü=1$/)
  })

  describe('_request()', () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0d, 0x0a, 0xc3])
    class Posting extends XaiOAuth2 {
      post(url: string, body: unknown): Promise<Results> {
        const headers = { 'Content-Type': 'application/octet-stream' }
        return new Promise((resolve) =>
          this._request('POST', url, headers, body, 'AT-1', (...results) => resolve(results as Results)),
        )
      }
    }

    for (const [what, body] of [
      ['a Buffer', bytes],
      ['a Uint8Array', new Uint8Array(bytes)],
    ] as const)
      it(`sends ${what} as it is`, async () => {
        const received: Buffer[] = []
        const upload = createServer((request, response) => {
          request.on('data', (chunk) => received.push(chunk)).on('end', () => response.end())
        })
        await new Promise<void>((resolve) => upload.listen(0, '127.0.0.1', resolve))
        const { port } = upload.address() as AddressInfo
        try {
          const [error] = await new Posting('app', '', '', '', '', {}).post(`http://127.0.0.1:${port}/`, body)
          expect(error).to.equal(null)
        } finally {
          upload.closeAllConnections()
          upload.close()
        }
        expect(Buffer.concat(received).equals(bytes)).to.equal(true)
      })
  })

  describe('getOAuthAccessToken() with another grant type', () => {
    const ask = (client: XaiOAuth2, code: string, params: object): Promise<unknown[]> =>
      new Promise((resolve) =>
        client.getOAuthAccessToken(code, params as never, (...values) => resolve(values)),
      )
    const formOf = (request = ''): object =>
      Object.fromEntries(new URLSearchParams(request.split('\r\n\r\n')[1]))

    it('asks for a token of the client itself, without code, verifier or echo', async () => {
      respond = (socket) => socket.write(httpResponse(200, '{"access_token":"AT-1"}'))
      const params = Object.freeze({ grant_type: 'client_credentials', scope: 'api:access' })
      expect(await ask(clientOf(), '', params)).to.deep.equal([
        null,
        'AT-1',
        undefined,
        { access_token: 'AT-1' },
      ])
      expect(formOf(server.requests[0])).to.deep.equal({
        grant_type: 'client_credentials',
        scope: 'api:access',
        client_id: 'app',
      })
    })

    it('says what the server says of it, and blames no state store', async () => {
      respond = (socket) => socket.write(httpResponse(400, '{"error":"unsupported_grant_type"}'))
      const [error] = await ask(clientOf(), '', { grant_type: 'client_credentials' })
      expect(error).to.include({
        code: 'xai_token_exchange_failed',
        status: 400,
        error: 'unsupported_grant_type',
      })
      expect((error as Error).message).not.to.match(/verifier|state store/)
    })

    it('sends a code that it is given with one', async () => {
      respond = (socket) => socket.write(httpResponse(200, '{"access_token":"AT-1"}'))
      await ask(clientOf(), 'the-code', { grant_type: 'urn:example:grant' })
      expect(formOf(server.requests[0])).to.deep.equal({
        grant_type: 'urn:example:grant',
        code: 'the-code',
        client_id: 'app',
      })
    })

    it('asks with a device code, which no error repeats', async () => {
      const deviceCode = 'device code of this test'
      const body = JSON.stringify({ error: 'invalid_grant', error_description: deviceCode })
      respond = (socket) => socket.write(httpResponse(400, body))
      const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
      const [error] = await ask(clientOf(), '', { grant_type: grantType, device_code: deviceCode })
      expect(formOf(server.requests[0])).to.deep.equal({
        grant_type: grantType,
        device_code: deviceCode,
        client_id: 'app',
      })
      expect(error).to.include({ code: 'xai_token_exchange_failed', error: 'invalid_grant' })
      expect((error as Error).message).not.to.contain(deviceCode)
    })
  })

  it('repeats no parameter that proves something in an error, whatever its type', async () => {
    const proofs = { password: 1234, assertion: ['proof one', 'proof two'], client_assertion: 'proof three' }
    const spoken = Object.values(proofs).flat().join('; ')
    const body = JSON.stringify({ error: 'invalid_request', error_description: spoken })
    respond = (socket) => socket.write(httpResponse(400, body))
    for (const grant_type of ['password', 'refresh_token']) {
      const [error] = await new Promise<unknown[]>((resolve) =>
        clientOf().getOAuthAccessToken('OR-1', { grant_type, ...proofs } as never, (...values) =>
          resolve(values),
        ),
      )
      expect(error).to.have.property('error_description', Array(4).fill('[redacted]').join('; '))
      expect(inspect(error, { depth: 9 })).not.to.match(/1234|proof/)
    }
  })

  describe('of a strategy exchanges a code', () => {
    const exchange = (change: (client: XaiOAuth2) => object): Promise<unknown[]> => {
      respond = (socket) => socket.write(httpResponse(200, '{"access_token":"AT-1"}'))
      const client = XaiOAuth2.of({
        clientID: 'app',
        clientSecret: undefined,
        clientAuthentication: 'none',
        authorizationURL: `${server.origin}/oauth2/authorize`,
        tokenURL: `${server.origin}/oauth2/token`,
        revocationURL: `${server.origin}/oauth2/revoke`,
        customHeaders: {},
        agent: undefined,
        timeout: 5000,
        echoCodeChallenge: true,
      })
      const { getOAuthAccessToken } = client
      const params = { code_verifier: 'v'.repeat(43) } as never
      return new Promise((resolve) =>
        getOAuthAccessToken.call(change(client) as never, 'the-code', params, (...values) => resolve(values)),
      )
    }

    it('when it is frozen', async () => {
      expect(await exchange(Object.freeze)).to.include('AT-1')
    })

    it('when its method is called without it', async () => {
      expect(await exchange(() => ({}))).to.include('AT-1')
    })
  })

  for (const agent of [undefined, new Agent({ keepAlive: true })])
    it(`sees an idle connection to a host, of ${agent ? 'its own agent' : 'the default agent'}`, async () => {
      const client = clientOf()
      if (agent) client.setAgent(agent)
      expect(client.hasIdleConnection(server.origin)).to.equal(false)
      await get(client)
      await until(() => client.hasIdleConnection(server.origin))
      expect(client.hasIdleConnection('http://127.0.0.1:9')).to.equal(false)
      agent?.destroy()
    })

  it('echoes the challenge, as a public client, when it was told nothing else', async () => {
    respond = (socket) => socket.write(httpResponse(200, '{"access_token":"AT-1"}'))
    const params = { code_verifier: 'v'.repeat(43) }
    const results = await new Promise<unknown[]>((resolve) =>
      clientOf({}, 'unused').getOAuthAccessToken('the-code', params as never, (...values) => resolve(values)),
    )
    expect(results).to.deep.equal([null, 'AT-1', undefined, { access_token: 'AT-1' }])
    expect(server.requests[0]).to.match(/&code_challenge=[\w-]{43}&code_challenge_method=S256&client_id=app$/)
    expect(server.requests[0]).to.not.contain('redirect_uri').and.to.not.contain('unused')
  })
})

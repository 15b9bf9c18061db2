import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import { expect } from 'chai'
import { MemoryTokenStore, TokenManager } from '../../lib/index.js'
import { failureOf } from '../support/failure.js'
import { lostResponse, RotatingServer } from '../support/rotating-server.js'
import { until } from '../support/until.js'

const key = 'person'

type Respond = (response: ServerResponse, request: IncomingMessage) => void

/** An API on loopback that responds to each request as the test says, in turn. */
class Api {
  readonly requests: Array<{ method: string; url: string; authorization: string | undefined; body: string }> =
    []
  readonly responses: Respond[] = []
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const body = Buffer.concat(chunks).toString()
        this.requests.push({ method, url, authorization: headers.authorization, body })
        const respond = this.responses.shift() ?? respondWith(200, 'ok')
        respond(response, request)
      })
    })
  }

  static async start(): Promise<Api> {
    const api = new Api()
    await new Promise<void>((resolve) => api.server.listen(0, '127.0.0.1', resolve))
    return api
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get tokens(): string[] {
    return this.requests.map(({ authorization }) => `${authorization}`)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

const respondWith =
  (status: number, body = '', headers: Record<string, string> = {}): Respond =>
  (response) => {
    response.writeHead(status, headers).end(body)
  }

/** A response whose body does not end, and whether its connection has ended. */
function respondEndlessly(status: number): { respond: Respond; isClosed: () => boolean } {
  let isClosed = false
  const respond: Respond = (response) => {
    response.on('close', () => {
      isClosed = true
    })
    response.writeHead(status).write('…')
  }
  return { respond, isClosed: () => isClosed }
}

const badCredentials = JSON.stringify({
  code: 'unauthenticated:bad-credentials',
  error: 'The token is invalid',
})

describe('TokenManager.fetch', () => {
  let api: Api
  let server: RotatingServer
  let store: MemoryTokenStore
  let manager: TokenManager
  let first: ReturnType<RotatingServer['signIn']>
  beforeEach(async () => {
    api = await Api.start()
    server = new RotatingServer()
    store = new MemoryTokenStore()
    manager = new TokenManager({ strategy: server.strategy(), store })
    first = server.signIn(key)
    await manager.save(key, first)
  })
  afterEach(() => {
    mock.timers.reset()
    return api.close()
  })

  it('sends the access token, and what it was given', async () => {
    const init = { method: 'POST', headers: { Authorization: 'Basic other', 'X-A': 'b' }, body: 'data' }
    const response = await manager.fetch(key, `${api.origin}/v1/models?a=b`, init)
    expect(response.status).to.equal(200)
    expect(await response.text()).to.equal('ok')
    expect(api.requests).to.deep.equal([
      { method: 'POST', url: '/v1/models?a=b', authorization: `Bearer ${first.access_token}`, body: 'data' },
    ])
    expect(init.headers).to.deep.equal({ Authorization: 'Basic other', 'X-A': 'b' })
  })

  it('refreshes first where the token is about to end', async () => {
    await manager.save(key, { ...first, expires_in: 0 })
    await manager.fetch(key, new URL(api.origin))
    expect(api.tokens).to.have.length(1).and.not.include(`Bearer ${first.access_token}`)
    expect(server.sent).to.deep.equal([first.refresh_token])
  })

  describe('refreshes once and sends once more', () => {
    const bad: ReadonlyArray<readonly [what: string, respond: Respond]> = [
      ['401', respondWith(401, '{"code":"unauthenticated:no-credentials"}')],
      ['401 with an empty body', respondWith(401)],
      ['401 with a page', respondWith(401, '<html>', { 'content-type': 'text/html' })],
      ['403 with bad credentials', respondWith(403, badCredentials)],
      ['403 with another reason of the kind', respondWith(403, '{"code":"unauthenticated:expired"}')],
      ['403 of the kind without a reason', respondWith(403, '{"code":"unauthenticated"}')],
      ['403 with bad credentials in 64 KiB', respondWith(403, badCredentials.padEnd(64 * 1024))],
      ['403 with an empty body', respondWith(403)],
      [
        '403 with an empty body in chunks',
        (response) => {
          response.writeHead(403, { 'transfer-encoding': 'chunked' }).end()
        },
      ],
      [
        '403 with bad credentials in pieces',
        (response) => {
          response.writeHead(403)
          response.write(badCredentials.slice(0, 20), () => response.end(badCredentials.slice(20)))
        },
      ],
    ]
    for (const [what, respond] of bad)
      it(`on ${what}`, async () => {
        api.responses.push(respond)
        const response = await manager.fetch(key, api.origin)
        expect(response.status).to.equal(200)
        expect(await response.text()).to.equal('ok')
        expect(server.sent).to.deep.equal([first.refresh_token])
        const renewed = await manager.accessToken(key)
        expect(api.tokens).to.deep.equal([`Bearer ${first.access_token}`, `Bearer ${renewed}`])
      })

    it('and lets the first response go, whose body may not end', async () => {
      const refusal = respondEndlessly(401)
      api.responses.push(refusal.respond)
      expect((await manager.fetch(key, api.origin)).status).to.equal(200)
      await until(refusal.isClosed)
    })

    it('and gives the second response as it is, whatever it says', async () => {
      api.responses.push(respondWith(403, badCredentials), respondWith(403, badCredentials))
      const response = await manager.fetch(key, api.origin)
      expect(response.status).to.equal(403)
      expect(response.bodyUsed).to.equal(false)
      expect(await response.text()).to.equal(badCredentials)
      expect(api.requests).to.have.length(2)
      expect(server.sent).to.have.length(1)
    })

    it('for many callers at once, with one refresh', async () => {
      const refuseFirst: Respond = (response, request) => {
        const isFirst = request.headers.authorization === `Bearer ${first.access_token}`
        respondWith(isFirst ? 403 : 200)(response, request)
      }
      api.responses.push(...Array.from({ length: 40 }, () => refuseFirst))
      const all = await Promise.all(Array.from({ length: 20 }, () => manager.fetch(key, api.origin)))
      for (const { status } of all) expect(status).to.equal(200)
      expect(server.sent).to.deep.equal([first.refresh_token])
    })

    it('without a refresh when another caller has refreshed meanwhile', async () => {
      let other = ''
      api.responses.push(async (response, request) => {
        other = server.signIn(key).access_token
        await manager.save(key, { access_token: other, refresh_token: 'of the newer sign-in' })
        respondWith(401)(response, request)
      })
      expect((await manager.fetch(key, api.origin)).status).to.equal(200)
      expect(server.sent).to.be.empty
      expect(api.tokens[1]).to.equal(`Bearer ${other}`)
    })

    const bodies: ReadonlyArray<readonly [what: string, body: () => unknown, sent: RegExp]> = [
      ['null', () => null, /^$/],
      ['a text', () => 'a text', /^a text$/],
      ['an empty text', () => '', /^$/],
      ['bytes', () => new TextEncoder().encode('bytes'), /^bytes$/],
      ['a Buffer', () => Buffer.from('a Buffer'), /^a Buffer$/],
      ['an ArrayBuffer', () => new TextEncoder().encode('bytes').buffer, /^bytes$/],
      ['a Blob', () => new Blob(['a ', 'Blob']), /^a Blob$/],
      ['parameters', () => new URLSearchParams({ a: 'b c' }), /^a=b\+c$/],
      [
        'a form',
        () => {
          const form = new FormData()
          form.set('name', 'value')
          return form
        },
        /name="name"\r\n\r\nvalue\r\n/,
      ],
    ]
    for (const [what, body, sent] of bodies)
      it(`with ${what} for a body, twice the same`, async () => {
        api.responses.push(respondWith(401))
        const init = { method: 'POST', body: body() } as RequestInit
        expect((await manager.fetch(key, api.origin, init)).status).to.equal(200)
        expect(api.requests).to.have.length(2)
        for (const request of api.requests) expect(request.body).to.match(sent)
      })
  })

  describe('with a body that can be read once only', () => {
    const stream = (): ReadableStream => new Blob(['streamed']).stream() as unknown as ReadableStream
    const iterable = async function* (): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('streamed')
    }
    const once: ReadonlyArray<readonly [what: string, body: () => unknown]> = [
      ['a stream', stream],
      ['an iterable', iterable],
    ]
    for (const [what, body] of once)
      it(`refreshes and gives the first response back, unread: ${what}`, async () => {
        api.responses.push(respondWith(403, badCredentials))
        const init = { method: 'POST', body: body(), duplex: 'half' } as RequestInit
        const response = await manager.fetch(key, api.origin, init)
        expect(response.status).to.equal(403)
        expect(await response.text()).to.equal(badCredentials)
        expect(api.requests.map(({ body }) => body)).to.deep.equal(['streamed'])
        expect(server.sent).to.deep.equal([first.refresh_token])
        expect(await manager.accessToken(key)).not.to.equal(first.access_token)
      })
  })

  describe('gives the response back as it is, and refreshes nothing', () => {
    const others: ReadonlyArray<readonly [what: string, status: number, body: string]> = [
      ['a success', 200, badCredentials],
      [
        'a lacking scope',
        403,
        '{"code":"permission-denied","error":"OAuth2 token missing required scope: api:access"}',
      ],
      ['a spent limit', 403, '{"code":"personal-team-blocked:spending-limit"}'],
      ['403 with a page', 403, '<html>unauthenticated:</html>'],
      ['403 with a code that is not a text', 403, '{"code":["unauthenticated:bad-credentials"]}'],
      ['403 with bad credentials in more than 64 KiB', 403, badCredentials.padEnd(64 * 1024 + 1)],
      ['403 with a code that only contains the word', 403, '{"code":"not-unauthenticated:x"}'],
      ['403 with the word elsewhere', 403, '{"error":"unauthenticated:bad-credentials"}'],
      ['403 with null', 403, 'null'],
      ['403 with a blank', 403, ' '],
      ['400', 400, badCredentials],
      ['404', 404, ''],
      ['429', 429, ''],
      ['500', 500, ''],
    ]
    for (const [what, status, body] of others)
      it(`on ${what}`, async () => {
        api.responses.push(respondWith(status, body))
        const response = await manager.fetch(key, api.origin)
        expect(response.status).to.equal(status)
        expect(response.bodyUsed).to.equal(false)
        expect(await response.text()).to.equal(body)
        expect(api.requests).to.have.length(1)
        expect(server.sent).to.be.empty
      })

    it('on a 401 where there is no refresh token, and keeps the tokens', async () => {
      await manager.save(key, { access_token: 'alone' })
      api.responses.push(respondWith(401, 'no'))
      const response = await manager.fetch(key, api.origin)
      expect(response.status).to.equal(401)
      expect(await response.text()).to.equal('no')
      expect(api.requests).to.have.length(1)
      expect(await manager.accessToken(key)).to.equal('alone')
    })

    it('on a 403 whose body does not end, of which it reads little', async () => {
      let written = 0
      api.responses.push((response) => {
        response.writeHead(403)
        const chunk = Buffer.alloc(64 * 1024, ' ')
        const write = (): void => {
          do written += chunk.length
          while (!response.destroyed && response.write(chunk))
        }
        response.on('drain', write)
        write()
      })
      const response = await manager.fetch(key, api.origin)
      expect(response.status).to.equal(403)
      const reader = response.body?.getReader()
      expect((await reader?.read())?.value?.[0]).to.equal(0x20)
      await reader?.cancel()
      expect(written).to.be.below(32 * 1024 * 1024)
      expect(server.sent).to.be.empty
    })

    it('on a 403 whose body stalls, after five seconds', async () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      let end = (): void => {}
      api.responses.push((response) => {
        response.writeHead(403).flushHeaders()
        end = () => response.end('late')
      })
      let isBack = false
      const fetched = manager.fetch(key, api.origin).finally(() => {
        isBack = true
      })
      await until(() => {
        mock.timers.tick(1000)
        return isBack
      })
      const response = await fetched
      expect(response.status).to.equal(403)
      expect(server.sent).to.be.empty
      end()
      expect(await response.text()).to.equal('late')
    })

    it('on a 403 whose body breaks off', async () => {
      api.responses.push((response) => {
        response.writeHead(403, { 'content-length': '1000' })
        response.write('{"code":"unauthenticated:', () => response.destroy())
      })
      const response = await manager.fetch(key, api.origin)
      expect(response.status).to.equal(403)
      expect(server.sent).to.be.empty
      await failureOf(response.text())
    })
  })

  it('takes null for no further settings, as fetch does', async () => {
    const response = await manager.fetch(key, api.origin, null)
    expect(response.status).to.equal(200)
  })

  it('goes through a fetch that the application replaced, also one whose response has no URL and no body', async () => {
    const responses = [new Response(null, { status: 403 }), new Response('ok')]
    const replaced = mock.method(globalThis, 'fetch', async () => responses.shift())
    try {
      expect(await (await manager.fetch(key, 'https://api.x.ai/v1/me')).text()).to.equal('ok')
      expect(replaced.mock.callCount()).to.equal(2)
      expect(server.sent).to.have.length(1)
    } finally {
      replaced.mock.restore()
    }
  })

  describe('when the refresh fails', () => {
    it('asks for a new sign-in where xAI refuses the refresh token', async () => {
      await server.strategy().revoke(first.refresh_token)
      api.responses.push(respondWith(403, badCredentials))
      expect(await failureOf(manager.fetch(key, api.origin))).to.include({ code: 'xai_sign_in_needed' })
      expect(api.requests).to.have.length(1)
      expect(await store.read(key)).to.equal(undefined)
    })

    it('hands on why, keeps the tokens, and lets the response go', async () => {
      server.onArrival = lostResponse
      const refusal = respondEndlessly(401)
      api.responses.push(refusal.respond)
      expect(await failureOf(manager.fetch(key, api.origin))).to.include({ code: 'xai_refresh_failed' })
      expect(api.requests).to.have.length(1)
      expect(await manager.accessToken(key)).to.equal(first.access_token)
      await until(refusal.isClosed)
    })
  })

  it('ends the wait for a refresh when its signal aborts, and the refresh goes on', async () => {
    let respond = (): void => {}
    server.onResponse = () =>
      new Promise((resolve) => {
        respond = resolve
      })
    api.responses.push(respondWith(401))
    const controller = new AbortController()
    const reason = new Error('the visitor went away')
    const left = failureOf(manager.fetch(key, api.origin, { signal: controller.signal }))
    await until(() => server.sent.length === 1)
    controller.abort(reason)
    expect(await left).to.equal(reason)
    respond()
    await until(() => api.requests.length === 1)
    expect(await manager.accessToken(key)).to.match(/^access of/)
    expect((await manager.fetch(key, api.origin)).status).to.equal(200)
    expect(server.sent).to.have.length(1)
  })

  describe('across a redirect', () => {
    let elsewhere: Api
    beforeEach(async () => {
      elsewhere = await Api.start()
    })
    afterEach(() => elsewhere.close())

    for (const status of [301, 302, 303, 307, 308])
      it(`with ${status} to another origin shows no token there, and a refusal there refreshes nothing`, async () => {
        api.responses.push(respondWith(status, '', { location: `${elsewhere.origin}/x` }))
        elsewhere.responses.push(respondWith(401, 'who are you?'))
        const response = await manager.fetch(key, api.origin)
        expect(response.status).to.equal(401)
        expect(elsewhere.tokens).to.deep.equal(['undefined'])
        expect(elsewhere.requests).to.have.length(1)
        expect(server.sent).to.be.empty
      })

    it('shows no token after a way over another origin either', async () => {
      api.responses.push(respondWith(302, '', { location: `${elsewhere.origin}/x` }))
      elsewhere.responses.push(respondWith(302, '', { location: `${api.origin}/back` }))
      await manager.fetch(key, `${api.origin}/`)
      expect(api.tokens).to.deep.equal([`Bearer ${first.access_token}`, 'undefined'])
      expect(elsewhere.tokens).to.deep.equal(['undefined'])
    })

    it('within the origin keeps the token', async () => {
      api.responses.push(respondWith(307, '', { location: '/x' }))
      expect((await manager.fetch(key, api.origin)).status).to.equal(200)
      expect(api.tokens).to.deep.equal(Array(2).fill(`Bearer ${first.access_token}`))
    })

    it('follows none where it is told so', async () => {
      api.responses.push(respondWith(302, '', { location: `${elsewhere.origin}/x` }))
      const response = await manager.fetch(key, api.origin, { redirect: 'manual' })
      expect(response.status).to.equal(302)
      expect(elsewhere.requests).to.be.empty
    })
  })

  const refused: readonly unknown[] = [
    'http://api.x.ai/v1/me',
    'http://127.0.0.1.example/',
    'ftp://api.x.ai/',
    'data:text/plain,x',
    'file:///etc/hosts',
    '/v1/me',
    'api.x.ai',
    ['https://api.x.ai/v1/me'],
    '',
    undefined,
    null,
    new Request('https://api.x.ai/v1/me'),
    { href: 'https://api.x.ai/' },
  ]
  for (const url of refused)
    it(`refuses ${url instanceof Request ? 'a Request' : JSON.stringify(url)} for a URL, and asks neither store nor xAI`, async () => {
      let reads = 0
      store.read = async () => {
        reads += 1
        return undefined
      }
      const error = await failureOf(manager.fetch(key, url as never))
      expect(error).to.be.instanceOf(TypeError)
      expect(error.message).to.match(/^TokenManager: url must be an absolute https URL/)
      expect(reads).to.equal(0)
      expect(server.sent).to.be.empty
    })
})

import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { Agent } from 'node:http'
import { expect } from 'chai'
import type { RequestEvent } from '../../lib/diagnostics.js'
import { idleConnectionsOf } from '../../lib/http/agent.js'
import { type HttpRequest, sendRequest } from '../../lib/http/request.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'
import { uncaughtDuring } from '../support/uncaught.js'
import { until } from '../support/until.js'

const channel = tracingChannel<RequestEvent, RequestEvent>('passport-xai:request')
const token = 'OR-1a2b3c4d5e6f7g8h'

describe('the channel passport-xai:request', () => {
  let server: FaultServer
  let respond: Responder
  const published: Array<[when: string, event: RequestEvent]> = []
  const keep =
    (when: string) =>
    (event: RequestEvent): void => {
      published.push([when, { ...event }])
    }
  const listener = {
    start: keep('start'),
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: keep('end'),
    error: keep('error'),
  }

  beforeEach(async () => {
    server = await FaultServer.start((socket, request) => respond(socket, request))
    published.length = 0
    channel.subscribe(listener)
  })
  afterEach(async () => {
    channel.unsubscribe(listener)
    await server.close()
  })

  const send = (changes: Partial<HttpRequest> = {}): Promise<unknown> => {
    const url = `${server.origin}/oauth2/token?secret=${token}#${token}`
    const headers = { Authorization: `Bearer ${token}` }
    const request = { what: 'xAI token exchange', method: 'POST', url, headers, timeout: 4000 } as const
    return sendRequest({ ...request, body: `code=${token}`, ...changes }).catch(() => undefined)
  }

  const started = () => ({ what: 'xAI token exchange', method: 'POST', url: `${server.origin}/oauth2/token` })

  const controller = new AbortController()
  const rows: ReadonlyArray<
    readonly [what: string, respond: Responder, changes: Partial<HttpRequest>, end: Partial<RequestEvent>]
  > = [
    [
      'a response',
      (socket) => socket.end(httpResponse(200, token, `X-A: ${token}`)),
      {},
      { outcome: 'response', status: 200 },
    ],
    ['a refusal', (socket) => socket.end(httpResponse(400, token)), {}, { outcome: 'response', status: 400 }],
    ['no response in time', () => undefined, { timeout: 30 }, { outcome: 'timeout' }],
    ['a connection that is reset', (socket) => socket.resetAndDestroy(), {}, { outcome: 'no_response' }],
    ['garbage', (socket) => socket.end(`${token}\r\n\r\n`), {}, { outcome: 'no_response' }],
    [
      'a URL of another protocol than the agent’s',
      () => undefined,
      { url: 'https://127.0.0.1:1/', agent: new Agent() },
      { outcome: 'no_response' },
    ],
    [
      'a body that is too large',
      (socket) => socket.end(httpResponse(200, 'x'.repeat(1_100_000))),
      {},
      { outcome: 'too_large', status: 200 },
    ],
    [
      'the signal of the caller',
      () => controller.abort(token),
      { signal: controller.signal },
      { outcome: 'aborted' },
    ],
  ]
  for (const [what, responder, changes, end] of rows)
    it(`says of ${what} how it ended, and no secret`, async () => {
      respond = responder
      await send(changes)
      expect(published.map(([when]) => when)).to.deep.equal(['start', 'end'])
      const [start, { milliseconds, ...rest }] = published.map(([, event]) => event) as [
        RequestEvent,
        RequestEvent,
      ]
      const expected = { ...started(), ...(changes.url && { url: changes.url }) }
      expect(start).to.deep.equal(expected)
      expect(rest).to.deep.equal({ ...expected, ...end })
      expect(milliseconds).to.be.within(0, 4000)
      expect(JSON.stringify(published)).to.not.contain(token)
    })

  it('says that a request was sent once more, in one event', async () => {
    const agent = new Agent({ keepAlive: true })
    respond = (socket) =>
      server.requests.length === 2 ? socket.destroy() : socket.write(httpResponse(200, ''))
    await send({ agent })
    await until(() => idleConnectionsOf(agent, server.origin).length === 1)
    await send({ agent })
    agent.destroy()
    expect(server.requests).to.have.length(3)
    expect(published.map(([when, { resent }]) => [when, resent])).to.deep.equal([
      ['start', undefined],
      ['end', undefined],
      ['start', undefined],
      ['end', true],
    ])
  })

  it('shows no credentials of a URL', async () => {
    respond = (socket) => socket.end(httpResponse(200, ''))
    await send({ url: server.origin.replace('//', `//user:${token}@`) })
    expect(published[0]?.[1].url).to.equal(`${server.origin}/`)
    expect(JSON.stringify(published)).to.not.contain(token)
  })

  it('gives the context of its listener to what happens in the request', async () => {
    const spans = new AsyncLocalStorage<RequestEvent>()
    channel.start.bindStore(spans, (event) => event)
    let seen: RequestEvent | undefined
    const agent = new Agent()
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (...args) => {
      seen = spans.getStore()
      return connect(...args)
    }
    respond = (socket) => socket.end(httpResponse(200, ''))
    try {
      await send({ agent })
    } finally {
      channel.start.unbindStore(spans)
    }
    expect(seen).to.include(started())
    expect(spans.getStore()).to.equal(undefined)
  })

  it('survives a listener that throws', async () => {
    const thrown = new Error('of a listener')
    const throwing = (): void => {
      throw thrown
    }
    channel.start.subscribe(throwing)
    channel.asyncEnd.subscribe(throwing)
    respond = (socket) => socket.end(httpResponse(200, ''))
    const uncaught = await uncaughtDuring(async (uncaught) => {
      expect(await send()).to.include({ status: 200 })
      await until(() => uncaught.length === 2)
    }).finally(() => {
      channel.start.unsubscribe(throwing)
      channel.asyncEnd.unsubscribe(throwing)
    })
    expect(uncaught).to.deep.equal([thrown, thrown])
  })

  it('is silent about a URL that is not one, which nobody can be asked at', async () => {
    await send({ url: 'nowhere' })
    expect(published).to.be.empty
  })

  it('builds nothing while nobody listens', async () => {
    channel.unsubscribe(listener)
    respond = (socket) => socket.end(httpResponse(200, ''))
    let read = 0
    const request = {
      method: 'GET',
      url: server.origin,
      headers: {},
      timeout: 4000,
      get what() {
        read += 1
        return 'test'
      },
    } as const
    await sendRequest(request)
    expect(read).to.equal(0)
    channel.subscribe(listener)
    await sendRequest(request)
    expect(read).to.equal(1)
  })
})

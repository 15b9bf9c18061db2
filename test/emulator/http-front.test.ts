import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { buildJSONAnswer } from '../../lib/emulator/answer.js'
import { HTTPFront } from '../../lib/emulator/http-front.js'
import { RequestLog } from '../../lib/emulator/request-log.js'
import { CookieClient } from '../support/browserless-client.js'

describe('HTTPFront', () => {
  let front: HTTPFront
  let origin: string
  let answers: number
  before(async () => {
    front = new HTTPFront(async ({ path }) => {
      answers += 1
      if (path === '/broken') throw new Error('a defect')
      return buildJSONAnswer(200, {})
    })
    origin = await front.listen(0)
  })
  after(() => front.close())
  beforeEach(() => {
    answers = 0
  })

  it('answers a defect with 500 and its message', async () => {
    const { status, body } = await new CookieClient().get(`${origin}/broken`)
    expect(status).to.equal(500)
    expect(JSON.parse(body)).to.deep.equal({ error: 'server_error', error_description: 'Error: a defect' })
  })

  it('outlives a client that goes away before its body is complete', async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    socket.write('POST /oauth2/token HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf', () =>
      socket.destroy(),
    )
    await once(socket, 'close')
    expect((await new CookieClient().get(`${origin}/`)).status).to.equal(200)
    expect(answers).to.equal(1)
    expect(front.log.requests.filter(({ method }) => method === 'POST')).to.be.empty
  })
})

describe('RequestLog', () => {
  it('forgets the oldest request beyond its limit', () => {
    const log = new RequestLog(2)
    for (const path of ['/1', '/2', '/3']) log.add({ method: 'GET', path, query: {}, headers: {}, body: '' })
    expect(log.requests.map(({ path }) => path)).to.deep.equal(['/2', '/3'])
  })
})

import { expect } from 'chai'
import type { XaiOAuthError } from '../../lib/error.js'
import { requestUserinfo, type Userinfo } from '../../lib/identity/userinfo.js'
import { XaiOAuth2 } from '../../lib/token/client.js'
import { type Answering, FaultServer, httpAnswer } from '../support/fault-server.js'

describe('userinfo', () => {
  let server: FaultServer | undefined
  afterEach(() => server?.close())

  async function ask(answering: Answering, expectedSub?: string): Promise<Userinfo> {
    server = await FaultServer.start(answering)
    const url = `${server.origin}/oauth2/userinfo?x=1`
    const client = new XaiOAuth2('app', 'client-secret', '', '', '', {})
    return requestUserinfo(client, url, { accessToken: 'AT+/=1', expectedSub })
  }

  const refused = (...given: Parameters<typeof ask>): Promise<XaiOAuthError> =>
    ask(...given).then(
      () => expect.fail('it was accepted'),
      (error) => error,
    )

  const says =
    (body: string | Buffer, status = 200, ...headers: string[]): Answering =>
    (socket) =>
      socket.end(httpAnswer(status, body, ...headers))

  it('is asked with the token in the header, and never in the URL', async () => {
    await ask(says('{"sub":"s"}'))
    expect(server?.requests).to.have.length(1)
    expect(server?.requests[0]).to.match(/^GET \/oauth2\/userinfo\?x=1 HTTP\/1\.1\r\n/)
    expect(server?.requests[0]).to.match(/\r\nAuthorization: Bearer AT\+\/=1\r\n/)
    expect(server?.requests[0]).to.match(/\r\nAccept: application\/json\r\n/)
    expect(server?.requests[0]).to.not.contain('client-secret')
  })

  it('gives the claims and the text that they came in', async () => {
    const raw = '{ "sub": "s", "name": "ü" }'
    expect(await ask(says(raw))).to.deep.equal({ claims: { sub: 's', name: 'ü' }, raw })
  })

  it('gives the claims of the expected person', async () => {
    expect(await ask(says('{"sub":"s"}'), 's')).to.have.nested.property('claims.sub', 's')
  })

  const failures: ReadonlyArray<
    readonly [what: string, answering: Answering, status: number, message: RegExp]
  > = [
    ['401', says('{"error":"invalid_token"}', 401), 401, /request failed \(HTTP 401\)\. Response: \{"error"/],
    ['403', says('', 403), 403, /request failed \(HTTP 403\)/],
    ['a redirect', says('', 302, 'Location: /elsewhere'), 502, /request failed \(HTTP 302\)/],
    ['no content', says('', 204), 502, /request failed \(HTTP 204\)/],
    ['a list', says('[]'), 502, /unusable response \(HTTP 200\): it is not a JSON object/],
    ['null', says('null'), 502, /it is not a JSON object/],
    ['nothing', says(''), 502, /it is not a JSON object/],
    ['bytes that are no UTF-8', says(Buffer.from([0x7b, 0xff])), 502, /it is not a JSON object/],
    [
      'a signed JWT',
      says('e30.e30.e30', 200, 'Content-Type: application/jwt'),
      502,
      /it is not a JSON object/,
    ],
    ['a connection that is cut', (socket) => socket.destroy(), 502, /request failed: socket hang up/],
  ]
  for (const [what, answering, status, message] of failures)
    it(`fails with ${what}`, async () => {
      const error = await refused(answering)
      expect(error).to.include({ code: 'xai_userinfo_failed', status })
      expect(error.message).to.match(message)
      expect(server?.requests).to.have.length(1)
    })

  const strangers: ReadonlyArray<
    readonly [what: string, body: string, expectedSub: string | undefined, why: string]
  > = [
    ['no sub', '{"name":"a"}', undefined, 'it has no sub'],
    ['an empty sub', '{"sub":""}', undefined, 'it has no sub'],
    ['a sub that is a number', '{"sub":1}', undefined, 'it has no sub'],
    ['the sub of another person', '{"sub":"other"}', 's', 'its sub is not the one of the id_token'],
    ['no sub, when one is expected', '{}', 's', 'its sub is not the one of the id_token'],
    ['a list with the expected sub', '{"sub":["s"]}', 's', 'its sub is not the one of the id_token'],
  ]
  for (const [what, body, expectedSub, why] of strangers)
    it(`refuses ${what}`, async () => {
      const error = await refused(says(body), expectedSub)
      expect(error).to.include({ code: 'xai_userinfo_invalid', status: 502 })
      expect(error.message).to.equal(`xAI userinfo request got an unusable response (HTTP 200): ${why}`)
    })
})

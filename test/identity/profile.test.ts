import { expect } from 'chai'
import type { XaiOAuthError } from '../../lib/error.js'
import {
  buildProfile,
  type ClaimsSet,
  hasPersonalClaims,
  mergeClaims,
  requestUserinfo,
} from '../../lib/identity/profile.js'
import { XaiOAuth2 } from '../../lib/token/client.js'
import { failureOf } from '../support/failure.js'
import { FaultServer, httpResponse, type Responder } from '../support/fault-server.js'

describe('userinfo', () => {
  let server: FaultServer | undefined
  afterEach(() => server?.close())

  async function ask(respond: Responder, expectedSub?: string): Promise<ClaimsSet> {
    server = await FaultServer.start(respond)
    const url = `${server.origin}/oauth2/userinfo?x=1`
    const client = new XaiOAuth2('app', 'client-secret', '', '', '', {})
    return requestUserinfo(client, url, 'AT+/=1', expectedSub)
  }

  const refused = (...given: Parameters<typeof ask>): Promise<XaiOAuthError> => failureOf(ask(...given))

  const says =
    (body: string | Buffer, status = 200, ...headers: string[]): Responder =>
    (socket) =>
      socket.end(httpResponse(status, body, ...headers))

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
    readonly [what: string, respond: Responder, status: number, message: RegExp]
  > = [
    ['401', says('{"error":"invalid_token"}', 401), 401, /request failed \(HTTP 401\)\. Response: \{"error"/],
    ['a body that repeats the token', says('no AT+/=1', 400), 400, /Response: no \[redacted\]$/],
    ['403', says('', 403), 403, /request failed \(HTTP 403\)/],
    ['a redirect', says('', 302, 'Location: /elsewhere'), 502, /request failed \(HTTP 302\)/],
    ['no content', says('', 204), 502, /request failed \(HTTP 204\)/],
    ['a connection that is cut', (socket) => socket.destroy(), 502, /request failed: socket hang up/],
  ]
  for (const [what, respond, status, message] of failures)
    it(`fails with ${what}`, async () => {
      const error = await refused(respond)
      expect(error).to.include({ code: 'xai_userinfo_failed', status })
      expect(error.message).to.match(message)
      expect(server?.requests).to.have.length(1)
    })

  const unusable: ReadonlyArray<
    readonly [what: string, respond: Responder, why: string, expectedSub?: string]
  > = [
    ['a list', says('[]'), 'it is not a JSON object'],
    ['null', says('null'), 'it is not a JSON object'],
    ['a text', says('"s"'), 'it is not a JSON object'],
    ['HTML', says('<html></html>', 200, 'Content-Type: text/html'), 'it is not a JSON object'],
    ['nothing', says(''), 'it is not a JSON object'],
    ['bytes that are not UTF-8', says(Buffer.from([0x7b, 0xff])), 'it is not a JSON object'],
    [
      'another charset',
      says('{"sub":"s"}', 200, 'Content-Type: a/b; charset=latin1'),
      'it is not a JSON object',
    ],
    [
      'a signed response',
      says('e30.e30.e30', 200, 'Content-Type: application/jwt; charset=utf-8'),
      'it is not a JSON object',
    ],
    ['no sub', says('{"name":"a"}'), 'it has no sub'],
    ['an empty sub', says('{"sub":""}'), 'it has no sub'],
    ['a sub that is a number', says('{"sub":1}'), 'it has no sub'],
    ['a sub that is inherited', says('{"__proto__":{"sub":"s"}}'), 'it has no sub'],
    ['no sub, when one is expected', says('{}'), 'it has no sub', 's'],
    ['a list with the expected sub', says('{"sub":["s"]}'), 'it has no sub', 's'],
    ['the sub of another person', says('{"sub":"other"}'), 'its sub is not that of the id_token', 's'],
    ['the second of two subs', says('{"sub":"s","sub":"other"}'), 'its sub is not that of the id_token', 's'],
  ]
  for (const [what, respond, why, expectedSub] of unusable)
    it(`refuses ${what}`, async () => {
      const error = await refused(respond, expectedSub)
      expect(error).to.include({ code: 'xai_userinfo_invalid', status: 502 })
      expect(error.message).to.equal(`xAI userinfo request got an unusable response (HTTP 200): ${why}`)
      expect(server?.requests).to.have.length(1)
    })
})

const sub = '3f0c8a52'

describe('the profile', () => {
  it('has Passport’s portable shape', () => {
    const claims = {
      sub,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      email: 'ada@example.com',
      email_verified: true,
      preferred_username: 'ada',
      picture: 'https://x.ai/ada.png',
    }
    expect(buildProfile({ claims, raw: 'raw' })).to.deep.equal({
      provider: 'xai',
      id: sub,
      displayName: 'Ada Lovelace',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      username: 'ada',
      emails: [{ value: 'ada@example.com', verified: true }],
      photos: [{ value: 'https://x.ai/ada.png' }],
      _json: claims,
      _raw: 'raw',
    })
  })

  const absences: ReadonlyArray<readonly [what: string, claims: object, rest: object]> = [
    ['everything but the sub', {}, {}],
    ['a family name (empty at xAI)', { given_name: 'Ada', family_name: '' }, { name: { givenName: 'Ada' } }],
    ['a given name', { family_name: 'Lovelace' }, { name: { familyName: 'Lovelace' } }],
    ['both names', { given_name: '', family_name: '' }, {}],
    ['a name', { name: '' }, {}],
    ['a username', { preferred_username: '' }, {}],
    ['a picture', { picture: '' }, {}],
    ['an e-mail address', { email: '', email_verified: true }, {}],
    ['whether the address is verified', { email: 'a@example.com' }, { emails: [{ value: 'a@example.com' }] }],
    [
      'a verification that is a boolean',
      { email: 'a@example.com', email_verified: 'true' },
      { emails: [{ value: 'a@example.com' }] },
    ],
    [
      'a verification, which is denied',
      { email: 'a@example.com', email_verified: false },
      { emails: [{ value: 'a@example.com', verified: false }] },
    ],
    [
      'any value of the right type',
      {
        name: 1,
        given_name: {},
        family_name: [],
        email: ['a@example.com'],
        preferred_username: 7,
        picture: null,
      },
      {},
    ],
  ]
  for (const [what, claims, rest] of absences)
    it(`invents nothing when the claims lack ${what}`, () => {
      const all = { sub, ...claims }
      expect(buildProfile({ claims: all, raw: '' })).to.deep.equal({
        provider: 'xai',
        id: sub,
        ...rest,
        _json: all,
        _raw: '',
      })
    })
})

describe('claims of an id_token and of userinfo', () => {
  const merged: ReadonlyArray<readonly [what: string, idToken: object, userinfo: object, claims: object]> = [
    ['are those of the id_token where both say something', { name: 'I' }, { name: 'U' }, { name: 'I' }],
    [
      'are those of userinfo where the id_token says nothing',
      { name: '', picture: null },
      { name: 'U', picture: 'p' },
      { name: 'U', picture: 'p' },
    ],
    ['keep what is false', { x: false }, { x: true }, { x: false }],
    [
      'do not call an address of the id_token verified because userinfo knows another',
      { email: 'a' },
      { email: 'b', email_verified: true },
      { email: 'a' },
    ],
    [
      'do not call an address of userinfo verified because the id_token has none',
      { email: '', email_verified: true },
      { email: 'b' },
      { email: 'b' },
    ],
    [
      'call an address verified when userinfo says it of the same one',
      { email: 'a' },
      { email: 'a', email_verified: true },
      { email: 'a', email_verified: true },
    ],
    [
      'believe the id_token about the same address',
      { email: 'a', email_verified: false },
      { email: 'a', email_verified: true },
      { email: 'a', email_verified: false },
    ],
    [
      'take no word of the id_token for what it says nothing of',
      { email: 'a', email_verified: null },
      { email: 'a', email_verified: false },
      { email: 'a', email_verified: false },
    ],
    [
      'have the address and its verification from userinfo',
      {},
      { email: 'b', email_verified: true },
      { email: 'b', email_verified: true },
    ],
  ]
  for (const [what, idToken, userinfo, claims] of merged)
    it(what, () => {
      expect(mergeClaims({ sub, ...userinfo }, { sub, ...idToken })).to.deep.equal({ sub, ...claims })
    })
})

describe('personal claims', () => {
  for (const claim of ['name', 'given_name', 'family_name', 'email', 'picture']) {
    it(`are there with ${claim}`, () => {
      expect(hasPersonalClaims({ sub, [claim]: 'text' })).to.equal(true)
    })
    it(`are not there with an empty ${claim}`, () => {
      expect(hasPersonalClaims({ sub, [claim]: '' })).to.equal(false)
    })
  }
})

import { mock } from 'node:test'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { XaiOAuthError, XaiStrategy } from '../lib/index.js'
import { failureOf } from './support/failure.js'
import { FaultServer, httpResponse, type Responder } from './support/fault-server.js'
import { begin, finish, run } from './support/passport-run.js'

interface Secrets {
  code: string
  codeVerifier: string
  clientSecret: string
  accessToken: string
  refreshToken: string
}

const formEncode = (value: string): string => new URLSearchParams({ '': value }).toString().slice(1)
const percentEncode = (text: string): string => encodeURIComponent(text)
const jsonEscape = (text: string): string => JSON.stringify(text).slice(1, -1)
const unicodeEscape = (text: string): string =>
  jsonEscape(text).replace(
    /[^ -~]|[<>&]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
const everyUnit = (text: string): string =>
  text.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const htmlEscape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Everything that a request says: its bytes, and what its form and its credentials mean. */
function meaningOf(request: string): string {
  const [head = '', body = ''] = request.split('\r\n\r\n')
  const basic = /Basic (\S+)/.exec(head)?.[1] ?? ''
  const credentials = Buffer.from(basic, 'base64').toString().split(':')
  const decoded = [...new URLSearchParams(body)].map(([name, value]) => `${name} is ${value}`)
  const halves = credentials.map((half) => new URLSearchParams(`half=${half}`).get('half'))
  return [request, ...decoded, credentials.join(':'), ...halves].join('\n')
}

const encodings: ReadonlyArray<readonly [how: string, encode: (text: string) => string]> = [
  ['as it is', (text) => text],
  ['percent-encoded', percentEncode],
  ['form-encoded', formEncode],
  ['escaped for JSON', jsonEscape],
  ['escaped for JSON in ASCII', unicodeEscape],
  ['escaped for HTML', htmlEscape],
  ['percent-encoded twice', (text) => percentEncode(percentEncode(text))],
]

/** What a header line can carry of a text. */
const headerText = (text: string): string => text.replaceAll(/[^ -~]+/g, ' ').slice(0, 1500)

/** Responses that repeat a request in every encoding, and issue tokens that nobody can use. */
function responsesOf(request: string, { accessToken, refreshToken }: Secrets): Record<string, Buffer> {
  const meaning = meaningOf(request)
  const texts = encodings.map(([, encode]) => encode(meaning))
  const text = texts.join('\n')
  const header = headerText(meaning)
  const json = 'Content-Type: application/json'
  const echoing = [
    json,
    ...texts.map((encoded, index) => `X-Echo-${index}: ${headerText(encoded)}`),
    `WWW-Authenticate: Bearer error="${header}"`,
    `Set-Cookie: a=${header}`,
  ]
  const quoted = JSON.stringify(text)
  const words = `{"error":${quoted},"error_description":${quoted},"error_uri":${quoted}}`
  const tokens = `"access_token":${JSON.stringify(accessToken)},"refresh_token":${JSON.stringify(refreshToken)}`
  return {
    'a refusal': httpResponse(400, text, ...echoing),
    'a refusal in JSON': httpResponse(400, words, ...echoing),
    'a refusal in JSON that is escaped to the last character': httpResponse(
      401,
      `{"error_description":"${everyUnit(text)}"}`,
      json,
    ),
    'a denied tier': httpResponse(403, words, ...echoing),
    'a page of Cloudflare’s': httpResponse(403, `<html>${text}</html>`, 'Content-Type: text/html'),
    'a long refusal': httpResponse(500, `${text}\n`.repeat(4), json),
    'a very long refusal': httpResponse(500, `${text}\n`.repeat(20), json),
    'a redirect': httpResponse(
      302,
      words,
      `Location: https://app.example/?${header}#access_token=${percentEncode(accessToken)}`,
    ),
    'a 200 that is not JSON': httpResponse(
      200,
      `${text} access_token=${percentEncode(accessToken)}`,
      ...echoing,
    ),
    'a 200 with an error beside tokens': httpResponse(200, `{${tokens},"error":${quoted}}`, ...echoing),
    'a 200 with tokens of another type': httpResponse(200, `{${tokens},"token_type":${quoted}}`, json),
    'a 200 with tokens that is cut off': httpResponse(200, `{"a":${quoted},${tokens.slice(0, -3)}`, json),
    'a 200 with tokens in a list': httpResponse(200, `[{${tokens}},${quoted}]`, json),
    'a 200 with tokens in a string': httpResponse(200, JSON.stringify(`{${tokens}}${text}`), json),
    'a 200 with a list in the place of a token': httpResponse(
      200,
      `{"access_token":[${JSON.stringify(accessToken)}]}`,
      json,
    ),
    'a 200 that is too large': httpResponse(
      200,
      `{${tokens},"a":${quoted},"b":"${'x'.repeat(1_100_000)}"}`,
      json,
    ),
    'something that is not HTTP': Buffer.from(`${text}\r\n\r\n`),
    'a cut inside the body': Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n{${tokens},"a":${quoted}`,
    ),
  }
}

/** Every string and every byte that hangs on a value, however hidden. */
function textsOf(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value]
  if (ArrayBuffer.isView(value))
    return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...textsOf((value as Record<PropertyKey, unknown>)[key], seen),
  ])
}

function expectNoSecret(error: unknown, secrets: Secrets): void {
  expect(error).to.be.instanceOf(XaiOAuthError)
  const { message, stack } = error as XaiOAuthError
  const shown = [
    message,
    String(stack),
    inspect(error, { depth: 9, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    JSON.stringify(error),
    ...textsOf(error),
  ].join('\n')
  const basic = Buffer.from(`app:${formEncode(secrets.clientSecret)}`).toString('base64')
  for (const [name, secret] of [
    ...Object.entries(secrets),
    ['Basic credentials', basic.replace(/=+$/, '')] as const,
  ])
    for (const [how, encode] of encodings)
      if (shown.includes(encode(secret))) expect.fail(`the error shows the ${name} ${how}`)
}

const kinds: ReadonlyArray<readonly [kind: string, secrets: Secrets]> = [
  [
    'long secrets',
    {
      code: 'code/+&=?"<ü>\\ %-0123456789',
      codeVerifier: `${'verifier~._-'.repeat(4)}.0`,
      clientSecret: 'client/+&=?"<ü>\\ %-secret',
      accessToken: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
      refreshToken: 'OR-r3fr3sh-t0ken+/=-0123456789',
    },
  ],
  [
    'short secrets',
    {
      code: 'c0dE',
      codeVerifier: 'v3rifi3r',
      clientSecret: 's3cr3T',
      accessToken: 'acc3ssT-of-16-ch',
      refreshToken: 'r3fr3shT-of-16-c',
    },
  ],
]

describe('the errors of XaiStrategy', () => {
  let server: FaultServer
  let respond: Responder
  beforeEach(async () => {
    server = await FaultServer.start((socket, request) => respond(socket, request))
  })
  afterEach(async () => {
    mock.timers.reset()
    await server.close()
  })

  function strategyOf({ codeVerifier, clientSecret }: Secrets, more: object = {}): XaiStrategy {
    const store = {
      store(
        _req: unknown,
        _verifier: string,
        _state: unknown,
        _meta: unknown,
        done: (...args: unknown[]) => void,
      ) {
        done(null, 'the-state')
      },
      verify(_req: unknown, _state: string, done: (...args: unknown[]) => void) {
        done(null, codeVerifier)
      },
    }
    const options = {
      clientID: 'app',
      clientSecret,
      callbackURL: 'https://app.example/callback',
      issuer: server.origin,
      scope: 'api:access',
      store,
      ...more,
    }
    return new XaiStrategy(options, async (_signIn) => ({}))
  }

  async function exchangeError(secrets: Secrets, more?: object): Promise<unknown> {
    // Another one begins, because it would ask for the keys before the test does.
    const begun = await begin(strategyOf(secrets, more))
    const [action] = await finish(strategyOf(secrets, more), begun, secrets.code)
    expect(action?.kind).to.equal('error')
    return action?.values[0]
  }

  const asks: ReadonlyArray<readonly [what: string, ask: (secrets: Secrets) => Promise<unknown>]> = [
    ['a code exchange', (secrets) => exchangeError(secrets)],
    [
      'a code exchange with client_secret_post',
      (secrets) => exchangeError(secrets, { clientAuthentication: 'client_secret_post' }),
    ],
    ['a refresh', (secrets) => failureOf(strategyOf(secrets).refresh(secrets.refreshToken))],
    [
      'userinfo',
      (secrets) =>
        new Promise((resolve) =>
          strategyOf(secrets).userProfile(secrets.accessToken, (error) => resolve(error)),
        ),
    ],
  ]
  for (const [kind, secrets] of kinds)
    describe(`about ${kind}`, () => {
      for (const [what, ask] of asks)
        for (const response of Object.keys(responsesOf('', secrets)))
          it(`show none after ${what}, when the server repeats it all in ${response}`, async () => {
            respond = (socket, request) => socket.end(responsesOf(request, secrets)[response] as Buffer)
            expectNoSecret(await ask(secrets), secrets)
          })

      for (const status of [400, 302])
        it(`show none after a revocation that is refused with ${status}`, async () => {
          respond = (socket, request) =>
            socket.end(
              httpResponse(status, encodings.map(([, encode]) => encode(meaningOf(request))).join('\n')),
            )
          expectNoSecret(await failureOf(strategyOf(secrets).revoke(secrets.accessToken)), secrets)
        })

      it('show none after a connection that is refused', async () => {
        const strategy = strategyOf(secrets)
        await server.close()
        const [action] = await finish(strategy, await begin(strategy), secrets.code)
        expectNoSecret(action?.values[0], secrets)
      })

      it('show none after a deadline', async () => {
        mock.timers.enable({ apis: ['setTimeout'] })
        respond = () => setImmediate(() => mock.timers.tick(20_000))
        expectNoSecret(await exchangeError(secrets), secrets)
      })

      it('show none when the verifier is missing', async () => {
        expectNoSecret(await exchangeError({ ...secrets, codeVerifier: '' }), {
          ...secrets,
          codeVerifier: 'absent',
        })
      })

      for (const id_token of [
        'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiIn0.c2ln',
        'eyJhbGciOiJub25lIn0.e30.',
        'unsigned.text',
        1,
        undefined,
      ])
        it(`show none when the id_token is ${id_token}`, async () => {
          const { accessToken: access_token, refreshToken: refresh_token } = secrets
          respond = (socket, request) =>
            socket.end(
              httpResponse(
                request.startsWith('POST') ? 200 : 500,
                JSON.stringify({ access_token, refresh_token, id_token }),
              ),
            )
          const error = await exchangeError(secrets, { scope: 'openid', allowTeamPrincipal: true })
          expectNoSecret(error, secrets)
          if (typeof id_token === 'string') expect(inspect(error, { depth: 9 })).to.not.contain(id_token)
        })

      it('show none when xAI refuses an authorization and repeats the code', async () => {
        const strategy = strategyOf(secrets)
        const { code } = secrets
        const query = { state: 'the-state', code, error: 'server_error', error_description: `no ${code}` }
        const [action] = await run(strategy, { query })
        expect(action?.values[0]).to.include({ code: 'xai_authorization_failed' })
        expectNoSecret(action?.values[0], secrets)
        expect(server.requests).to.be.empty
      })
    })
})

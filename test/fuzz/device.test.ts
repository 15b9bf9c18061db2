import { mock } from 'node:test'
import { expect } from 'chai'
import fc from 'fast-check'
import { CookieStateStore } from '../../lib/index.js'
import { corrupt, edited, editOf, json, responseEdit, text } from './arbitrary.js'
import { tryProperty } from './campaign.js'
import {
  act,
  expectCleanPrototype,
  expectDocumentedError,
  expectNoSecret,
  type FakeResponse,
} from './passport.js'
import { soundAnswer } from './server.js'
import {
  buildRequest,
  clientSecret,
  closeSubjects,
  cookieOf,
  cookieSecret,
  randomSecret,
  Subject,
} from './subject.js'

const deviceNames = [
  'device_code',
  'user_code',
  'verification_uri',
  'verification_uri_complete',
  'expires_in',
  'interval',
  'error',
]
const tokenNames = ['access_token', 'token_type', 'id_token', 'error', 'error_description']

const errors = fc.constantFrom(
  'authorization_pending',
  'slow_down',
  'access_denied',
  'authorization_denied',
  'expired_token',
  'invalid_client',
)

const inputs = fc.record({
  store: fc.constantFrom('session' as const, 'cookie' as const),
  device: fc.record({ edit: editOf(deviceNames), response: responseEdit }),
  wantsJSON: fc.boolean(),
  tokens: fc.record({
    body: fc.oneof(
      errors.map((error) => ({ kind: 'error' as const, error })),
      editOf(tokenNames).map((edit) => ({ kind: 'tokens' as const, edit })),
    ),
    response: responseEdit,
  }),
  /** What comes with the second request, the session or cookie being the browser's own or not. */
  second: fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
    query: fc.constantFrom(
      '',
      '?restart',
      '?shown=WXYZ-1234',
      '?shown=',
      '?code=x&state=y',
      '?__proto__[a]=b',
    ),
    corruption: fc.option(fc.tuple(fc.nat(), json, text), { nil: undefined }),
  }),
})

const contentsOf = ({ value, detail }: { value: unknown; detail: unknown }): string => `${detail} ${value}`

describe('fuzzing: device sign-ins', () => {
  afterEach(async () => {
    mock.timers.reset()
    await closeSubjects()
  })

  it('show no foreign address, tell nobody the device code, and end in one action', async function () {
    this.timeout(0)
    const subject = await Subject.start()
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const tally = await tryProperty('device sign-ins', 0.06, inputs, async (input, tally) => {
      const strategy = subject.buildDevice(
        input.store === 'cookie' ? new CookieStateStore({ secret: cookieSecret }) : undefined,
      )
      const deviceCode = randomSecret()
      const right = {
        device_code: deviceCode,
        user_code: 'WXYZ-1234',
        verification_uri: `${subject.issuer}/device`,
        verification_uri_complete: `${subject.issuer}/device?user_code=WXYZ-1234`,
        expires_in: 900,
        interval: 5,
      }
      const tokens = subject.tokensFor()
      const { body } = input.tokens
      const answer = body.kind === 'error' ? { error: body.error } : edited(tokens, body.edit)
      subject.server.answers.set('/oauth2/device/code', {
        body: Buffer.from(JSON.stringify(edited(right, input.device.edit))),
        edit: input.device.response,
      })
      subject.server.answers.set('/oauth2/token', {
        body: Buffer.from(JSON.stringify(answer)),
        edit: input.tokens.response,
      })
      const secrets = [deviceCode, clientSecret, tokens.access_token, tokens.refresh_token]
      const headers = { accept: input.wantsJSON ? 'application/json' : 'text/html' }

      const check = (ending: Awaited<ReturnType<typeof act>>, res: FakeResponse): void => {
        tally.count(ending.kind)
        if (ending.kind === 'error') expectDocumentedError(ending.value)
        if (ending.kind === 'fail') expect(ending.detail).to.be.oneOf([400, 403])
        if (ending.kind !== 'success') expectNoSecret([ending.value, res.cookies], secrets)
        if (ending.kind !== 'response') return
        const links = contentsOf(ending).matchAll(/(?:href="|"verification_uri\w*":")([^"]+)/g)
        for (const [, link = ''] of links)
          expect(new URL(link, subject.issuer).hostname).to.match(/^127\.|^localhost$|^\[::1\]$/)
      }

      const session: Record<string, unknown> = {}
      const first = buildRequest({ url: '/connect', headers }, { session })
      subject.server.takeRequests()
      check(await act(strategy, first), first.res)
      expect(
        subject.server.takeRequests().filter((request) => request.startsWith('POST')),
      ).to.have.length.at.most(1)

      const { method, query, corruption } = input.second
      let cookie = cookieOf(first.res)
      if (corruption) {
        const [place, value, words] = corruption
        corrupt(session, place, value)
        cookie = cookie.slice(0, place % (cookie.length + 1)) + words
      }
      mock.timers.tick(5001)
      const second = buildRequest({ method, url: `/connect${query}`, headers }, { session, cookie })
      const ending = await act(strategy, second)
      check(ending, second.res)
      const asked = subject.server.takeRequests().filter((request) => request.startsWith('POST'))
      // A code that was forgotten on demand is not asked for, and a new one takes one request.
      expect(asked).to.have.length.at.most(1)
      if (ending.kind === 'success') expect(asked).to.have.length(1)
      expectCleanPrototype()
    })
    expect(tally.of('response')).to.be.above(0)
  })

  it('have their end in time, whatever numbers the server gives', async function () {
    this.timeout(0)
    const subject = await Subject.start()
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const numbers = fc.record({ interval: json, expires_in: json })
    await tryProperty('device numbers', 0.02, numbers, async (given) => {
      const strategy = subject.buildDevice()
      const session = {}
      const right = {
        device_code: randomSecret(),
        user_code: 'AB-12',
        verification_uri: `${subject.issuer}/device`,
      }
      subject.server.answers.set('/oauth2/device/code', soundAnswer({ ...right, ...given }))
      subject.server.answers.set('/oauth2/token', soundAnswer({ error: 'authorization_pending' }))
      const request = () =>
        buildRequest({ url: '/connect', headers: { accept: 'application/json' } }, { session })
      const { kind, value } = await act(strategy, request())
      expect(kind).to.equal('response')
      const { interval, expires_in } = JSON.parse(String(value)) as { interval: number; expires_in: number }
      expect(interval).to.be.within(1, 60)
      expect(expires_in).to.be.within(1, 86_400)
      // Keys are fetched ahead, at any time.
      const takePosts = () => subject.server.takeRequests().filter((each) => each.startsWith('POST'))
      takePosts()
      // Not before the interval has passed, and not after the end.
      await act(strategy, request())
      expect(takePosts()).to.deep.equal([])
      mock.timers.tick(expires_in * 1000)
      const ending = await act(strategy, request())
      expect(ending).to.deep.include({ kind: 'fail', detail: 403 })
      expect(takePosts()).to.deep.equal([])
    })
  })
})

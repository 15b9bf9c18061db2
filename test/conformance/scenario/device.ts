import { mock } from 'node:test'
import { expect } from 'chai'
import { type Chapter, type DeviceEnding, type Scenario, type Stage, timed } from '../scenario.js'
import { Reply } from '../server.js'

const request = 'RFC 8628 §3.1 (device authorization request)'
const response = 'RFC 8628 §3.2 (device authorization response)'
const tokenRequest = 'RFC 8628 §3.4 (device access token request)'
const tokenResponse = 'RFC 8628 §3.5 (device access token response)'
const phishing = 'RFC 8628 §5.4 (remote phishing)'

/** Lets the interval pass. */
const wait = (seconds: number): void => mock.timers.tick(seconds * 1000 + 1)

const questions = (stage: Stage): number => stage.count('token')

/** Begins, lets the person confirm, and asks when it is time. */
async function confirm(stage: Stage): Promise<DeviceEnding> {
  expect(await stage.ask()).to.include({ status: 'pending' })
  stage.server.deviceError = undefined
  wait(5)
  return stage.ask()
}

const signsIn = async (stage: Stage): Promise<void> => {
  expect(await confirm(stage)).to.have.nested.property('user.id', stage.server.sub)
  expect(await stage.whoIsIn()).to.include({ id: stage.server.sub })
}

/** A device authorization response that nobody may be shown. */
const refuses = (
  what: string,
  device: (right: Record<string, unknown>) => Record<string, unknown> | Reply,
  words: RegExp,
): Scenario => ({
  module: response,
  what: `refuses ${what}`,
  server: { device },
  async run(stage) {
    const { error } = await stage.ask()
    expect(error).to.include({ code: 'xai_device_authorization_failed' })
    expect(error?.message).to.match(words)
    expect(questions(stage)).to.equal(0)
  },
})

/** What the token endpoint says at the first question, and how the request ends. */
const ends = (
  what: string,
  error: string,
  check: (ending: DeviceEnding, stage: Stage) => unknown,
): Scenario => ({
  module: tokenResponse,
  what,
  async run(stage) {
    await stage.ask()
    stage.server.deviceError = error
    wait(5)
    await check(await stage.ask(), stage)
  },
})

const isPending = (ending: DeviceEnding) => expect(ending).to.include({ httpStatus: 200, status: 'pending' })

/** An id_token that the device grant must not take. */
const refusesIDToken = (what: string, words: RegExp, claims: Record<string, unknown>): Scenario => ({
  module: 'OpenID Connect Core §3.1.3.7',
  what: `refuses an id_token ${what} in the device grant`,
  server: { claims: () => claims },
  async run(stage) {
    const { error } = await confirm(stage)
    expect(error).to.include({ code: 'xai_id_token_invalid' })
    expect(error?.message).to.match(words)
    expect(await stage.whoIsIn()).to.equal(null)
  },
})

const scenarios: readonly Scenario[] = [
  {
    module: request,
    what: 'sends client_id and scope as a form, and nothing else',
    async run(stage) {
      await stage.ask()
      const [{ form } = { form: new URLSearchParams() }] = stage.server.to('/oauth2/device/code')
      expect(Object.fromEntries(form)).to.deep.equal({ client_id: 'client-1', scope: 'openid profile email' })
    },
  },
  {
    module: request,
    what: 'authenticates as a confidential client',
    client: { id: 'client-1', secret: 'a-secret-of-client-1' },
    run: signsIn,
  },
  {
    module: request,
    what: 'begins nothing for a HEAD request or a prefetch',
    async run(stage) {
      expect(await stage.ask(stage.victim, { method: 'HEAD' })).to.include({ httpStatus: 400 })
      expect(await stage.ask(stage.victim, { headers: { 'sec-purpose': 'prefetch' } })).to.include({
        httpStatus: 400,
      })
      expect(stage.server.to('/oauth2/device/code')).to.be.empty
    },
  },
  {
    module: response,
    what: 'shows the user code and the address, and never the device code',
    async run(stage) {
      const pending = await stage.ask()
      expect(pending).to.include({
        user_code: 'WXYZ-1234',
        verification_uri: `${stage.server.issuer}/device`,
        interval: 5,
      })
      expect(JSON.stringify(pending)).not.to.match(/dc-|device_code/)
    },
  },
  ...[undefined, 0, -1, 1e9, '5', null].map(
    (interval): Scenario => ({
      module: response,
      what: `waits 5 seconds where the interval is ${JSON.stringify(interval) ?? 'missing'}`,
      server: { device: (right) => ({ ...right, interval }) },
      async run(stage) {
        expect(await stage.ask()).to.include({ interval: 5 })
        wait(4)
        await stage.ask()
        expect(questions(stage)).to.equal(0)
        wait(1)
        await stage.ask()
        expect(questions(stage)).to.equal(1)
      },
    }),
  ),
  refuses(
    'an address on another host',
    (right) => ({ ...right, verification_uri: 'https://evil.example/device' }),
    /verification_uri/,
  ),
  refuses(
    'a javascript: address',
    (right) => ({ ...right, verification_uri: 'javascript:alert(1)' }),
    /verification_uri/,
  ),
  refuses(
    'a complete address on another host',
    (right) => ({ ...right, verification_uri_complete: 'https://evil.example/?user_code=W' }),
    /verification_uri_complete/,
  ),
  refuses(
    'an address with a user name in it',
    (right) => ({ ...right, verification_uri: 'http://127.0.0.1@evil.example/' }),
    /verification_uri/,
  ),
  refuses('a user code with markup', (right) => ({ ...right, user_code: '<b>W</b>' }), /user_code/),
  refuses('a response without device code', ({ device_code: _, ...right }) => right, /device_code/),
  refuses('a response without user code', ({ user_code: _, ...right }) => right, /user_code/),
  refuses('a response that is a list', (right) => new Reply(200, [right]), /JSON/),
  refuses('a 404, which means that the grant is switched off', () => new Reply(404), /404.*switched off/),
  refuses('a client that is not known', () => new Reply(400, { error: 'invalid_client' }), /invalid_client/),
  refuses(
    'a response of more than a mebibyte',
    (right) => ({ ...right, padding: 'x'.repeat(1_200_000) }),
    /larger|bytes/,
  ),

  {
    module: tokenRequest,
    what: 'asks with the grant type, the device code and the client id',
    async run(stage) {
      await signsIn(stage)
      const [{ form } = { form: new URLSearchParams() }] = stage.server.to('/oauth2/token')
      expect([...form.keys()].sort()).to.deep.equal(['client_id', 'device_code', 'grant_type'])
      expect(form.get('grant_type')).to.equal('urn:ietf:params:oauth:grant-type:device_code')
    },
  },
  {
    module: tokenRequest,
    what: 'asks once for ten requests that come at the same time',
    async run(stage) {
      await stage.ask()
      wait(5)
      await Promise.all(Array.from({ length: 10 }, () => stage.ask()))
      expect(questions(stage)).to.equal(1)
    },
  },
  ends('waits on after authorization_pending', 'authorization_pending', isPending),
  ends('waits 5 seconds more, for good, after slow_down', 'slow_down', async (ending, stage) => {
    isPending(ending)
    expect(ending.interval).to.equal(10)
    stage.server.deviceError = 'authorization_pending'
    wait(5)
    await stage.ask()
    expect(questions(stage)).to.equal(1)
    wait(5)
    expect(await stage.ask()).to.include({ interval: 10 })
    expect(questions(stage)).to.equal(2)
  }),
  ...['access_denied', 'authorization_denied'].map((error) =>
    ends(`fails after ${error}`, error, ({ httpStatus, info }) => {
      expect(httpStatus).to.equal(403)
      expect(info).to.include({ code: 'access_denied' })
    }),
  ),
  ends('fails after expired_token, and begins anew', 'expired_token', async ({ httpStatus, info }, stage) => {
    expect(httpStatus).to.equal(403)
    expect(info).to.include({ code: 'xai_device_expired' })
    isPending(await stage.ask())
    expect(stage.server.to('/oauth2/device/code')).to.have.length(2)
  }),
  ends('reports invalid_client', 'invalid_client', ({ error }) => {
    expect(error).to.include({ code: 'xai_token_exchange_failed' })
  }),
  {
    module: tokenResponse,
    what: 'asks nothing any more once the code has expired',
    server: { device: (right) => ({ ...right, expires_in: 30 }) },
    async run(stage) {
      await stage.ask()
      wait(30)
      expect((await stage.ask()).info).to.include({ code: 'xai_device_expired' })
      expect(questions(stage)).to.equal(0)
    },
  },
  {
    module: tokenResponse,
    what: 'signs in once, and a later request begins anew',
    async run(stage) {
      await signsIn(stage)
      isPending(await stage.ask())
      expect(questions(stage)).to.equal(1)
      expect(stage.server.to('/oauth2/device/code')).to.have.length(2)
    },
  },
  {
    module: tokenResponse,
    what: 'waits twice as long after a 503',
    server: { token: () => new Reply(503) },
    async run(stage) {
      isPending(await confirm(stage))
      wait(5)
      await stage.ask()
      expect(questions(stage)).to.equal(1)
      stage.server.deviceError = 'authorization_pending'
      wait(5)
      isPending(await stage.ask())
      expect(questions(stage)).to.equal(2)
    },
  },
  refusesIDToken('for another client', /\baud\b/, { aud: 'client-2' }),
  refusesIDToken('of another issuer', /\biss\b/, { iss: 'https://evil.example' }),
  refusesIDToken('that has expired', /\bexp\b/, { exp: 1 }),
  refusesIDToken('without sub', /\bsub\b/, { sub: undefined }),
  {
    module: phishing,
    what: 'signs in the browser that began, and no other',
    async run(stage) {
      await stage.ask()
      stage.server.deviceError = undefined
      wait(5)
      isPending(await stage.ask(stage.attacker))
      expect(questions(stage)).to.equal(0)
      expect(await stage.whoIsIn(stage.attacker)).to.equal(null)
      expect(await stage.ask()).to.have.nested.property('user.id', stage.server.sub)
    },
  },
]

/** The device authorization grant. */
export const deviceGrants: Chapter = { title: 'Device authorization grant', scenarios: scenarios.map(timed) }

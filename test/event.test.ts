import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { expect } from 'chai'
import type { SignInEvent } from '../lib/diagnostics.js'
import { type Emulator, startEmulator } from '../lib/emulator/index.js'
import { XaiDeviceStrategy, type XaiSignIn, XaiStrategy, type XaiVerdict } from '../lib/index.js'
import { act, signInDirectly } from './support/direct-sign-in.js'
import { failureOf } from './support/failure.js'
import { uncaughtDuring } from './support/uncaught.js'
import { until } from './support/until.js'

const phases = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
const names = ['sign-in', 'request', 'refresh'] as const
const channelOf = (name: string) => tracingChannel<object, object>(`passport-xai:${name}`)

const person = {
  id: 'ada',
  sub: 'sub-of-ada',
  email: 'ada@people.example',
  name: 'Ada Somebody',
  givenName: 'Ada',
  familyName: 'Somebody',
  picture: 'https://people.example/ada.png',
}
const words = 'words about ada'
const verdicts: Record<string, () => XaiVerdict> = {
  'a user': () => ({ id: person.sub }),
  nobody: () => [false, { code: person.email, reason: person.name, message: words }],
  'an error': () => {
    throw Object.assign(new Error(words), { code: person.email, reason: person.name })
  },
  'nobody, with words of its own': () => [false, { code: 'xai_state_invalid', reason: 'hunter' }],
  'an error, with a code of its own': () => {
    throw Object.assign(new Error(words), { code: 'xai_hunter' })
  },
}

describe('the events of passport-xai', () => {
  let emulator: Emulator
  let strategy: XaiStrategy
  let verdict = verdicts['a user'] as () => XaiVerdict
  /** What nobody may find in an event. */
  const secrets = new Set<string>()
  const published: Array<{ channel: string; phase: string; event: object; text: string }> = []
  const subscriptions = names.map((channel) => {
    const keep = (phase: string) => (event: object) => {
      const text = inspect(event, { depth: null, showHidden: true, maxStringLength: null })
      published.push({ channel, phase, event: { ...event }, text })
    }
    return [channelOf(channel), Object.fromEntries(phases.map((phase) => [phase, keep(phase)]))] as const
  })
  const listen = (): void => {
    for (const [channel, listeners] of subscriptions) channel.subscribe(listeners as never)
  }
  const stopListening = (): void => {
    for (const [channel, listeners] of subscriptions) channel.unsubscribe(listeners as never)
  }
  /** The ends of sign-ins. */
  const ends = (): SignInEvent[] =>
    published
      .filter(({ channel, phase }) => channel === 'sign-in' && phase === 'asyncEnd')
      .map(({ event }) => event as SignInEvent)

  const note = ({ tokens, profile }: XaiSignIn): XaiVerdict => {
    for (const token of [tokens.access_token, tokens.refresh_token, tokens.id_token]) secrets.add(`${token}`)
    expect(profile.displayName).to.equal(person.name)
    return verdict()
  }
  const lastRefreshToken = (): string => [...secrets].findLast((secret) => secret.startsWith('OR-')) as string

  before(async () => {
    emulator = await startEmulator({
      accounts: [person],
      signInAs: person.id,
      deviceFlow: { interval: 1, expiresIn: 60 },
    })
  })
  after(() => emulator.close())
  beforeEach(() => {
    verdict = verdicts['a user'] as () => XaiVerdict
    published.length = 0
    secrets.clear()
    const options = {
      callbackURL: 'http://127.0.0.1:1/callback',
      scope: 'openid profile email offline_access',
    }
    strategy = new XaiStrategy(
      { ...emulator.confidentialClient, issuer: emulator.issuer, userInfo: 'always', ...options },
      note,
    )
  })
  afterEach(stopListening)

  /** Signs in by a code, and polls until that has ended. */
  async function signInByDevice(): Promise<void> {
    const { issuer, publicClient } = emulator
    const device = new XaiDeviceStrategy({ clientID: publicClient.clientID, issuer }, note)
    const session = {}
    const ask = (): Promise<string> =>
      new Promise((resolve) => {
        const res = { setHeader: () => undefined, end: resolve }
        const headers = { accept: 'application/json' }
        void act(device, { url: '/', session, headers, res } as never).then(({ kind }) => resolve(kind))
      })
    const { user_code, verification_uri_complete } = JSON.parse(await ask())
    secrets.add(user_code)
    await emulator.decide(verification_uri_complete)
    let response = ''
    do {
      await new Promise((resolve) => setTimeout(resolve, 100))
      response = await ask()
    } while (response.includes('pending'))
    expect(response).to.equal('success')
  }

  it('hold no secret, nothing of a person and nothing of an application, whatever happens', async () => {
    listen()
    const state = { cart: 'cart of ada' }
    await signInDirectly(strategy, { state, loginHint: person.email })
    for (verdict of Object.values(verdicts)) await signInDirectly(strategy)
    verdict = verdicts['a user'] as () => XaiVerdict
    await failureOf(strategy.refresh('OR-of-nobody-0123456789'))
    await failureOf(strategy.refresh('OR-of-nobody-0123456789'))
    const repeated = `${words} ${person.email} ${person.name} ${person.sub}`
    const body = JSON.stringify({ error: repeated, error_description: repeated, error_uri: repeated })
    for (const status of [200, 400, 403, 500]) {
      emulator.misbehaveOnce({ path: '/oauth2/token', status, body })
      await signInDirectly(strategy)
      emulator.misbehaveOnce({ path: '/oauth2/token', status, body })
      await failureOf(strategy.refresh(lastRefreshToken()))
    }
    emulator.forgeNext('wrong aud')
    await signInDirectly(strategy)
    emulator.misbehaveOnce({ path: '/oauth2/userinfo', status: 500, body: repeated })
    await signInDirectly(strategy)
    const session = {}
    const { value } = await act(strategy, { session })
    const begun = new URL(String(value)).searchParams
    await act(strategy, { session, query: { state: 'a-state-of-nobody', code: 'a-code-of-nobody' } })
    const query = { state: `${begun.get('state')}`, error: repeated, error_description: repeated }
    await act(strategy, { session, query })
    await strategy.refresh(lastRefreshToken())
    await strategy.revoke(lastRefreshToken())
    await signInByDevice()
    stopListening()

    for (const secret of ['state', 'nonce', 'code_challenge']) secrets.add(`${begun.get(secret)}`)
    for (const { body, headers } of emulator.requests) {
      secrets.add(`${headers.authorization}`)
      for (const [name, value] of new URLSearchParams(`${body}`))
        if (!['grant_type', 'scope', 'code_challenge_method'].includes(name)) secrets.add(value)
    }
    for (const value of [
      ...Object.values(person),
      words,
      state.cart,
      'a-state-of-nobody',
      'a-code-of-nobody',
    ])
      secrets.add(value)
    secrets.delete('undefined')
    expect(secrets.size).to.be.above(40)
    for (const channel of names)
      expect(published.filter((entry) => entry.channel === channel)).to.have.length.above(20)
    const found = [...secrets].filter((secret) => published.some(({ text }) => text.includes(secret)))
    expect(found).to.deep.equal([])
  })

  /** A sign-in to which `verify` says so. */
  const signInWith = (name: string) => (): Promise<unknown> => {
    verdict = verdicts[name] as () => XaiVerdict
    return signInDirectly(strategy)
  }
  const outcomes: ReadonlyArray<readonly [what: string, run: () => Promise<unknown>, event: object]> = [
    ['a sign-in', () => signInDirectly(strategy), { outcome: 'success' }],
    ['a verify that gives nobody', signInWith('nobody'), { outcome: 'fail' }],
    ['a verify that throws', signInWith('an error'), { outcome: 'error' }],
    [
      'a verify that gives nobody, with a reason that is none of ours',
      signInWith('nobody, with words of its own'),
      { outcome: 'fail', code: 'xai_state_invalid' },
    ],
    [
      'a verify that throws an error with a code that is none of ours',
      signInWith('an error, with a code of its own'),
      { outcome: 'error' },
    ],
    [
      'a callback that nobody began',
      () => act(strategy, { session: {}, query: { state: 'a', code: 'b' } }),
      { outcome: 'fail', code: 'xai_state_invalid', reason: 'missing' },
    ],
    [
      'a callback without a state',
      () => act(strategy, { session: {}, query: { code: 'b' } }),
      { outcome: 'fail', code: 'xai_callback_invalid' },
    ],
    [
      'a refused exchange',
      () => {
        emulator.misbehaveOnce({ path: '/oauth2/token', status: 400 })
        return signInDirectly(strategy)
      },
      { outcome: 'error', code: 'xai_token_exchange_failed' },
    ],
    [
      'a forged id_token',
      () => {
        emulator.forgeNext('wrong signature')
        return signInDirectly(strategy)
      },
      { outcome: 'error', code: 'xai_id_token_invalid' },
    ],
  ]
  for (const [what, run, event] of outcomes)
    it(`say of ${what} how it ended`, async () => {
      listen()
      await run()
      const { milliseconds, ...last } = ends().at(-1) as SignInEvent
      expect(last).to.deep.equal({ strategy: 'xai', ...event })
      expect(milliseconds).to.be.within(0, 20_000)
    })

  it('say of a begun sign-in that the browser was redirected', async () => {
    listen()
    await act(strategy, { session: {} })
    expect(ends()).to.have.length(1)
    expect(ends()[0]).to.include({ strategy: 'xai', outcome: 'redirect' })
  })

  it('say of a device sign-in that it is pending, and how it ended', async () => {
    listen()
    await signInByDevice()
    const told = ends().map(({ strategy, outcome }) => `${strategy} ${outcome}`)
    expect(told.slice(0, -1)).to.satisfy((all: string[]) => all.every((one) => one === 'xai-device pending'))
    expect(told).to.have.length.above(1)
    expect(told.at(-1)).to.equal('xai-device success')
  })

  for (const name of names)
    it(`harm neither sign-in nor refresh when a listener of ${name} throws`, async () => {
      const thrown = new Error('of a listener')
      let throws = 0
      const throwing = (): never => {
        throws += 1
        throw thrown
      }
      const listener = Object.fromEntries(phases.map((phase) => [phase, throwing])) as never
      channelOf(name).subscribe(listener)
      const uncaught = await uncaughtDuring(async (uncaught) => {
        const action = await signInDirectly(strategy)
        expect([action.kind, action.value]).to.deep.equal(['success', { id: person.sub }])
        const { accessToken } = await strategy.refresh(lastRefreshToken())
        expect(accessToken).to.be.a('string')
        await until(() => uncaught.length === throws)
      }).finally(() => channelOf(name).unsubscribe(listener))
      expect(throws).to.be.at.least(4)
      expect(new Set(uncaught)).to.deep.equal(new Set([thrown]))
    })

  it('are not built while nobody listens', async () => {
    let looks = 0
    const info = {
      get code(): string {
        looks += 1
        return 'xai_of_the_application'
      },
    }
    verdict = () => [false, info]
    await signInDirectly(strategy)
    expect(looks).to.equal(0)
    listen()
    await signInDirectly(strategy)
    expect(looks).to.be.above(0)
  })
})

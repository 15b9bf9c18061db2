import { spawnSync } from 'node:child_process'
import { tracingChannel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { expect } from 'chai'
import type { Request } from 'express'
import { endWithOneAction, type Outcome } from '../../lib/sign-in/passport-action.js'

type Call = readonly [action: string, ...args: unknown[]]

/** A strategy as Passport hands it over, which notes what it was told, and a request. */
const passportWith = (actions: Record<string, (...args: unknown[]) => unknown> = {}) => {
  const calls: Call[] = []
  const note =
    (name: string) =>
    (...args: unknown[]): unknown => {
      calls.push([name, ...args])
      return actions[name]?.(...args)
    }
  const strategy = Object.fromEntries(
    ['redirect', 'success', 'fail', 'error'].map((name) => [name, note(name)]),
  )
  const req = { next: note('next') } as unknown as Request
  return { calls, strategy, req }
}

const thrower = (error: unknown) => (): never => {
  throw error
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const user = { id: '1' }
const info = { message: 'why' }
const error = new Error('what went wrong')

describe('endWithOneAction', async () => {
  const rows: ReadonlyArray<readonly [outcome: Outcome, call: Call]> = [
    [{ kind: 'redirect', location: 'https://xai.example/' }, ['redirect', 'https://xai.example/']],
    [{ kind: 'success', user, info }, ['success', user, info]],
    [{ kind: 'fail', info, status: 403 }, ['fail', info, 403]],
    [{ kind: 'error', error }, ['error', error]],
  ]
  for (const [outcome, call] of rows) {
    it(`performs ${outcome.kind}, and nothing else`, async () => {
      const { calls, strategy, req } = passportWith()
      endWithOneAction(strategy, req, async () => outcome)
      await settled()
      expect(calls).to.deep.equal([call])
    })

    it(`keeps the ${outcome.kind} of the request it was bound to`, async () => {
      const [mine, yours] = [passportWith(), passportWith()]
      endWithOneAction(mine.strategy, mine.req, async () => outcome)
      Object.assign(mine.strategy, yours.strategy)
      await settled()
      expect([mine.calls.length, yours.calls.length]).to.deep.equal([1, 0])
    })

    it(`hands what the application throws inside ${outcome.kind} to the framework, as it is`, async () => {
      const thrown = new Error('of the application')
      const { calls, strategy, req } = passportWith({ [outcome.kind]: thrower(thrown) })
      endWithOneAction(strategy, req, async () => outcome)
      await settled()
      expect(calls.slice(1)).to.have.lengthOf(1)
      expect(calls[1]?.[0]).to.equal('next')
      expect(calls[1]?.[1]).to.equal(thrown)
    })
  }

  it('hands the rejection of an asynchronous callback to the framework', async () => {
    const thrown = new Error('of the application')
    const { calls, strategy, req } = passportWith({ success: () => Promise.reject(thrown) })
    endWithOneAction(strategy, req, async () => ({ kind: 'success', user, info }))
    await settled()
    expect(calls.slice(1)).to.deep.equal([['next', thrown]])
  })

  it('hands it to Passport’s error where the framework puts no next onto requests', async () => {
    const { calls, strategy } = passportWith({ success: thrower(error) })
    endWithOneAction(strategy, {} as Request, async () => ({ kind: 'success', user, info }))
    await settled()
    expect(calls.slice(1)).to.deep.equal([['error', error]])
  })

  for (const empty of [undefined, null, false, '', 0]) {
    it(`makes an Error of an error that is ${JSON.stringify(empty)}, so that no framework goes on`, async () => {
      const { calls, strategy, req } = passportWith()
      endWithOneAction(strategy, req, async () => ({ kind: 'error', error: empty }))
      await settled()
      expect(calls).to.have.lengthOf(1)
      expect(calls[0]?.[1])
        .to.be.an('error')
        .with.property('message', `the sign-in failed with ${inspect(empty)}`)
    })
  }

  it('makes an Error of an empty value that the application throws', async () => {
    const { calls, strategy, req } = passportWith({ success: thrower(undefined) })
    endWithOneAction(strategy, req, async () => ({ kind: 'success', user, info }))
    await settled()
    expect(calls[1]?.[1]).to.be.an('error')
  })

  it('warns the process when even the framework throws', async () => {
    const { strategy, req } = passportWith({ success: thrower(error), next: thrower(new Error('once more')) })
    const warned = once(process, 'warning')
    endWithOneAction(strategy, req, async () => ({ kind: 'success', user, info }))
    await settled()
    const [warning] = (await warned) as [Error]
    expect(warning.name).to.equal('XaiStrategyWarning')
    expect(warning.message).to.match(/^nobody handles what the application threw: Error: once more/)
  })

  const invalid = { code: 'xai_state_invalid' }
  const events: ReadonlyArray<readonly [what: string, outcome: Outcome, event: object]> = [
    [
      'a reason of ours',
      { kind: 'fail', info: { ...invalid, reason: 'used' } },
      { ...invalid, reason: 'used' },
    ],
    [
      'a reason without our code',
      { kind: 'fail', info: { code: 'access_denied', reason: 'used' } },
      { code: 'access_denied' },
    ],
    ...['of ada', 'ada 1', '1 ada', 'Ada', '', 7].map(
      (reason) =>
        [`the reason ${inspect(reason)}`, { kind: 'fail', info: { ...invalid, reason } }, invalid] as const,
    ),
    ...['ada', 'xai_ada lovelace', 'ada xai_ada', 'access_denied!', 'xai_1', 7, ['xai_ada']].map(
      (code) => [`the code ${inspect(code)}`, { kind: 'error', error: { code } }, {}] as const,
    ),
    ['a code of the user', { kind: 'success', user: invalid, info: invalid }, {}],
  ]
  for (const [what, outcome, event] of events)
    it(`publishes no more than words of our own: ${what}`, async () => {
      const published: object[] = []
      const channel = tracingChannel<object, object>('passport-xai:sign-in')
      const listener = { asyncEnd: (end: object) => void published.push({ ...end, milliseconds: 0 }) }
      channel.subscribe(listener as never)
      const { strategy, req } = passportWith()
      endWithOneAction(Object.assign(strategy, { name: 'xai' }), req, async () => outcome)
      await settled()
      channel.unsubscribe(listener as never)
      expect(published).to.deep.equal([{ strategy: 'xai', outcome: outcome.kind, milliseconds: 0, ...event }])
    })
})

describe('an error of xAI’s that says invalid_client', () => {
  /** In a process of its own, because a process warns once: two such errors, and others before them. */
  const script = `
    const { endWithOneAction } = require(${JSON.stringify(require.resolve('../../lib/sign-in/passport-action.js'))})
    const { XaiOAuthError } = require(${JSON.stringify(require.resolve('../../lib/error.js'))})
    const errorOf = (error) => new XaiOAuthError('xai_token_exchange_failed', 'no', { error })
    const foreign = Object.assign(new Error('no'), { error: 'invalid_client' })
    process.on('warning', ({ code, message }) => console.log(code + ': ' + message))
    for (const error of [foreign, errorOf('invalid_grant'), errorOf('invalid_client'), errorOf('invalid_client')])
      endWithOneAction({ name: 'xai', error: () => console.log('error') }, {}, async () => ({ kind: 'error', error }))`

  it('is worth one warning of the process that says what an operator has to check', () => {
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
    const lines = stdout.trim().split('\n')
    expect(lines.slice(0, 4)).to.deep.equal(['error', 'error', 'error', 'error'])
    expect(lines.slice(4)).to.deep.equal([
      'xai_invalid_client: xAI sign-in failed (xai_token_exchange_failed, invalid_client). xAI does not know this client: check clientID, clientSecret and clientAuthentication, and that xAI has allowed the client. See https://www.npmjs.com/package/passport-xai#sign-in-failed',
    ])
  })
})

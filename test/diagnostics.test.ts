import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { expect } from 'chai'
import { emitErrorWarning, type RefreshEvent, trace, warnOfFailedSignIn } from '../lib/diagnostics.js'

const withoutStack = new Error('no stack')
withoutStack.stack = undefined as unknown as string

const rows: ReadonlyArray<readonly [what: string, error: unknown, words: RegExp]> = [
  ['an Error with its stack', new Error('gone'), /^what: Error: gone\n +at /],
  ['an Error without a stack by its message', withoutStack, /^what: no stack$/],
  ['a string', 'gone', /^what: 'gone'$/],
  ['an object without what is inside', { a: { b: 1 } }, /^what: \{ a: \[Object\] \}$/],
  ['a symbol', Symbol('gone'), /^what: Symbol\(gone\)$/],
  ['an object without a prototype', Object.create(null), /^what: \[Object: null prototype\] \{\}$/],
  [
    'an Error without what it carries',
    Object.assign(new Error('gone'), { token: 'secret' }),
    /^(?!.*secret)/s,
  ],
]

describe('emitErrorWarning', () => {
  for (const [what, error, words] of rows)
    it(`tells ${what}`, async () => {
      const warned = once(process, 'warning')
      emitErrorWarning('what', error)
      const [warning] = (await warned) as [Error]
      expect(warning.name).to.equal('XaiStrategyWarning')
      expect(warning.message).to.match(words)
    })
})

describe('a warning of a failed sign-in', () => {
  it('is printed once for each topic, and says where to read on', async () => {
    const warnings: Array<NodeJS.ErrnoException> = []
    const listen = (warning: Error): number => warnings.push(warning)
    process.on('warning', listen)
    for (const topic of ['xai_test_one', 'xai_test_one', 'xai_test_two'])
      warnOfFailedSignIn(topic, 'words', 'Do this.')
    await new Promise(setImmediate)
    process.off('warning', listen)
    expect(warnings.map(({ code }) => code)).to.deep.equal(['xai_test_one', 'xai_test_two'])
    expect(warnings[0]).to.include({
      name: 'XaiStrategyWarning',
      message:
        'xAI sign-in failed (words). Do this. See https://www.npmjs.com/package/passport-xai#sign-in-failed',
    })
  })
})

describe('an event', () => {
  it('says how long something took', async () => {
    const events: RefreshEvent[] = []
    const listen = (event: unknown): number => events.push(event as RefreshEvent)
    subscribe('tracing:passport-xai:refresh:asyncEnd', listen)
    const start = performance.now()
    await trace(
      'refresh',
      {},
      async () => {},
      () => ({}),
    )
    unsubscribe('tracing:passport-xai:refresh:asyncEnd', listen)
    expect(events[0]?.milliseconds).to.be.within(0, performance.now() - start)
  })
})

import { once } from 'node:events'
import { expect } from 'chai'
import { emitErrorWarning } from '../lib/diagnostics.js'

const withoutStack = new Error('no stack')
withoutStack.stack = undefined as unknown as string

const rows: ReadonlyArray<readonly [what: string, error: unknown, words: RegExp]> = [
  ['an Error with its stack', new Error('gone'), /^what: Error: gone\n +at /],
  ['an Error without a stack by its message', withoutStack, /^what: no stack$/],
  ['a string', 'gone', /^what: 'gone'$/],
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

import { mock } from 'node:test'
import { expect } from 'chai'
import { SpentStates } from '../../lib/state/spent-state.js'

describe('SpentStates', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: 0 }))
  afterEach(() => mock.timers.reset())

  it('remembers a state that was used, and no other', () => {
    const spent = new SpentStates()
    spent.add('a')
    expect([spent.has('a'), spent.has('b')]).to.deep.equal([true, false])
  })

  it('forgets what has expired by itself as well', () => {
    const spent = new SpentStates()
    spent.add('a')
    mock.timers.tick(600_000 - 1)
    spent.add('b')
    expect(spent.has('a')).to.equal(true)
    mock.timers.tick(1)
    spent.add('c')
    expect([spent.has('a'), spent.has('b'), spent.has('c')]).to.deep.equal([false, true, true])
  })

  it('forgets the oldest beyond 10,000', () => {
    const spent = new SpentStates()
    for (let n = 0; n <= 10_000; n += 1) spent.add(`${n}`)
    expect([spent.has('0'), spent.has('1'), spent.has('10000')]).to.deep.equal([false, true, true])
  })
})

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

  it('remembers for as long as a sign-in may take, and forgets by itself in twice that time', () => {
    const spent = new SpentStates()
    mock.timers.tick(600_000 - 1)
    spent.add('a')
    mock.timers.tick(600_000 - 1)
    spent.add('b')
    expect(spent.has('a')).to.equal(true)
    mock.timers.tick(600_000)
    spent.add('c')
    expect([spent.has('a'), spent.has('b'), spent.has('c')]).to.deep.equal([false, true, true])
  })

  it('remembers the last 5,000, and never more than 10,000', () => {
    const spent = new SpentStates()
    const all = Array.from({ length: 12_345 }, (_, n) => `${n}`)
    for (const handle of all) {
      spent.add(handle)
      if (!spent.has(all[Math.max(0, Number(handle) - 4_999)]!)) expect.fail(`forgot too early at ${handle}`)
    }
    expect(all.filter((handle) => spent.has(handle)).length).to.equal(7_345)
    for (const handle of all) spent.add(`x${handle}`)
    expect(all.filter((handle) => spent.has(handle))).to.be.empty
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import { Recent } from '../../lib/state/recent.js'

const lifetime = 600_000

describe('Recent', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: 0 }))
  afterEach(() => mock.timers.reset())

  it('gives what was set last, and nothing else', () => {
    const recent = new Recent<number>(lifetime)
    recent.set('a', 1)
    recent.set('a', 2)
    expect([recent.get('a'), recent.get('b')]).to.deep.equal([2, undefined])
  })

  it('keeps an entry for its lifetime, and forgets it in twice that time', () => {
    const recent = new Recent<true>(lifetime)
    mock.timers.tick(lifetime - 1)
    recent.set('a', true)
    mock.timers.tick(lifetime - 1)
    recent.set('b', true)
    expect(recent.get('a')).to.equal(true)
    mock.timers.tick(lifetime)
    recent.set('c', true)
    expect(['a', 'b', 'c'].map((key) => recent.get(key))).to.deep.equal([undefined, true, true])
  })

  it('keeps the last 5,000, and never more than 10,000', () => {
    const recent = new Recent<true>(lifetime)
    const all = Array.from({ length: 12_345 }, (_, n) => `${n}`)
    for (const key of all) {
      recent.set(key, true)
      if (!recent.get(all[Math.max(0, Number(key) - 4_999)]!)) expect.fail(`forgot too early at ${key}`)
    }
    expect(all.filter((key) => recent.get(key)).length).to.equal(7_345)
    for (const key of all) recent.set(`x${key}`, true)
    expect(all.filter((key) => recent.get(key))).to.be.empty
  })
})

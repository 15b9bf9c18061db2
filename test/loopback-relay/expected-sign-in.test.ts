import { mock } from 'node:test'
import { expect } from 'chai'
import { ExpectedSignIns } from '../../lib/loopback-relay/expected-sign-in.js'

const minute = 60_000
const parameters = { code: 'a', state: 's' }

describe('ExpectedSignIns', () => {
  let expected: ExpectedSignIns
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'] })
    expected = new ExpectedSignIns()
  })
  afterEach(() => mock.timers.reset())

  it('expects a sign-in for 10 minutes', () => {
    expected.add('s', 'https://a.example')
    mock.timers.tick(10 * minute - 1)
    expect(expected.find('s')).to.include({ authorizationURL: 'https://a.example' })
    mock.timers.tick(1)
    expect(expected.find('s')).to.equal(undefined)
    expect(expected.receive('s', parameters)).to.equal('unexpected')
  })

  it('keeps a delivery for 2 minutes', () => {
    expected.add('s', '')
    mock.timers.tick(minute)
    expect(expected.receive('s', parameters)).to.equal('kept')
    mock.timers.tick(2 * minute - 1)
    expect(expected.find('s')).to.deep.include({ parameters })
    mock.timers.tick(1)
    expect(expected.find('s')).to.equal(undefined)
  })

  it('keeps no delivery for longer than the sign-in is expected', () => {
    expected.add('s', '')
    mock.timers.tick(9 * minute)
    expected.receive('s', parameters)
    mock.timers.tick(minute)
    expect(expected.find('s')).to.equal(undefined)
  })

  it('keeps the first delivery', () => {
    expected.add('s', '')
    expected.receive('s', parameters)
    expect(expected.receive('s', { code: 'b', state: 's' })).to.equal('repeated')
    expect(expected.find('s')).to.deep.include({ parameters })
  })

  it('expects at most 1,000 sign-ins, of which the oldest gives way', () => {
    for (let count = 0; count < 1001; count += 1) expected.add(`${count}`, '')
    expect(expected.find('0')).to.equal(undefined)
    expect(expected.find('1')).to.not.equal(undefined)
    expect(expected.find('1000')).to.not.equal(undefined)
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import { ExpectedSignIns, receiveDelivery } from '../../lib/loopback-relay/delivery.js'

const minute = 60_000
const origin = 'https://consent.example'

describe('a sign-in whose delivery is expected', () => {
  let expected: ExpectedSignIns
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'] })
    expected = new ExpectedSignIns()
  })
  afterEach(() => mock.timers.reset())

  /** The status of a delivery. */
  const deliver = (code = 'a'): number => {
    const request = {
      method: 'GET',
      headers: { origin, host: '127.0.0.1:3000' },
      socket: { remoteAddress: '127.0.0.1' },
      url: `/callback?code=${code}&state=s`,
      query: { code, state: 's' },
    }
    return receiveDelivery(request as unknown as Request, [origin], expected).status
  }

  it('is remembered for 10 minutes', () => {
    expected.add('s', 'https://a.example')
    mock.timers.tick(10 * minute - 1)
    expect(expected.find('s')).to.include({ authorizationURL: 'https://a.example' })
    mock.timers.tick(1)
    expect(expected.find('s')).to.equal(undefined)
    expect(deliver()).to.equal(404)
  })

  it('is remembered for 2 minutes once the delivery has come', () => {
    expected.add('s', '')
    mock.timers.tick(minute)
    expect(deliver()).to.equal(204)
    mock.timers.tick(2 * minute - 1)
    expect(expected.find('s')).to.include({ callback: '?code=a&state=s' })
    mock.timers.tick(1)
    expect(expected.find('s')).to.equal(undefined)
  })

  it('is remembered for no longer because a delivery comes', () => {
    expected.add('s', '')
    mock.timers.tick(9 * minute)
    expect(deliver()).to.equal(204)
    mock.timers.tick(minute)
    expect(expected.find('s')).to.equal(undefined)
  })

  it('keeps the first delivery', () => {
    expected.add('s', '')
    expect([deliver('a'), deliver('b')]).to.deep.equal([204, 409])
    expect(expected.find('s')).to.include({ callback: '?code=a&state=s' })
  })

  it('is one of 1,000 at most, of which the oldest gives way', () => {
    for (let count = 0; count < 1001; count += 1) expected.add(`${count}`, '')
    expect(expected.find('0')).to.equal(undefined)
    expect(expected.find('1')).to.not.equal(undefined)
    expect(expected.find('1000')).to.not.equal(undefined)
  })
})

import { expect } from 'chai'
import { buildStateFailure, type StateFailureReason } from '../../lib/state/state-failure.js'

const rows: ReadonlyArray<readonly [reason: StateFailureReason, words: RegExp]> = [
  ['missing', /another host name/],
  ['unknown', /another browser/],
  ['used', /second time/],
  ['expired', /10 minutes ago/],
  ['mismatch', /client ID, issuer or callbackURL/],
  ['unreadable', /secret that this process does not have/],
]

describe('buildStateFailure', () => {
  for (const [reason, words] of rows)
    it(`names the likely cause of ${reason}`, () => {
      const failure = buildStateFailure(reason, { headers: { cookie: 'a=b' } })
      expect(failure).to.have.all.keys('reason', 'message')
      expect(failure.reason).to.equal(reason)
      expect(failure.message).to.match(words)
    })

  it('names the causes of a missing cookie when none at all has come', () => {
    expect(buildStateFailure('missing', { headers: {} }).message).to.match(/SameSite=Strict.*Secure/)
    expect(buildStateFailure('unknown', { headers: {} }).message).not.to.include('SameSite')
  })

  it('needs no request', () => {
    expect(buildStateFailure('missing').message).to.match(/SameSite=Strict/)
  })
})

import { expect } from 'chai'
import { challengeOf, isSame, nonceOf, randomToken } from '../../lib/oauth/pkce.js'

describe('PKCE', () => {
  it('makes the challenge of RFC 7636, Appendix B', () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).to.equal(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })

  it('makes random tokens of 256 bits that never repeat', () => {
    const tokens = Array.from({ length: 1000 }, randomToken)
    expect(new Set(tokens)).to.have.property('size', 1000)
    for (const token of tokens) expect(token).to.match(/^[\w-]{43}$/)
  })

  it('derives one nonce from one verifier, and not the public challenge', () => {
    const verifier = randomToken()
    expect(nonceOf(verifier))
      .to.match(/^[\w-]{43}$/)
      .and.to.equal(nonceOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(challengeOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(nonceOf(randomToken()))
  })
})

describe('isSame', () => {
  it('compares whole texts, whatever their lengths', () => {
    const pairs = [isSame('a', 'a'), isSame('a', 'b'), isSame('a', 'aa'), isSame('', '')]
    expect(pairs).to.deep.equal([true, false, false, true])
  })
})

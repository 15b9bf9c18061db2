import { expect } from 'chai'
import { askedForIDToken, buildCodeVerifier, challengeOf, nonceOf, randomToken } from '../lib/pkce.js'

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

  for (const asks of [true, false])
    it(`makes a verifier within RFC 7636 §4.1 that remembers ${asks ? 'the wish for' : 'that nobody wants'} an id_token`, () => {
      const verifier = buildCodeVerifier(asks)
      expect(verifier).to.match(/^[A-Za-z0-9._~-]{43,128}$/)
      expect(askedForIDToken(verifier)).to.equal(asks)
    })

  it('knows nothing of a verifier from elsewhere', () => {
    expect(askedForIDToken(randomToken())).to.equal(undefined)
    expect(askedForIDToken(`${randomToken()}.2`)).to.equal(undefined)
    expect(askedForIDToken('of.another.0')).to.equal(undefined)
  })

  it('derives one nonce from one verifier, and not the public challenge', () => {
    const verifier = buildCodeVerifier(true)
    expect(nonceOf(verifier))
      .to.match(/^[\w-]{43}$/)
      .and.to.equal(nonceOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(challengeOf(verifier))
    expect(nonceOf(verifier)).to.not.equal(nonceOf(buildCodeVerifier(true)))
  })
})

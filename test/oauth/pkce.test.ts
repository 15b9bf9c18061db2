import { mock } from 'node:test'

import crypto = require('node:crypto')

import { expect } from 'chai'
import {
  askedForIDToken,
  buildCodeVerifier,
  challengeOf,
  nonceOf,
  randomToken,
} from '../../lib/oauth/pkce.js'

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

  it('leaves no byte of a token behind that it has given out', () => {
    const draw = mock.method(crypto, 'randomFillSync')
    try {
      // As many as one draw is for, from wherever the draw before has left off.
      const tokens = Array.from({ length: 16 }, randomToken)
      const pools = draw.mock.calls.map((call) => call.arguments[0] as Buffer)
      expect(pools).to.have.length(1)
      for (const token of tokens) expect(pools[0]?.includes(Buffer.from(token, 'base64url'))).to.equal(false)
    } finally {
      draw.mock.restore()
    }
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

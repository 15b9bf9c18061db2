import { expect } from 'chai'
import { targetOf } from '../../lib/http/target.js'

describe('targetOf', () => {
  it('takes a URL apart as node:http wants it', () => {
    expect(targetOf('https://auth.x.ai:8443/oauth2/token?a=b')).to.deep.equal({
      protocol: 'https:',
      hostname: 'auth.x.ai',
      port: 8443,
      path: '/oauth2/token?a=b',
      auth: undefined,
    })
  })

  it('leaves out a port that goes without saying, and the brackets of an IPv6 address', () => {
    expect(targetOf('https://auth.x.ai/oauth2/token')).to.include({ hostname: 'auth.x.ai', port: undefined })
    expect(targetOf('http://[::1]:80/')).to.include({ hostname: '::1', port: undefined, path: '/' })
  })

  it('takes an endpoint apart once', () => {
    expect(targetOf('http://127.0.0.1:1/once')).to.equal(targetOf('http://127.0.0.1:1/once'))
  })

  it('keeps nothing of a URL with a query', () => {
    expect(targetOf('http://127.0.0.1:1/?a=b')).to.not.equal(targetOf('http://127.0.0.1:1/?a=b'))
  })

  it('does not keep more and more', () => {
    const first = targetOf('http://127.0.0.1:1/first')
    for (let index = 0; index < 100; index++) targetOf(`http://127.0.0.1:1/many/${index}`)
    expect(targetOf('http://127.0.0.1:1/first')).to.not.equal(first)
  })

  it('throws for what is no URL', () => {
    expect(() => targetOf('/oauth2/token')).to.throw(TypeError)
  })
})

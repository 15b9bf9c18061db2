import { mock } from 'node:test'
import { expect } from 'chai'
import {
  bindingOf,
  buildPendingSignIn,
  isExpired,
  maxPendingSignIns,
  signInLifetime,
} from '../../lib/state/pending-sign-in.js'
import { meta } from './browser.js'

describe('a pending sign-in', () => {
  afterEach(() => mock.timers.reset())

  it('lives for 10 minutes, and 8 of them are kept', () => {
    expect({ signInLifetime, maxPendingSignIns }).to.deep.equal({
      signInLifetime: 600_000,
      maxPendingSignIns: 8,
    })
  })

  it('holds handle, verifier, state, binding and when it began', () => {
    mock.timers.enable({ apis: ['Date'], now: 5 })
    expect(buildPendingSignIn('h', 'v', { a: 1 }, meta)).to.deep.equal({
      handle: 'h',
      codeVerifier: 'v',
      state: { a: 1 },
      binding: bindingOf(meta),
      began: 5,
    })
  })

  it('holds no state when the application gave none, and null when it gave null', () => {
    expect(buildPendingSignIn('h', 'v', undefined, meta)).not.to.have.property('state')
    expect(buildPendingSignIn('h', 'v', null, meta)).to.include({ state: null })
  })

  it('expires at 10 minutes, not before', () => {
    mock.timers.enable({ apis: ['Date'], now: 1000 })
    const signIn = buildPendingSignIn('h', 'v', undefined, meta)
    mock.timers.tick(signInLifetime - 1)
    expect(isExpired(signIn)).to.equal(false)
    mock.timers.tick(1)
    expect(isExpired(signIn)).to.equal(true)
  })

  const others: ReadonlyArray<readonly [what: string, change: Partial<typeof meta>]> = [
    ['client', { clientID: 'another' }],
    ['issuer', { issuer: 'https://auth.example' }],
    ['redirect URI', { callbackURL: 'https://app.example/other' }],
  ]
  for (const [what, change] of others)
    it(`is bound to its ${what}`, () => {
      expect(bindingOf({ ...meta, ...change })).not.to.equal(bindingOf(meta))
    })

  it('is bound by values that cannot run into one another', () => {
    const [one, two] = [
      { ...meta, clientID: 'a","b', issuer: 'c' },
      { ...meta, clientID: 'a', issuer: 'b","c' },
    ]
    expect(bindingOf(one)).not.to.equal(bindingOf(two))
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import {
  bindingOf,
  buildPendingSignIn,
  digestOfUser,
  isExpired,
  maxPendingSignIns,
  signInLifetime,
} from '../../lib/state/pending-sign-in.js'
import { meta } from './browser.js'

const requestWith = (parts: object): Request => ({ headers: {}, ...parts }) as unknown as Request
const build = (applicationState?: unknown, req = requestWith({})) =>
  buildPendingSignIn(req, { state: 's', codeVerifier: 'v', applicationState }, meta)

describe('a pending sign-in', () => {
  afterEach(() => mock.timers.reset())

  it('lives for 10 minutes, and 8 of them are kept', () => {
    expect({ signInLifetime, maxPendingSignIns }).to.deep.equal({
      signInLifetime: 600_000,
      maxPendingSignIns: 8,
    })
  })

  it('holds both states, verifier, binding and when it began', () => {
    mock.timers.enable({ apis: ['Date'], now: 5 })
    expect(build({ a: 1 })).to.deep.equal({
      state: 's',
      codeVerifier: 'v',
      applicationState: { a: 1 },
      binding: bindingOf(meta),
      began: 5,
    })
  })

  it('holds no application state when there is none, and null when it is null', () => {
    expect(build()).not.to.have.property('applicationState')
    expect(build(null)).to.include({ applicationState: null })
  })

  const sites: ReadonlyArray<readonly [site: string | undefined, foreign: true | undefined]> = [
    ['cross-site', true],
    ['same-site', true],
    ['same-origin', undefined],
    ['none', undefined],
    [undefined, undefined],
  ]
  for (const [site, foreign] of sites)
    it(`is ${foreign ? 'another site’s' : 'the person’s own'} when Sec-Fetch-Site is ${site}`, () => {
      const req = requestWith({ headers: { ...(site && { 'sec-fetch-site': site }) } })
      expect(build('s', req).foreign).to.equal(foreign)
    })

  it('holds a digest of who is signed in, and none of nobody', () => {
    expect(build('s', requestWith({ user: { id: 1 } })).user).to.match(/^[\w-]{43}$/)
    expect(build('s')).not.to.have.property('user')
  })

  it('expires at 10 minutes, not before', () => {
    mock.timers.enable({ apis: ['Date'], now: 1000 })
    const signIn = build()
    mock.timers.tick(signInLifetime - 1)
    expect(isExpired(signIn)).to.equal(false)
    mock.timers.tick(1)
    expect(isExpired(signIn)).to.equal(true)
  })

  const others: ReadonlyArray<readonly [what: string, change: Partial<typeof meta>]> = [
    ['client', { clientID: 'another' }],
    ['issuer', { issuer: 'https://auth.example' }],
    ['token URL', { tokenURL: 'https://auth.example/token' }],
    ['redirect URI', { callbackURL: 'https://app.example/other' }],
    ['request for an id_token', { asksForIDToken: false }],
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

describe('digestOfUser', () => {
  const digest = (parts: object): string => digestOfUser(requestWith(parts))
  const ring: { id?: unknown; self?: unknown } = {}
  ring.self = ring

  const nobody: ReadonlyArray<readonly [what: string, request: object]> = [
    ['no session', {}],
    ['a session without Passport', { session: {} }],
    ['a session after logout', { session: { passport: {} }, user: null }],
    ['a destroyed session', { session: null, user: undefined }],
    ['a user who could not be found', { user: false }],
  ]
  for (const [what, request] of nobody)
    it(`is empty for ${what}`, () => {
      expect(digest(request)).to.equal('')
    })

  const same: ReadonlyArray<readonly [what: string, one: object, other: object]> = [
    [
      'the user that Passport keeps, whatever req.user is now',
      { session: { passport: { user: 7 } }, user: { id: 7, seen: 1 } },
      { session: { passport: { user: 7 } }, user: { id: 7, seen: 2 } },
    ],
    ['the id of a user without a session', { user: { id: 1n, seen: 1 } }, { user: { id: 1n, seen: 2 } }],
    ['the sub of a token that was renewed', { user: { sub: 'a', iat: 1 } }, { user: { sub: 'a', iat: 2 } }],
  ]
  for (const [what, one, other] of same)
    it(`stays the same for ${what}`, () => {
      expect(digest(one)).to.equal(digest(other))
      expect(digest(one)).to.match(/^[\w-]{43}$/)
    })

  const different: ReadonlyArray<readonly [what: string, one: object, other: object]> = [
    [
      'two users in the session',
      { session: { passport: { user: 1 } } },
      { session: { passport: { user: 2 } } },
    ],
    ['two users as @fastify/passport keeps them', { session: { passport: 1 } }, { session: { passport: 2 } }],
    ['two ids', { user: { id: 1 } }, { user: { id: 2 } }],
    ['an id of 0 and nobody', { session: { passport: { user: 0 } } }, {}],
    ['two users without an id', { user: { email: 'a' } }, { user: { email: 'b' } }],
    ['a user that refers to itself and nobody', { user: ring }, {}],
  ]
  for (const [what, one, other] of different)
    it(`differs for ${what}`, () => {
      expect(digest(one)).not.to.equal(digest(other))
    })
})

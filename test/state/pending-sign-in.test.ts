import { mock } from 'node:test'
import { expect } from 'chai'
import type { Request } from 'express'
import {
  bindingOf,
  buildPendingSignIn,
  digestOfUser,
  isExpired,
  maxPendingSignIns,
  Recent,
  signInLifetime,
} from '../../lib/state/pending-sign-in.js'
import { meta } from './browser.js'

const requestWith = (parts: object): Request => ({ headers: {}, ...parts }) as unknown as Request
const build = (applicationState?: unknown, req = requestWith({})) =>
  buildPendingSignIn(req, 'v', applicationState, meta)

describe('a pending sign-in', () => {
  afterEach(() => mock.timers.reset())

  it('lives for 10 minutes, and 8 of them are kept', () => {
    expect({ signInLifetime, maxPendingSignIns }).to.deep.equal({
      signInLifetime: 600_000,
      maxPendingSignIns: 8,
    })
  })

  it('holds a random state, what the application gave, verifier, binding, when it began and who was signed in', () => {
    mock.timers.enable({ apis: ['Date'], now: 5 })
    const { state, ...rest } = build({ a: 1 })
    expect(state).to.match(/^[\w-]{43}$/)
    expect(rest).to.deep.equal({
      codeVerifier: 'v',
      applicationState: { a: 1 },
      binding: bindingOf(meta),
      began: 5,
      foreign: false,
      user: '',
    })
  })

  const sites: ReadonlyArray<readonly [site: string | undefined, foreign: boolean]> = [
    ['cross-site', true],
    ['same-site', true],
    ['same-origin', false],
    ['none', false],
    [undefined, false],
  ]
  for (const [site, foreign] of sites)
    it(`is ${foreign ? 'another site’s' : 'the person’s own'} when Sec-Fetch-Site is ${site}`, () => {
      const req = requestWith({ headers: { ...(site && { 'sec-fetch-site': site }) } })
      expect(build('s', req).foreign).to.equal(foreign)
    })

  it('is the person’s own when the request has no headers', () => {
    expect(build('s', {} as Request).foreign).to.equal(false)
  })

  it('holds a digest of who is signed in', () => {
    expect(build('s', requestWith({ user: { id: 1 } })).user).to.match(/^[\w-]{43}$/)
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

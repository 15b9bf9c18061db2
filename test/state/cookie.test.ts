import { expect } from 'chai'
import type { Request } from 'express'
import {
  belongsTo,
  buildSetCookie,
  findSignInCookies,
  isSecureRequest,
  signInCookieNameOf,
  surplusOf,
} from '../../lib/state/cookie.js'
import type { PendingSignIn } from '../../lib/state/pending-sign-in.js'

const signIn = (state: string, began: number, foreign = false): PendingSignIn => ({
  state,
  codeVerifier: 'v',
  binding: 'b',
  began,
  foreign,
  user: '',
})

const name = signInCookieNameOf(signIn('state', 1000), false)
const secureName = signInCookieNameOf(signIn('state', 1000), true)

const found = (cookie: string | undefined, secure = false) =>
  findSignInCookies({ headers: { cookie } } as Request, secure)
const namesOf = (header: string, secure = false): string[] => found(header, secure).map((each) => each.name)

describe('a sign-in cookie', () => {
  it('is not found in a request without headers', () => {
    expect(findSignInCookies({} as Request, false)).to.deep.equal([])
  })

  it('is named after when it began and a digest of the state, with a prefix on https', () => {
    expect(name).to.match(/^xai\.1000000rs\.[\w-]{16}$/)
    expect(secureName).to.equal(`__Host-${name}`)
    expect(name).not.to.include('state')
  })

  it('says in its name that a page of another site began it', () => {
    expect(signInCookieNameOf(signIn('state', 1000, true), false)).to.match(/^xai\.0000000rs\.[\w-]{16}$/)
  })

  it('is written with every attribute that keeps it to this host and out of scripts', () => {
    expect(buildSetCookie({ name, value: 'v' }, false, 1200)).to.equal(
      `${name}=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=1200`,
    )
    expect(buildSetCookie({ name: secureName, value: 'v' }, true, 1200)).to.equal(
      `${secureName}=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=1200; Secure`,
    )
  })

  const [one, two, three] = [1000, 2000, 30_000].map((began) =>
    signInCookieNameOf(signIn(`${began}`, began), false),
  )
  const foreign = signInCookieNameOf(signIn('foreign', 40_000, true), false)
  const headers: ReadonlyArray<readonly [what: string, header: string, names: unknown[]]> = [
    ['those that began first first', `${three}=3; ${one}=1; ${two}=2`, [one, two, three]],
    ['those that another site began before all others', `${one}=1; ${foreign}=4`, [foreign, one]],
    ['ours among others', `a=b; ${one}=1; c=d=e;; =; novalue`, [one]],
    ['nothing in names that only resemble ours', 'xai.theme=dark; xai.=1; xai.1000000rs.short=1; xai=2', []],
    ['nothing on http that is for https', `${secureName}=1`, []],
    ['nothing in an empty header', '', []],
  ]
  for (const [what, header, names] of headers)
    it(`is looked up in a request: ${what}`, () => {
      expect(namesOf(header)).to.deep.equal(names)
    })

  it('is looked up on https under its prefix alone', () => {
    expect(namesOf(`${name}=1; ${secureName}=2`, true)).to.deep.equal([secureName])
  })

  it('is looked up in a request without cookies', () => {
    expect(found(undefined, true)).to.deep.equal([])
  })

  it('is looked up whatever spaces and tabs stand before its name', () => {
    expect(found(`a=b; \t${name}=v`)).to.deep.equal([{ name, value: 'v' }])
  })

  for (const [what, byte] of [
    ['0xA0', '\u00a0'],
    ['0x0B', '\u000b'],
    ['0x85', '\u0085'],
  ] as const)
    it(`is not taken from a sibling host that sets __Host- behind a byte ${what}`, () => {
      expect(namesOf(`a=b; ${byte}${secureName}=planted`, true)).to.deep.equal([])
    })

  it('is read in a time that grows no faster than the header', () => {
    const megabyte = 2 ** 20
    const filled = (text: string): string => text.repeat(megabyte / text.length)
    for (const text of [' ', ';', '; ', 'x', 'xai.', '; xai.', '; xai.a=', '; xai.a=b '])
      expect(namesOf(`${name}=v; ${filled(text)}`), text).to.deep.equal([name])
  })

  it('is found by its state', () => {
    const cookies = found(`${one}=1; ${name}=2; ${two}=3`)
    expect(cookies.find(belongsTo('state'))).to.deep.equal({ name, value: '2' })
    expect(cookies.find(belongsTo('another'))).to.equal(undefined)
    expect(cookies.find(belongsTo(''))).to.equal(undefined)
  })

  const sized = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, began) => ({ name: `n${began}`, value: 'v'.repeat(bytes - 2) }))

  const surpluses: ReadonlyArray<readonly [what: string, count: number, bytes: number, surplus: number]> = [
    ['no others', 0, 500, 0],
    ['7 others', 7, 500, 0],
    ['8 others', 8, 500, 1],
    ['9 others', 9, 500, 2],
    ['a large one', 1, 4096, 0],
    ['two large ones', 2, 4096, 1],
    ['one too large to be ours', 1, 9000, 1],
  ]
  for (const [what, count, bytes, surplus] of surpluses)
    it(`pushes out ${surplus} of ${what}, the first in order`, () => {
      const cookies = sized(count, bytes)
      expect(surplusOf(cookies, { name: 'x', value: 'v'.repeat(499) })).to.deep.equal(
        cookies.slice(0, surplus),
      )
    })
})

describe('isSecureRequest', () => {
  const requests: ReadonlyArray<readonly [what: string, request: object, secure: boolean]> = [
    ['a framework that says secure', { secure: true }, true],
    ['a framework that says https', { protocol: 'https' }, true],
    ['an encrypted socket', { socket: { encrypted: true } }, true],
    ['plain http', { secure: false, protocol: 'http', socket: {} }, false],
    ['a header that anybody can send', { headers: { 'x-forwarded-proto': 'https' }, socket: {} }, false],
    ['a request that says nothing', {}, false],
  ]
  for (const [what, request, secure] of requests)
    it(`is ${secure} for ${what}`, () => {
      expect(isSecureRequest(request as Request)).to.equal(secure)
    })
})

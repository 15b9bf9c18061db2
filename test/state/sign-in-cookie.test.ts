import { expect } from 'chai'
import {
  buildSetCookie,
  cookieNameOf,
  findCookie,
  parseSignInCookies,
  surplusOf,
} from '../../lib/state/sign-in-cookie.js'

const name = cookieNameOf('handle', false, 1000)
const secureName = cookieNameOf('handle', true, 1000)

const namesOf = (header: string, secure = false): string[] =>
  parseSignInCookies(header, secure).map((cookie) => cookie.name)

describe('a sign-in cookie', () => {
  it('is named after when it began and a digest of the handle, with a prefix on https', () => {
    expect(name).to.match(/^xai\.rs\.[\w-]{16}$/)
    expect(secureName).to.equal(`__Host-${name}`)
    expect(name).not.to.include('handle')
  })

  it('is written with every attribute that keeps it to this host and out of scripts', () => {
    expect(buildSetCookie({ name, value: 'v' }, false)).to.equal(
      `${name}=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=1200`,
    )
    expect(buildSetCookie({ name: secureName, value: 'v' }, true)).to.equal(
      `${secureName}=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=1200; Secure`,
    )
  })

  it('is removed by an empty one with the same attributes', () => {
    expect(buildSetCookie({ name: secureName, value: '' }, true)).to.equal(
      `${secureName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure`,
    )
  })

  const [one, two, three] = [1000, 2000, 30_000].map((now) => cookieNameOf(`${now}`, false, now))
  const headers: ReadonlyArray<readonly [what: string, header: string, found: unknown[]]> = [
    ['those that began first first', `${three}=3; ${one}=1; ${two}=2`, [one, two, three]],
    ['ours among others', `a=b; ${one}=1; c=d=e;; =; novalue`, [one]],
    ['nothing in names that only resemble ours', 'xai.theme=dark; xai.=1; xai.1.short=1; xai=2', []],
    ['nothing on http that is for https', `${secureName}=1`, []],
    ['nothing in an empty header', '', []],
  ]
  for (const [what, header, found] of headers)
    it(`is looked up in a request: ${what}`, () => {
      expect(namesOf(header)).to.deep.equal(found)
    })

  it('is looked up on https under its prefix alone', () => {
    expect(namesOf(`${name}=1; ${secureName}=2`, true)).to.deep.equal([secureName])
  })

  it('is looked up in a request without cookies', () => {
    expect(parseSignInCookies(undefined, true)).to.deep.equal([])
  })

  it('keeps the equal signs of its value, and loses the spaces around it', () => {
    expect(parseSignInCookies(` ${name} =  a=b== ;`, false)).to.deep.equal([{ name, value: 'a=b==' }])
  })

  it('is read in a time that grows no faster than the header', () => {
    const megabyte = 2 ** 20
    expect(namesOf(`${name}=${' '.repeat(megabyte)}x${' '.repeat(megabyte)}y`)).to.deep.equal([name])
  })

  it('is found by its handle', () => {
    const cookies = parseSignInCookies(`${one}=1; ${name}=2; ${two}=3`, false)
    expect(findCookie(cookies, 'handle')).to.deep.equal({ name, value: '2' })
    expect(findCookie(cookies, 'another')).to.equal(undefined)
    expect(findCookie(cookies, '')).to.equal(undefined)
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
    it(`pushes out ${surplus} of ${what}, the oldest`, () => {
      const cookies = sized(count, bytes)
      expect(surplusOf(cookies, { name: 'x', value: 'v'.repeat(499) })).to.deep.equal(
        cookies.slice(0, surplus),
      )
    })
})

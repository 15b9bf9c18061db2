import { mock } from 'node:test'
import { expect } from 'chai'
import type { CookieStateStore, SessionStateStore, StateMetadata } from '../../lib/index.js'
import { saveSignIn, takeSignIn } from '../../lib/state/state-store.js'
import { type Browser, meta } from './browser.js'

/** A store, and browsers whose requests it understands. */
export interface StoreSetup {
  readonly buildStore: () => SessionStateStore | CookieStateStore
  readonly buildBrowser: () => Browser
}

const minutes = 60_000

/** What every store of ours promises. */
export function itKeepsTheContract({ buildStore, buildBrowser }: StoreSetup): void {
  let store: SessionStateStore | CookieStateStore
  let browser: Browser
  beforeEach(() => {
    store = buildStore()
    browser = buildBrowser()
  })
  afterEach(() => mock.timers.reset())

  const save = (state?: unknown, verifier = 'verifier') =>
    saveSignIn(store, browser.request(), verifier, state, meta)
  const take = (handle: string, changes: Partial<StateMetadata> = {}, by = browser) =>
    takeSignIn(store, by.request(), handle, { ...meta, ...changes })
  const reasonOf = async (taken: ReturnType<typeof take>): Promise<unknown> => {
    const result = await taken
    return 'failure' in result ? result.failure.reason : 'none'
  }

  it('makes a state of 256 random bits', async () => {
    const [one, two] = [await save(), await save()]
    expect(one).to.match(/^[\w-]{43}$/)
    expect(two).not.to.equal(one)
  })

  it('gives verifier and application state out once', async () => {
    const handle = await save({ returnTo: '/' })
    expect(await take(handle)).to.deep.equal({ codeVerifier: 'verifier', state: { returnTo: '/' } })
    expect(await reasonOf(take(handle))).to.equal('used')
  })

  it('gives each of several sign-ins its own, in any order', async () => {
    const handles = [await save('a', 'v1'), await save('b', 'v2'), await save('c', 'v3')]
    expect(await take(handles[1]!)).to.deep.equal({ codeVerifier: 'v2', state: 'b' })
    expect(await take(handles[2]!)).to.deep.equal({ codeVerifier: 'v3', state: 'c' })
    expect(await take(handles[0]!)).to.deep.equal({ codeVerifier: 'v1', state: 'a' })
  })

  it('says missing to a browser that has nothing pending', async () => {
    expect(await reasonOf(take('junk'))).to.equal('missing')
  })

  it('says unknown to junk, and the honest sign-in outlives it', async () => {
    const handle = await save()
    for (const junk of ['junk', handle.slice(1), `${handle}x`, '', handle.toLowerCase()])
      expect(await reasonOf(take(junk))).to.equal('unknown')
    expect(await reasonOf(take(handle))).to.equal('none')
  })

  it('refuses the state of another browser, whose sign-in outlives that', async () => {
    const handle = await save()
    expect(await reasonOf(take(handle, {}, buildBrowser()))).to.equal('missing')
    expect(await reasonOf(take(handle))).to.equal('none')
  })

  const changes: ReadonlyArray<readonly [what: string, change: Partial<StateMetadata>]> = [
    ['client', { clientID: 'another' }],
    ['issuer', { issuer: 'https://auth.example' }],
    ['token URL', { tokenURL: 'https://auth.example/token' }],
    ['redirect URI', { callbackURL: 'https://app.example/other' }],
    ['request for an id_token', { asksForIDToken: false }],
  ]
  for (const [what, change] of changes)
    it(`says mismatch to another ${what}, and the sign-in outlives that`, async () => {
      const handle = await save()
      expect(await reasonOf(take(handle, change))).to.equal('mismatch')
      expect(await reasonOf(take(handle))).to.equal('none')
    })

  it('says expired after 10 minutes, as often as it is asked', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const handle = await save()
    mock.timers.tick(10 * minutes)
    expect(await reasonOf(take(handle))).to.equal('expired')
    expect(await reasonOf(take(handle))).to.equal('expired')
  })

  it('keeps 8, of which the oldest gives way', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const handles: string[] = []
    for (let n = 0; n < 9; n += 1) {
      handles.push(await save())
      mock.timers.tick(1)
    }
    const [first, ...others] = handles as [string, ...string[]]
    expect(await reasonOf(take(first))).to.equal('unknown')
    for (const handle of others) expect(await reasonOf(take(handle))).to.equal('none')
  })

  it('gives two requests that come at once one sign-in', async () => {
    const handle = await save()
    const both = [browser.request(), browser.request()]
    const results = await Promise.all(both.map((req) => takeSignIn(store, req, handle, meta)))
    expect(results.filter((result) => 'codeVerifier' in result)).to.have.lengthOf(1)
  })
}

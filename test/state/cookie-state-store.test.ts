import { expect } from 'chai'
import type { Request } from 'express'
import { CookieStateStore } from '../../lib/index.js'
import { saveSignIn, takeSignIn } from '../../lib/state/state-store.js'
import { failureOf } from '../support/failure.js'
import { CookieBrowser, meta } from './browser.js'
import { itKeepsTheContract } from './store-contract.js'

const secret = 'a secret of the tests that is no secret'
const newer = 'another secret of the tests, the newer one'
const onLoopback = { ...meta, callbackURL: 'http://127.0.0.1:3000/callback' }

const storeWith = (given: string | readonly string[] = secret) => new CookieStateStore({ secret: given })

const save = (store: CookieStateStore, req: Request, state?: unknown, bound = meta) =>
  saveSignIn(store, req, 'verifier', state, bound)

const reasonOf = (taken: Awaited<ReturnType<typeof takeSignIn>>): unknown =>
  'failure' in taken ? taken.failure.reason : 'none'

describe('CookieStateStore', () => {
  itKeepsTheContract({ buildStore: () => storeWith(), buildBrowser: () => new CookieBrowser() })

  it('sets one cookie a sign-in, kept to the host, to https and out of scripts', async () => {
    const browser = new CookieBrowser()
    await save(storeWith(), browser.request())
    expect(browser.received).to.have.lengthOf(1)
    expect(browser.received[0]).to.match(
      /^__Host-xai\.\w+\.[\w-]{16}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=1200; Secure$/,
    )
  })

  it('sets it without Secure where the redirect URI is http on loopback', async () => {
    const browser = new CookieBrowser(new URL(onLoopback.callbackURL))
    const handle = await saveSignIn(storeWith(), browser.request(), 'verifier', 's', onLoopback)
    expect(browser.received[0]).to.match(
      /^xai\.\w+\.[\w-]{16}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=1200$/,
    )
    const taken = await takeSignIn(storeWith(), browser.request(), handle, onLoopback)
    expect(taken).to.deep.equal({ codeVerifier: 'verifier', state: 's' })
  })

  it('shows nothing of a sign-in in its cookie', async () => {
    const browser = new CookieBrowser()
    const handle = await saveSignIn(storeWith(), browser.request(), 'the-verifier', 'the-state', meta)
    const text = `${browser.cookie} ${Buffer.from(`${browser.cookie}`, 'base64url').toString('latin1')}`
    for (const secretText of [handle, 'the-verifier', 'the-state', 'client'])
      expect(text).not.to.include(secretText)
  })

  it('removes the cookie of a sign-in that is done', async () => {
    const browser = new CookieBrowser()
    const store = storeWith()
    const handle = await save(store, browser.request())
    await takeSignIn(store, browser.request(), handle, meta)
    expect(browser.cookie).to.equal(undefined)
    expect(browser.received[1]).to.match(/^__Host-xai\.[\w.-]+=; .*Max-Age=0; Secure$/)
  })

  it('leaves the cookies of the application alone, also those whose names resemble ours', async () => {
    const browser = new CookieBrowser()
    const names = Array.from({ length: 20 }, (_, n) => `__Host-xai.setting${n}`)
    browser.jar.keep(
      names.map((name) => `${name}=on; Path=/; Secure`),
      new URL(meta.callbackURL),
    )
    const store = storeWith()
    const handle = await save(store, browser.request())
    expect(reasonOf(await takeSignIn(store, browser.request(), handle, meta))).to.equal('none')
    for (const name of names) expect(browser.cookie).to.include(`${name}=on`)
  })

  it('shares sign-ins with every process that has the secret', async () => {
    const browser = new CookieBrowser()
    const handle = await save(storeWith(), browser.request(), 'state')
    const taken = await takeSignIn(storeWith(), browser.request(), handle, meta)
    expect(taken).to.deep.equal({ codeVerifier: 'verifier', state: 'state' })
  })

  it('believes a browser that sends the whole cookie again to another process, as documented', async () => {
    const browser = new CookieBrowser()
    const handle = await save(storeWith(), browser.request())
    const { cookie } = browser
    const [one, two] = [storeWith(), storeWith()]
    for (const process of [one, two])
      expect(reasonOf(await takeSignIn(process, browser.request(cookie), handle, meta))).to.equal('none')
    expect(reasonOf(await takeSignIn(one, browser.request(cookie), handle, meta))).to.equal('used')
  })

  it('opens what an older secret sealed, and seals with the newest', async () => {
    const browser = new CookieBrowser()
    const rotated = storeWith([newer, secret])
    const [old, fresh] = [
      await save(storeWith(secret), browser.request()),
      await save(rotated, browser.request()),
    ]
    const { cookie } = browser
    expect(reasonOf(await takeSignIn(rotated, browser.request(cookie), old, meta))).to.equal('none')
    const byNewest = await takeSignIn(storeWith(newer), browser.request(cookie), fresh, meta)
    expect(reasonOf(byNewest)).to.equal('none')
    const byOldest = await takeSignIn(storeWith(secret), browser.request(cookie), fresh, meta)
    expect(reasonOf(byOldest)).to.equal('unreadable')
  })

  it('holds 2,500 bytes of application state, and says so to more', async () => {
    const browser = new CookieBrowser()
    const store = storeWith()
    const handle = await save(store, browser.request(), 'x'.repeat(2500))
    expect(reasonOf(await takeSignIn(store, browser.request(), handle, meta))).to.equal('none')
    const error = await failureOf(save(store, browser.request(), 'é'.repeat(1400)))
    expect(error).to.be.instanceOf(TypeError).with.property('message').includes('below 2,500 bytes')
    expect(browser.received).to.have.lengthOf(2)
  })

  it('keeps all its cookies below 8 KiB, however large the state is', async () => {
    const browser = new CookieBrowser()
    const store = storeWith()
    const handles: string[] = []
    for (let n = 0; n < 8; n += 1) handles.push(await save(store, browser.request(), 'x'.repeat(2500)))
    expect(browser.cookie).to.have.length.below(8192)
    const last = handles.at(-1) as string
    expect(reasonOf(await takeSignIn(store, browser.request(), last, meta))).to.equal('none')
  })

  it('removes surplus cookies without their values, and not all of a flood at once', async () => {
    const browser = new CookieBrowser()
    const flood = Array.from({ length: 200 }, (_, n) => {
      const began = (1000 + n).toString(36).padStart(8, '0')
      return `__Host-xai.1${began}.${'A'.repeat(16)}=v`
    })
    await save(storeWith(), browser.request(flood.join('; ')))
    const removed = browser.received.filter((header) => header.includes('Max-Age=0'))
    expect(removed).to.have.length(32)
    for (const header of removed) expect(header).to.match(/^[^=]+=; Path/)
  })

  it('says unknown beside the cookie of another sign-in, and superseded to another person', async () => {
    const browser = new CookieBrowser()
    const store = storeWith()
    const handle = await save(store, browser.request())
    expect(reasonOf(await takeSignIn(store, browser.request(), 'guess', meta))).to.equal('unknown')
    const req = Object.assign(browser.request(), { user: { id: 'person' } })
    expect(reasonOf(await takeSignIn(store, req, handle, meta))).to.equal('superseded')
  })

  it('says superseded to nobody, where somebody was signed in when it began', async () => {
    const browser = new CookieBrowser()
    const store = storeWith()
    const began = Object.assign(browser.request(), { user: { id: 'person' } })
    const handle = await save(store, began)
    expect(reasonOf(await takeSignIn(store, browser.request(), handle, meta))).to.equal('superseded')
  })

  for (const [began, ended] of [
    ['http://127.0.0.1:3000/callback', 'https://app.example/callback'],
    ['https://app.example/callback', 'http://127.0.0.1:3000/callback'],
  ] as const)
    it(`says mismatch when a sign-in began for ${began} and ends at ${ended}`, async () => {
      const browser = new CookieBrowser()
      const store = storeWith()
      const handle = await save(store, browser.request(), undefined, { ...meta, callbackURL: began })
      const other = { ...meta, callbackURL: ended }
      expect(reasonOf(await takeSignIn(store, browser.request(), handle, other))).to.equal('mismatch')
      expect(reasonOf(await takeSignIn(store, browser.request(), 'guess', other))).to.equal('missing')
    })

  it('takes the state that JSON cannot hold for an error', async () => {
    const error = await failureOf(save(storeWith(), new CookieBrowser().request(), 1n))
    expect(error).to.be.instanceOf(TypeError)
  })

  for (const [what, attempt] of [
    ['begins', (store: CookieStateStore, req: Request) => save(store, req)],
    ['ends', (store: CookieStateStore, req: Request, handle: string) => takeSignIn(store, req, handle, meta)],
  ] as const)
    it(`says which store to use when a request that ${what} a sign-in has no response`, async () => {
      const browser = new CookieBrowser()
      const store = storeWith()
      const handle = await save(store, browser.request())
      const { headers } = browser.request()
      const error = await failureOf(attempt(store, { headers } as Request, handle))
      expect(error)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .match(/^CookieStateStore: .*req\.res.*SessionStateStore/)
    })

  const wrong: ReadonlyArray<readonly [what: string, options: unknown]> = [
    ['no options', undefined],
    ['null', null],
    ['no secret', {}],
    ['a short secret', { secret: 'x'.repeat(31) }],
    ['an empty list', { secret: [] }],
    ['a list with a short one', { secret: [secret, 'short'] }],
    ['a number', { secret: 7 }],
    ['a Buffer', { secret: Buffer.alloc(32) }],
  ]
  for (const [what, options] of wrong)
    it(`refuses ${what}, and says what to write`, () => {
      expect(() => new CookieStateStore(options as { secret: string })).to.throw(
        TypeError,
        /^CookieStateStore: secret must be a string of at least 32 characters, or a list of them; make one with/,
      )
    })

  it('refuses an option that does not exist, and names the one that was meant', () => {
    expect(() => new CookieStateStore({ secrets: [secret] } as never)).to.throw(
      TypeError,
      'CookieStateStore: there is no option secrets; write secret, which may be a list',
    )
  })

  it('never repeats a secret that it refuses', () => {
    expect(() => storeWith('short-and-secret')).to.throw(/^(?!.*short-and-secret)/)
  })
})

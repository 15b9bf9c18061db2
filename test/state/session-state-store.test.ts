import { expect } from 'chai'
import type { Request } from 'express'
import { SessionStateStore } from '../../lib/index.js'
import { saveSignIn, takeSignIn } from '../../lib/state/state-store.js'
import { meta, SessionBrowser } from './browser.js'
import { itKeepsTheContract } from './store-contract.js'

const requestWith = (session: object): Request => ({ session, headers: {} }) as unknown as Request

const key = 'oauth2:auth.x.ai'

describe('SessionStateStore', () => {
  itKeepsTheContract({
    buildStore: () => new SessionStateStore(),
    buildBrowser: () => new SessionBrowser(),
  })

  it('keeps sign-ins as plain JSON under one key, and touches nothing else', async () => {
    const session: Record<string, unknown> = { cart: ['a'] }
    const state = await saveSignIn(new SessionStateStore(), requestWith(session), 'v', 's', meta)
    expect(session).to.have.all.keys('cart', key)
    const [kept] = session[key] as object[]
    expect(kept).to.have.all.keys('state', 'codeVerifier', 'applicationState', 'binding', 'began')
    expect(kept).to.include({ state, codeVerifier: 'v', applicationState: 's' })
    expect(JSON.parse(JSON.stringify(session))).to.deep.equal(session)
  })

  it('keeps them under a key of the application’s choice', async () => {
    const session = {}
    await saveSignIn(new SessionStateStore({ key: 'pending' }), requestWith(session), 'v', undefined, meta)
    expect(session).to.have.all.keys('pending')
  })

  for (const junk of ['text', 7, null, { state: { handle: 'h' } }])
    it(`begins anew where ${JSON.stringify(junk)} stands under its key`, async () => {
      const req = requestWith({ [key]: junk })
      const store = new SessionStateStore()
      expect(await takeSignIn(store, req, 'h', meta)).to.have.nested.property('failure.reason', 'missing')
      const handle = await saveSignIn(store, req, 'v', undefined, meta)
      expect(await takeSignIn(store, req, handle, meta)).to.include({ codeVerifier: 'v' })
    })

  it('assigns top-level values alone, so that any session middleware notices', async () => {
    const written: Record<string, unknown> = {}
    const frozenCopy = (value: unknown): unknown => {
      const copy = JSON.parse(JSON.stringify(value)) as object
      return Object.freeze(copy)
    }
    const session = new Proxy(written, {
      set: (target, name: string, value) => Reflect.set(target, name, frozenCopy(value)),
      deleteProperty: () => false,
    })
    const store = new SessionStateStore()
    const [one, two] = [
      await saveSignIn(store, requestWith(session), 'v1', undefined, meta),
      await saveSignIn(store, requestWith(session), 'v2', undefined, meta),
    ]
    expect(await takeSignIn(store, requestWith(session), one, meta)).to.include({ codeVerifier: 'v1' })
    expect(await takeSignIn(store, requestWith(session), two, meta)).to.include({ codeVerifier: 'v2' })
    for (const left of written[key] as object[]) expect(left).to.have.all.keys('state', 'began', 'takenBy')
  })

  for (const [what, req] of [
    ['no session', { headers: {} }],
    ['a session that was destroyed', { session: null, headers: {} }],
  ] as const)
    it(`says what to write to a request with ${what}`, async () => {
      const store = new SessionStateStore()
      const bare = req as unknown as Request
      const attempts = [
        saveSignIn(store, bare, 'v', 's', meta),
        takeSignIn(store, bare, 'h', meta),
        Promise.resolve().then(() => store.holds(bare, 'h')),
      ]
      for (const attempt of attempts) {
        const error = await attempt.catch((thrown: unknown) => thrown)
        expect(error)
          .to.be.instanceOf(TypeError)
          .with.property('message')
          .match(/session middleware.*store: new CookieStateStore\(\{ secret \}\)/)
      }
    })

  it('names the causes of a missing cookie', async () => {
    const taken = await takeSignIn(new SessionStateStore(), requestWith({}), 'h', meta)
    expect(taken)
      .to.have.nested.property('failure.message')
      .that.matches(/SameSite=Strict/)
  })
})

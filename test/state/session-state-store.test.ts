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
    expect(kept).to.have.all.keys(
      'state',
      'codeVerifier',
      'applicationState',
      'binding',
      'began',
      'foreign',
      'user',
    )
    expect(kept).to.include({ state, codeVerifier: 'v', applicationState: 's' })
    expect(JSON.parse(JSON.stringify(session))).to.deep.equal(session)
  })

  it('takes a sign-in once, also where another store of the process has taken it and the session comes again', async () => {
    const [one, other] = [new SessionStateStore(), new SessionStateStore()]
    const session = {}
    const state = await saveSignIn(one, requestWith(session), 'v', undefined, meta)
    const take = (store: SessionStateStore) =>
      takeSignIn(store, requestWith(structuredClone(session)), state, meta)
    expect(await take(one)).to.include({ codeVerifier: 'v' })
    expect(await take(other)).to.include({ codeVerifier: 'v' })
    for (const store of [one, other])
      expect(await take(store)).to.have.nested.property('failure.reason', 'used')
    expect(await takeSignIn(new SessionStateStore(), requestWith({}), state, meta)).to.have.nested.property(
      'failure.reason',
      'used',
    )
  })

  it('keeps them under a key of the application’s choice', async () => {
    const session = {}
    await saveSignIn(new SessionStateStore({ key: 'pending' }), requestWith(session), 'v', undefined, meta)
    expect(session).to.have.all.keys('pending')
  })

  for (const junk of [
    'text',
    7,
    null,
    { state: { handle: 'h' } },
    [null, 7, {}, { handle: 'h' }],
    [{ state: 'h', began: 0, binding: 7 }],
    [{ state: 'h', began: '0', binding: 'b' }],
    [{ state: 7, began: 0, binding: 'b' }],
  ])
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

  it('ends at login in Koa, whose sessions keep their content when Passport renews them', async () => {
    const session: Record<string, unknown> = {}
    const koaRequest = (): Request => Object.assign(requestWith(session), { ctx: {} })
    const store = new SessionStateStore()
    const [one, two] = [
      await saveSignIn(store, koaRequest(), 'v1', undefined, meta),
      await saveSignIn(store, koaRequest(), 'v2', undefined, meta),
    ]
    expect(await takeSignIn(store, koaRequest(), one, meta)).to.include({ codeVerifier: 'v1' })
    session.passport = { user: 'somebody' }
    expect(await takeSignIn(store, koaRequest(), two, meta)).to.have.nested.property(
      'failure.reason',
      'superseded',
    )
  })

  const wrong: ReadonlyArray<readonly [what: string, options: unknown, words: RegExp]> = [
    ['a misspelt option', { Key: 'a' }, /there is no option Key; write key/],
    ['the option of the strategy', { sessionKey: 'a' }, /there is no option sessionKey; write key/],
    ['an empty key', { key: '' }, /key must be a name/],
    ['a key that is not a string', { key: 7 }, /key must be a name/],
    ['null', null, /options must be an object/],
  ]
  for (const [what, options, words] of wrong)
    it(`refuses ${what}, and says what to write`, () => {
      const build = () => new SessionStateStore(options as object)
      expect(build).to.throw(TypeError, /^SessionStateStore: /)
      expect(build).to.throw(words)
    })

  it('lets go of what is over before what is pending', async () => {
    const session: Record<string, unknown> = {}
    const store = new SessionStateStore()
    const begin = () => saveSignIn(store, requestWith(session), 'v', undefined, meta)
    const states: string[] = []
    for (let n = 0; n < 8; n += 1) states.push(await begin())
    await takeSignIn(store, requestWith(session), states[7]!, meta)
    await begin()
    const kept = (session[key] as { state: string }[]).map(({ state }) => state)
    expect(kept).to.have.lengthOf(8)
    expect(kept).to.include.members(states.slice(0, 7))
  })

  it('lets go of the oldest, in whatever order a session that was merged holds them', async () => {
    const session: Record<string, unknown> = {}
    const store = new SessionStateStore()
    const now = Date.now()
    session[key] = Array.from({ length: 8 }, (_, n) => ({
      state: `${n}`,
      began: now - 1000 * n,
      binding: 'b',
    }))
    await saveSignIn(store, requestWith(session), 'v', undefined, meta)
    expect((session[key] as { state: string }[]).map(({ state }) => state)).to.not.include('7')
  })
})

describe('SessionStateStore beside other processes', () => {
  type Saved = Record<string, unknown> | null
  const listOf = (saved: Saved): object[] => (saved as Record<string, object[]>)[key] ?? []

  /** A request of one process, and the sessions that all share; `change` is what others do to them after a save. */
  function buildRequest(change: (saved: Saved) => Saved = (saved) => saved) {
    const shared: { saved: Saved; saves: number } = { saved: {}, saves: 0 }
    const session = {
      save(done: () => void) {
        shared.saves += 1
        shared.saved = change(JSON.parse(JSON.stringify(this)))
        done()
      },
    }
    const sessionStore = { get: (_id: string, done: (e: null, s: Saved) => void) => done(null, shared.saved) }
    const req = { session, sessionID: 'id', sessionStore, headers: {} } as unknown as Request
    return { req, session: session as Record<string, unknown>, shared }
  }

  const begin = async ({ req, session, shared }: ReturnType<typeof buildRequest>): Promise<string> => {
    const state = await saveSignIn(new SessionStateStore(), req, 'verifier', undefined, meta)
    shared.saved = JSON.parse(JSON.stringify(session))
    return state
  }
  const take = ({ req }: ReturnType<typeof buildRequest>, state: string) =>
    takeSignIn(new SessionStateStore(), req, state, meta)

  it('leaves a mark without the verifier in the saved session before it gives the verifier out', async () => {
    const process = buildRequest()
    const state = await begin(process)
    expect(await take(process, state)).to.include({ codeVerifier: 'verifier' })
    expect(process.shared.saves).to.equal(1)
    expect(JSON.stringify(process.shared.saved)).to.include(state).and.not.include('verifier')
  })

  it('says used to a request whose session holds the mark of another process', async () => {
    const process = buildRequest()
    process.session[key] = [{ state: 'taken', began: Date.now(), takenBy: 'another' }]
    expect(await take(process, 'taken')).to.have.nested.property('failure.reason', 'used')
  })

  it('says unknown beside a sign-in that is pending', async () => {
    const process = buildRequest()
    await begin(process)
    expect(await take(process, 'guess')).to.have.nested.property('failure.reason', 'unknown')
  })

  it('says superseded to a person who is signed in, whose session is new', async () => {
    const process = buildRequest()
    Object.assign(process.req, { user: { id: 'person' } })
    expect(await take(process, 'guess')).to.have.nested.property('failure.reason', 'superseded')
  })

  it('says used where another process was first, and saves nothing', async () => {
    const [process, other] = [buildRequest(), buildRequest()]
    const state = await begin(process)
    other.shared.saved = process.shared.saved
    Object.assign(other.session, process.shared.saved)
    await take(other, state)
    process.shared.saved = other.shared.saved
    expect(await take(process, state)).to.have.nested.property('failure.reason', 'used')
    expect(process.shared.saves).to.equal(0)
  })

  it('says used where another process leaves its mark at the same time and is last', async () => {
    const process = buildRequest((saved) => {
      const [mark] = listOf(saved)
      return { [key]: [{ ...mark, takenBy: 'another' }] }
    })
    const state = await begin(process)
    expect(await take(process, state)).to.have.nested.property('failure.reason', 'used')
  })

  it('says unknown where the session has ended meanwhile, and does not bring it back', async () => {
    const process = buildRequest()
    const state = await begin(process)
    process.shared.saved = null
    expect(await take(process, state)).to.have.nested.property('failure.reason', 'unknown')
    expect(process.shared.saves).to.equal(0)
  })

  it('goes on where a request that has nothing to do with it has overwritten the session', async () => {
    let pending: unknown
    const process = buildRequest(() => ({ [key]: pending }))
    const state = await begin(process)
    pending = process.shared.saved?.[key]
    expect(await take(process, state)).to.include({ codeVerifier: 'verifier' })
  })

  it('keeps what another process has begun in this browser since the request began', async () => {
    const process = buildRequest()
    const state = await begin(process)
    const late = { state: 'late', codeVerifier: 'v', binding: 'b', began: Date.now() }
    listOf(process.shared.saved).push(late)
    await take(process, state)
    expect(listOf(process.shared.saved)).to.deep.include(late)
  })

  it('is not mistaken for another sign-in that another process has taken', async () => {
    const process = buildRequest()
    const state = await begin(process)
    listOf(process.shared.saved).unshift({ state: 'other', began: Date.now(), takenBy: 'another' })
    expect(await take(process, state)).to.include({ codeVerifier: 'verifier' })
  })

  it('passes on what the session store fails with, and gives nothing out', async () => {
    const failure = new Error('the session store is down')
    const process = buildRequest()
    const state = await begin(process)
    Object.assign(process.req, {
      sessionStore: { get: (_id: string, done: (e: Error) => void) => done(failure) },
    })
    expect(await take(process, state).catch((error: unknown) => error)).to.equal(failure)
    expect(process.shared.saves).to.equal(0)
  })
})

import { expect } from 'chai'
import type { Request } from 'express'
import { CookieStateStore, SessionStateStore, type StateStore, XaiStrategy } from '../../lib/index.js'
import {
  buildStateFailure,
  checkStateStore,
  type StateFailureReason,
  type StateLoadedCallback,
  type StateStoredCallback,
  saveSignIn,
  takeSignIn,
} from '../../lib/state/state-store.js'
import { failureOf } from '../support/failure.js'
import { meta } from './browser.js'

const oauth2Store = (name: string): object => {
  const Store = require(`passport-oauth2/lib/state/${name}`) as new (options: { key: string }) => object
  return new Store({ key: 'key' })
}

const req = { headers: {} } as Request
const failure = new Error('of the store')
const nothing = (): void => {}

type Store = StateStore['store']
type Verify = StateStore['verify']

/** A store of five parameters whose functions are these. */
const storeOf = (store: (stored: StateStoredCallback) => unknown, verify: Verify = nothing): StateStore => ({
  store: ((_req, _verifier, _state, _meta, stored) => store(stored)) as Store,
  verify,
})

const loading = (load: (loaded: StateLoadedCallback) => unknown): StateStore =>
  storeOf(nothing, ((_req, _state, _meta, loaded) => load(loaded)) as Verify)

const save = (store: StateStore) => saveSignIn(store, req, 'verifier', { a: 1 }, meta)
const take = (store: StateStore) => takeSignIn(store, req, 'handle', meta)

describe('checkStateStore', () => {
  const good: ReadonlyArray<readonly [what: string, store: unknown]> = [
    ['SessionStateStore', new SessionStateStore()],
    ['CookieStateStore', new CookieStateStore({ secret: 'x'.repeat(32) })],
    ['passport-oauth2’s PKCE session store', oauth2Store('pkcesession')],
    ['a plain object of five parameters', storeOf(nothing)],
  ]
  for (const [what, store] of good)
    it(`accepts ${what}`, () => {
      expect(() => checkStateStore(store)).not.to.throw()
    })

  const verifierless: ReadonlyArray<readonly [what: string, store: object]> = [
    ['passport-oauth2’s null store', new (require('passport-oauth2/lib/state/null') as new () => object)()],
    ['passport-oauth2’s session store', oauth2Store('session')],
    ['passport-oauth2’s store of application state', oauth2Store('store')],
    ['a store of two parameters', { store: (_req: unknown, _done: unknown) => {}, verify: nothing }],
  ]
  for (const [what, store] of verifierless)
    it(`refuses ${what}, which cannot hold a verifier`, () => {
      const options = { clientID: 'c', callbackURL: 'https://app.example/callback', store }
      expect(() => new XaiStrategy(options, nothing)).to.throw(
        TypeError,
        /cannot hold a PKCE code verifier.*\(req, codeVerifier, state, meta, callback\).*new SessionStateStore\(\)/,
      )
    })

  for (const store of [true, 'session', 7, {}, { store: nothing }, { verify: nothing }, () => {}])
    it(`refuses ${typeof store === 'object' ? `an object of ${Object.keys(store)}` : typeof store}`, () => {
      const options = { clientID: 'c', callbackURL: 'https://app.example/callback', store: store as object }
      expect(() => new XaiStrategy(options, nothing)).to.throw(
        TypeError,
        /store is not a state store; write new/,
      )
    })
})

describe('saveSignIn', () => {
  it('gives the state that the store made', async () => {
    expect(await save(storeOf((stored) => stored(null, 'made')))).to.equal('made')
  })

  it('hands on request, verifier, state and metadata', async () => {
    const given: unknown[] = []
    const store: Store = (...args) => {
      given.push(...args.slice(0, 4))
      args[4](null, 'made')
    }
    await save({ store, verify: nothing })
    expect(given).to.deep.equal([req, 'verifier', { a: 1 }, meta])
  })

  it('counts the first answer of a store that answers twice', async () => {
    const twice = storeOf((stored) => {
      stored(null, 'first')
      stored(null, 'second')
      stored(failure)
    })
    expect(await save(twice)).to.equal('first')
  })

  const failing: ReadonlyArray<readonly [what: string, store: StateStore]> = [
    ['reports an error', storeOf((stored) => stored(failure))],
    [
      'throws',
      storeOf(() => {
        throw failure
      }),
    ],
    ['rejects', storeOf(() => Promise.reject(failure))],
  ]
  for (const [what, store] of failing)
    it(`rejects with what a store ${what}`, async () => {
      expect(await failureOf(save(store))).to.equal(failure)
    })

  for (const made of [undefined, '', 7])
    it(`refuses ${JSON.stringify(made)} as a state`, async () => {
      const store = storeOf((stored) => stored(null, made as string))
      expect(await failureOf(save(store)))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .includes('gave no state to send')
    })

  it('counts what a store answered before it threw or rejected', async () => {
    const throwing = storeOf((stored) => {
      stored(null, 'made')
      throw failure
    })
    const rejecting = storeOf(async (stored) => {
      stored(null, 'made')
      throw failure
    })
    expect([await save(throwing), await save(rejecting)]).to.deep.equal(['made', 'made'])
  })
})

describe('takeSignIn', () => {
  it('gives verifier and application state out', async () => {
    const taken = await take(loading((loaded) => loaded(null, 'verifier', { a: 1 })))
    expect(taken).to.deep.equal({ codeVerifier: 'verifier', state: { a: 1 } })
  })

  it('leaves it to the token request to say that a verifier is empty', async () => {
    expect(await take(loading((loaded) => loaded(null, '', 's')))).to.deep.equal({
      codeVerifier: '',
      state: 's',
    })
  })

  it('calls a verify of four parameters with the metadata, and one of three without', async () => {
    const given: unknown[][] = []
    const four: Verify = (r, state, m, loaded) => {
      given.push([r, state, m])
      loaded(null, 'verifier')
    }
    const three = (r: Request, state: string, loaded: StateLoadedCallback): void => {
      given.push([r, state])
      loaded(null, 'verifier')
    }
    for (const verify of [four, three as unknown as Verify]) await take(storeOf(nothing, verify))
    expect(given).to.deep.equal([
      [req, 'handle', meta],
      [req, 'handle'],
    ])
  })

  it('calls the functions as the store’s own methods', async () => {
    class Kept {
      private readonly verifier = 'kept'
      store(_req: unknown, _verifier: unknown, _state: unknown, _meta: unknown, _done: unknown): void {}
      verify(_req: unknown, _state: unknown, _meta: unknown, loaded: StateLoadedCallback): void {
        loaded(null, this.verifier)
      }
    }
    expect(await take(new Kept())).to.deep.equal({ codeVerifier: 'kept', state: undefined })
  })

  const unknownMessage =
    'This browser has no such sign-in pending: it began in another browser, or it gave way because more than 8 were pending in this one.'
  const refusals: ReadonlyArray<readonly [what: string, said: unknown, failure: object]> = [
    ['a reason and a message', { reason: 'expired', message: 'm' }, { reason: 'expired', message: 'm' }],
    ['a message', { message: 'm' }, { reason: 'unknown', message: 'm' }],
    ['nothing', undefined, { reason: 'unknown', message: unknownMessage }],
    [
      'a reason of its own',
      { reason: 'toString', message: 1 },
      { reason: 'unknown', message: unknownMessage },
    ],
    ['a reason that is a list', { reason: ['used'], message: 'm' }, { reason: 'unknown', message: 'm' }],
  ]
  for (const [what, said, expected] of refusals)
    it(`gives ${what} of a store that refuses`, async () => {
      const taken = await take(loading((loaded) => loaded(null, false, said)))
      expect(taken).to.deep.equal({ failure: expected })
    })

  it('counts the first answer of a store that answers twice', async () => {
    const twice = loading((loaded) => {
      loaded(null, false, { message: 'first' })
      loaded(null, 'verifier')
      loaded(failure)
    })
    expect(await take(twice)).to.deep.equal({ failure: { reason: 'unknown', message: 'first' } })
  })

  const failing: ReadonlyArray<readonly [what: string, store: StateStore]> = [
    ['reports', loading((loaded) => loaded(failure))],
    [
      'throws',
      loading(() => {
        throw failure
      }),
    ],
    ['rejects', loading(() => Promise.reject(failure))],
  ]
  for (const [what, store] of failing)
    it(`rejects with what a store ${what}`, async () => {
      expect(await failureOf(take(store))).to.equal(failure)
    })
})

const rows: ReadonlyArray<readonly [reason: StateFailureReason, words: RegExp]> = [
  ['missing', /another host name.*SameSite=Strict.*Secure.*trust proxy.*expired/],
  ['unknown', /another browser, or it gave way because more than 8 were pending/],
  ['used', /second time/],
  ['expired', /10 minutes ago/],
  ['mismatch', /client ID, issuer, token URL or callbackURL/],
  ['unreadable', /secret that this process does not have/],
  ['superseded', /signed in or out here after this sign-in began/],
]

describe('buildStateFailure', () => {
  for (const [reason, words] of rows)
    it(`names the likely cause of ${reason}`, () => {
      const failure = buildStateFailure(reason)
      expect(failure).to.have.all.keys('reason', 'message')
      expect(failure.reason).to.equal(reason)
      expect(failure.message).to.match(words)
    })
})

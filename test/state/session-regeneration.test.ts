import { expect } from 'chai'
import type { Request } from 'express'
import { SessionStateStore } from '../../lib/index.js'

const key = 'oauth2:auth.x.ai'

const meta = {
  authorizationURL: 'https://auth.x.ai/oauth2/authorize',
  tokenURL: 'https://auth.x.ai/oauth2/token',
  clientID: 'client',
  callbackURL: 'https://app.example/callback',
  issuer: 'https://auth.x.ai',
}

interface Session {
  [key: string]: unknown
  regenerate?: (...args: never[]) => unknown
}
type Carrier = { session: Session | undefined }
type Finish = (...results: unknown[]) => void

/** A kind of session: how it is built for a request, and how one waits until it has been replaced. */
interface Kind {
  build: (req: Carrier) => Session
  regenerate: (session: Session) => Promise<unknown[]>
}

const byCallback = (session: Session): Promise<unknown[]> =>
  new Promise((resolve) => session.regenerate?.(((...results: unknown[]) => resolve(results)) as never))

const byReturn = async (session: Session): Promise<unknown[]> => [await session.regenerate?.()]

const expressSession: Kind = {
  build: (req) => ({
    regenerate(finish: Finish) {
      req.session = {}
      finish(null)
    },
  }),
  regenerate: byCallback,
}

const kinds: ReadonlyArray<readonly [how: string, kind: Kind]> = [
  ['by callback, as express-session does', expressSession],
  [
    'by promise, as @fastify/session does',
    {
      build: (req) => ({
        async regenerate() {
          req.session = {}
        },
      }),
      regenerate: byReturn,
    },
  ],
  [
    'at once, as @fastify/secure-session does',
    {
      build: (req) => ({
        regenerate() {
          req.session = {}
        },
      }),
      regenerate: byReturn,
    },
  ],
]

const begin = (store: SessionStateStore, req: Request): Promise<string> =>
  new Promise((resolve, reject) => {
    store.store(req, 'verifier', undefined, meta, (error, state) =>
      error ? reject(error) : resolve(`${state}`),
    )
  })

const finish = (store: SessionStateStore, req: Request, state: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    store.verify(req, state, meta, (error, verifier) => (error ? reject(error) : resolve(verifier)))
  })

/** Begins sign-ins in some tabs, ends the first of them, and replaces the session. */
async function regenerateAfterSignIn({ build, regenerate }: Kind, tabs: number) {
  const store = new SessionStateStore()
  const carrier: Carrier = { session: undefined }
  const session = build(carrier)
  carrier.session = session
  const req = carrier as unknown as Request
  const states = []
  for (let tab = 0; tab < tabs; tab += 1) states.push(await begin(store, req))
  await finish(store, req, states[0]!)
  return { store, carrier, req, states, results: await regenerate(session) }
}

describe('SessionStateStore when a session is regenerated', () => {
  for (const [how, kind] of kinds) {
    it(`keeps what other tabs have begun, ${how}`, async () => {
      const { store, req, states } = await regenerateAfterSignIn(kind, 2)
      expect(await finish(store, req, states[1]!)).to.equal('verifier')
    })

    it(`keeps nothing of the sign-in that has ended, ${how}`, async () => {
      const { carrier, store, req, states } = await regenerateAfterSignIn(kind, 1)
      expect(carrier.session).to.not.have.property(key)
      expect(await finish(store, req, states[0]!)).to.equal(false)
    })
  }

  it('keeps what a tab begins after the last sign-in was taken, and before the session is replaced', async () => {
    const store = new SessionStateStore()
    const carrier: Carrier = { session: undefined }
    const session = expressSession.build(carrier)
    carrier.session = session
    const req = carrier as unknown as Request
    await finish(store, req, await begin(store, req))
    const late = await begin(store, req)
    await expressSession.regenerate(session)
    expect(await finish(store, req, late)).to.equal('verifier')
  })

  it('hands the results of the callback on', async () => {
    expect((await regenerateAfterSignIn(expressSession, 2)).results).to.deep.equal([null])
  })

  it('reports the failure of the callback, where there is no new session', async () => {
    const failure = new Error('the store is down')
    const build = (req: Carrier): Session => ({
      regenerate(finish: Finish) {
        req.session = undefined
        finish(failure)
      },
    })
    const { carrier, results } = await regenerateAfterSignIn({ build, regenerate: byCallback }, 2)
    expect(results).to.deep.equal([failure])
    expect(carrier.session).to.equal(undefined)
  })
})

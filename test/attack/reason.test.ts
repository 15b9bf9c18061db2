import { mock } from 'node:test'
import { expect } from 'chai'
import type { StateFailureReason } from '../../lib/index.js'
import { type Ending, endingOf, load } from '../support/application.js'
import { Scene, withParameters } from './scene.js'

/** A request of a real browser's for every reason there is; the type holds the table complete. */
const requests: Readonly<Record<StateFailureReason, (scene: Scene) => Promise<Ending>>> = {
  missing: async ({ victim, application }) => load(victim, `${application.callbackURL}?code=c&state=s`),
  unknown: async (scene) => load(scene.victim, withParameters(await scene.pending(), { state: 'another' })),
  used: async (scene) => {
    const callback = await scene.pending()
    await load(scene.victim, callback)
    return load(scene.victim, callback)
  },
  expired: async (scene) => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const callback = await scene.pending()
    mock.timers.tick(10 * 60_000)
    return load(scene.victim, callback)
  },
  mismatch: async (scene) => {
    const callback = await scene.pending()
    return load(scene.victim, callback.replace('/callback', '/other'))
  },
  unreadable: async (scene) => {
    const callback = await scene.pending()
    const cookie = scene.victim.jar.headerFor(new URL(callback))?.slice(0, -4) ?? ''
    return endingOf(await scene.victim.get(callback, { headers: { cookie } }))
  },
  superseded: async (scene) => {
    const callback = await scene.pending()
    return load(scene.victim, withParameters(callback, { as: 'somebody' }))
  },
}

describe('a refused state', () => {
  let scene: Scene
  afterEach(async () => {
    mock.timers.reset()
    await scene.close()
  })

  for (const [reason, request] of Object.entries(requests))
    it(`says ${reason} to the operator, with the likely cause`, async () => {
      scene = await Scene.build({
        store: 'cookie',
        session: false,
        extend: (app, application) => {
          // Stands for an application that tells who is signed in without a session.
          app.use((req, _res, next) => {
            if (typeof req.query.as === 'string') req.user = { id: req.query.as }
            next()
          })
          const strategy = application.buildStrategy({ clientID: 'another-client' })
          app.get('/other', application.finish(strategy))
        },
      })
      const { status, outcome, info } = await request(scene)
      expect({ status, outcome }).to.deep.equal({ status: 403, outcome: 'fail' })
      expect(info).to.have.all.keys('code', 'reason', 'message')
      expect(info).to.include({ code: 'xai_state_invalid', reason })
      expect(info?.message).to.match(/^[A-Z].{40,}\.$/)
    })

  it('keeps the words of a store of the application’s own', async () => {
    const message = 'Nobody here knows this state.'
    const store = {
      store: (_q: unknown, _v: string, _s: unknown, _m: object, done: (e: null, s: string) => void) =>
        done(null, 'state'),
      verify: (_q: unknown, _s: string, done: (e: null, v: false, why: object) => void) =>
        done(null, false, { message }),
    }
    scene = await Scene.build({ store })
    const { status, info } = await load(scene.victim, await scene.pending())
    expect({ status, ...info }).to.deep.equal({
      status: 403,
      code: 'xai_state_invalid',
      reason: 'unknown',
      message,
    })
    expect(scene.tokenRequests).to.equal(0)
  })

  it('sends nothing when a store gives no verifier out', async () => {
    const store = {
      store: (_q: unknown, _v: string, _s: unknown, _m: object, done: (e: null, s: string) => void) =>
        done(null, 'state'),
      verify: (_q: unknown, _s: string, done: (e: null, ok: true) => void) => done(null, true),
    }
    scene = await Scene.build({ store })
    const { status, error } = await load(scene.victim, await scene.pending())
    expect({ status, code: error?.code }).to.deep.equal({ status: 500, code: 'xai_pkce_verifier_missing' })
    expect(scene.tokenRequests).to.equal(0)
  })
})

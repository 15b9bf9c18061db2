import { expect } from 'chai'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import express from 'express'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { XaiProfile, XaiSignIn, XaiVerifyCallback } from '../../lib/index.js'
import { Application, type ApplicationOptions, endingOf } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'

type Verify = (
  access: string,
  refresh: string | undefined,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => unknown

const user = { id: 'user' }
const failure = new Error('of the application')
const thrower = (error: unknown) => (): never => {
  throw error
}
/** Long enough for everything that is under way in this process to have happened. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const success = { status: 200, outcome: 'success', user, info: {} }
const nobody = { status: 401, outcome: 'fail' }
const forgotten = {
  status: 500,
  outcome: 'error',
  error: {
    message:
      'verify returned a promise of a user before it called done. In this form only done signs somebody in: call done(null, user), or take one parameter: async ({ profile, tokens, req }) => user',
  },
}
const failed = { status: 500, outcome: 'error', error: { message: failure.message } }

describe('a request', () => {
  let emulator: Emulator
  let application: Application
  let browser: CookieClient
  const warnings: string[] = []
  const rejections: unknown[] = []
  const keepWarning = ({ name, message }: Error): void => {
    if (name === 'XaiStrategyWarning') warnings.push(message)
  }
  const keepRejection = (reason: unknown): void => void rejections.push(reason)

  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  beforeEach(() => {
    browser = new CookieClient()
    process.on('warning', keepWarning)
    process.on('unhandledRejection', keepRejection)
  })
  afterEach(async () => {
    await application.close()
    process.off('warning', keepWarning)
    process.off('unhandledRejection', keepRejection)
    expect(rejections).to.deep.equal([])
    warnings.length = 0
  })

  const start = async (options: Partial<ApplicationOptions>): Promise<void> => {
    application = await Application.start({ issuer: emulator.issuer, ...options })
  }
  const signIn = () => browser.open(`${application.origin}/sign-in`)

  /** Counts how often Passport is told an outcome. */
  const counting = (calls: unknown[]): NonNullable<ApplicationOptions['extend']> => {
    return (app, { passport }) => {
      app.get('/callback', (req, res, next) => {
        const ended = (error: unknown, signedIn?: unknown, info?: unknown, status?: number): void => {
          calls.push(error ?? signedIn)
          if (error) next(error)
          else if (signedIn) res.json({ outcome: 'success', user: signedIn, info })
          else res.status(status ?? 401).json({ outcome: 'fail', info })
        }
        passport.authenticate('xai', ended)(req, res, next)
      })
    }
  }

  const never = new Promise<never>(() => {})
  const outcomes: ReadonlyArray<readonly [what: string, verify: Verify, ending: object, late?: RegExp]> = [
    ['calls done with a user', (_a, _r, _p, done) => done(null, user), success],
    [
      'calls done twice, with two users',
      (_a, _r, _p, done) => {
        done(null, user)
        done(null, { id: 'another' })
      },
      success,
    ],
    [
      'calls done with a user and then with an error',
      (_a, _r, _p, done) => {
        done(null, user)
        done(failure)
      },
      success,
      /of the application/,
    ],
    [
      'calls done with an error and then with a user',
      (_a, _r, _p, done) => {
        done(failure)
        done(null, user)
      },
      failed,
    ],
    ['calls done with nobody', (_a, _r, _p, done) => done(null, false), nobody],
    ['calls done with nothing', (_a, _r, _p, done) => done(), nobody],
    [
      'calls done with nobody and why',
      (_a, _r, _p, done) => done(null, false, { message: 'banned' }),
      { ...nobody, info: { message: 'banned' } },
    ],
    ['throws', thrower(failure), failed],
    [
      'throws after done',
      (_a, _r, _p, done) => {
        done(null, user)
        throw failure
      },
      success,
      /verify failed after the sign-in was decided: Error: of the application\n +at /,
    ],
    ['rejects before done', (_a, _r, _p, _done) => Promise.reject(failure), failed],
    ['rejects with nothing', (_a, _r, _p, _done) => Promise.reject(), { status: 500, outcome: 'error' }],
    ['throws nothing', thrower(undefined), { status: 500, outcome: 'error' }],
    [
      'rejects after done',
      async (_a, _r, _p, done) => {
        done(null, user)
        throw failure
      },
      success,
      /of the application/,
    ],
    [
      'rejects with what is no Error after done',
      async (_a, _r, _p, done) => {
        done(null, user)
        throw 'a string'
      },
      success,
      /: 'a string'$/,
    ],
    ['declares done and returns a promise of a user', async (_a, _r, _p, _done) => user, forgotten],
    ['declares done and returns a promise of null', async (_a, _r, _p, _done) => null, nobody],
    ['declares done and returns a promise of false', async (_a, _r, _p, _done) => false, nobody],
    ['declares nothing and returns a promise of a user', async () => user, forgotten],
    ['declares nothing and returns a promise of false', async () => false, nobody],
    [
      'calls done and returns a promise of another user',
      async (_a, _r, _p, done) => {
        done(null, user)
        return { id: 'another' }
      },
      success,
    ],
    [
      'calls done and returns a promise that never settles',
      (_a, _r, _p, done) => {
        done(null, user)
        return never
      },
      success,
    ],
    [
      'calls done after a while, and returns a promise of undefined',
      async (_a, _r, _p, done) => {
        await settled()
        done(null, user)
      },
      success,
    ],
    [
      'calls done with nobody, and returns a promise of a user',
      async (_a, _r, _p, done) => {
        done(null, false)
        return user
      },
      nobody,
      /gave a user after the sign-in had failed: 'the first outcome counts'/,
    ],
    [
      'is async and does not await what calls done',
      async (_a, _r, _p, done) => void setImmediate(done, null, user),
      success,
    ],
    [
      'calls done with nobody twice',
      (_a, _r, _p, done) => {
        done(null, false)
        done(null, false)
      },
      nobody,
    ],
    [
      'calls done, and returns something that is no promise',
      (_a, _r, _p, done) => {
        done(null, user)
        return { id: 'another' }
      },
      success,
    ],
    [
      'declares nothing and returns a promise of another library’s',
      // biome-ignore lint/suspicious/noThenProperty: that is what this is about
      () => ({ then: (resolve: (value: unknown) => void) => resolve(user) }),
      forgotten,
    ],
    [
      'declares done, params and a profile that it takes for the fourth parameter',
      async (...args: unknown[]) => ({ id: (args[3] as XaiProfile).id }),
      forgotten,
    ],
  ]
  const modern: ReadonlyArray<
    readonly [what: string, verify: (signIn: XaiSignIn) => unknown, ending: object]
  > = [
    ['returns a user', (_signIn) => user, success],
    ['returns a promise of a user', async (_signIn) => user, success],
    [
      'returns a user and info',
      async (_signIn) => [user, { plan: 'x' }],
      { ...success, info: { plan: 'x' } },
    ],
    ['returns nobody and why', async (_signIn) => [false, { why: 'b' }], { ...nobody, info: { why: 'b' } }],
    ['returns an empty list', async (_signIn) => [], nobody],
    ['returns a promise of null', async (_signIn) => null, nobody],
    ['returns a promise of nothing', async (_signIn) => undefined, nobody],
    ['returns a promise of false', async (_signIn) => false, nobody],
    ['returns nothing', (_signIn) => {}, nobody],
    ['throws', (_signIn) => thrower(failure)(), failed],
    ['rejects', (_signIn) => Promise.reject(failure), failed],
    ['rejects with nothing', (_signIn) => Promise.reject(), { status: 500, outcome: 'error' }],
    [
      'returns a promise of another library’s',
      // biome-ignore lint/suspicious/noThenProperty: that is what this is about
      (_signIn) => ({ then: (resolve: (value: unknown) => void) => resolve(user) }),
      success,
    ],
  ]
  for (const [what, verify, ending] of modern)
    it(`has one outcome when verify takes one parameter and ${what}`, async () => {
      const calls: unknown[] = []
      await start({ verify, extend: counting(calls) })
      expect(endingOf(await signIn())).to.deep.include(ending)
      await settled()
      expect(calls).to.have.lengthOf(1)
      expect(warnings).to.deep.equal([])
    })

  for (const [what, verify, ending, late] of outcomes)
    it(`has one outcome when verify ${what}`, async () => {
      const calls: unknown[] = []
      await start({ verify, extend: counting(calls) })
      expect(endingOf(await signIn())).to.deep.include(ending)
      await settled()
      expect(calls).to.have.lengthOf(1)
      expect(warnings).to.have.lengthOf(late ? 1 : 0)
      if (late) expect(warnings[0]).to.match(late)
    })

  it('has one outcome when verify fails again long after the answer', async () => {
    const calls: unknown[] = []
    let again: XaiVerifyCallback = () => {}
    const verify: Verify = (_a, _r, _p, done) => {
      again = done
      done(null, user)
    }
    await start({ verify, extend: counting(calls) })
    expect(endingOf(await signIn())).to.deep.equal(success)
    again(null, { id: 'another' })
    again(failure)
    await settled()
    expect(calls).to.deep.equal([user])
    expect(warnings).to.have.lengthOf(1)
  })

  it('gives verify’s own info beside the application’s state, and leaves it as it was', async () => {
    const info = Object.freeze({ message: 'welcome', returning: true })
    const verify: Verify = (_a, _r, _p, done) => done(null, user, info)
    await start({ verify, begin: () => ({ state: 'inbox' }) })
    expect(endingOf(await signIn()).info).to.deep.equal({ ...info, state: 'inbox' })
  })

  for (const [what, state, expected] of [
    ['beside the application’s state', 'inbox', { message: 'welcome', state: 'inbox' }],
    ['alone', undefined, 'welcome'],
  ] as const)
    it(`gives a message of verify’s ${what}`, async () => {
      const verify: Verify = (_a, _r, _p, done) => done(null, user, 'welcome')
      await start({ verify, begin: () => ({ state }) })
      expect(endingOf(await signIn()).info).to.deep.equal(expected)
    })

  describe('whose application throws', () => {
    const caught: unknown[] = []
    const handler: ErrorRequestHandler = (error, _req, res, _next) => {
      caught.push(error)
      res.status(500).json({ outcome: 'error' })
    }
    beforeEach(() => {
      caught.length = 0
    })

    type Ended = (...args: unknown[]) => unknown
    type Route = (application: Application, ended: Ended) => RequestHandler
    const direct: Route = ({ passport }, ended) =>
      express.Router().get('/callback', passport.authenticate('xai', ended))
    const nested: Route = (app, ended) => express.Router().use(direct(app, ended))
    const inside: Route = ({ passport }, ended) =>
      express
        .Router()
        .get('/callback', (req, res, next) => passport.authenticate('xai', ended)(req, res, next))

    const deniedBy = (url: string): string => url.replace(/code=[^&]*/, 'error=access_denied')
    const refusedBy = (url: string): string => url.replace(/code=[^&]*/, 'error=server_error')
    const endings: ReadonlyArray<readonly [what: string, change: (callback: string) => string]> = [
      ['success', (callback) => callback],
      ['fail', deniedBy],
      ['error', refusedBy],
    ]
    const routes: ReadonlyArray<readonly [what: string, route: Route]> = [
      ['a route', direct],
      ['a router in a router', nested],
      ['a handler of its own', inside],
    ]
    for (const [outcome, change] of endings)
      for (const [where, route] of routes)
        it(`hands that to Express as it is, once, after ${outcome} in ${where}`, async () => {
          let calls = 0
          await start({
            extend: (app, application) => {
              const ended = (): never => {
                calls += 1
                throw failure
              }
              app.use(route(application, ended))
              app.use(handler)
            },
          })
          const callback = await application.arrive(browser)
          expect(endingOf(await browser.get(change(callback)))).to.include({ status: 500 })
          await settled()
          expect(caught).to.have.lengthOf(1)
          expect(caught[0]).to.equal(failure)
          expect(calls).to.equal(1)
        })

    it('hands what an asynchronous callback throws to Express as it is, once', async () => {
      await start({
        extend: (app, { passport }) => {
          const ended = async (): Promise<never> => {
            await settled()
            throw failure
          }
          app.get('/callback', passport.authenticate('xai', ended))
          app.use(handler)
        },
      })
      expect(endingOf(await signIn())).to.include({ status: 500 })
      await settled()
      expect(caught).to.have.lengthOf(1)
      expect(caught[0]).to.equal(failure)
    })

    it('hands on nothing that a route behind it throws: Express has that already', async () => {
      await start({
        extend: (app, { passport }) => {
          app.get('/callback', passport.authenticate('xai'), thrower(failure))
          app.use(handler)
        },
      })
      await signIn()
      await settled()
      expect(caught).to.have.lengthOf(1)
      expect(caught[0]).to.equal(failure)
    })

    const serializers: ReadonlyArray<
      readonly [what: string, serialize: (user: unknown, done: (error: unknown) => void) => void]
    > = [
      ['throws', thrower(failure)],
      ['reports an error', (_user, done) => done(failure)],
      ['reports an error later', (_user, done) => setImmediate(done, failure)],
    ]
    for (const [what, serialize] of serializers)
      it(`hands on what serializeUser ${what}, once`, async () => {
        await start({
          serialize,
          extend: (app, { passport }) => {
            app.get('/callback', passport.authenticate('xai'), (_req, res) => void res.json(success))
            app.use(handler)
          },
        })
        await signIn()
        await settled()
        expect(caught).to.have.lengthOf(1)
        expect(caught[0]).to.equal(failure)
      })

    it('hands on what a session that cannot be renewed reports', async () => {
      await start({
        extend: (app, { passport }) => {
          app.use('/callback', (req, _res, next) => {
            Object.assign(req.session, { regenerate: (done: (error: unknown) => void) => done(failure) })
            next()
          })
          app.get('/callback', passport.authenticate('xai'))
          app.use(handler)
        },
      })
      await signIn()
      expect(caught).to.deep.equal([failure])
    })
  })

  describe('that begins a sign-in', () => {
    const beginnings: ReadonlyArray<
      readonly [what: string, options: Partial<ApplicationOptions>, message: RegExp]
    > = [
      ['without a session', { session: false }, /no session/],
      [
        'with a wrong redirect URI',
        { begin: () => ({ callbackURL: '/callback' }) },
        /^XaiStrategy: callbackURL "\/callback" is not an absolute URL/,
      ],
      ['with a wrong scope', { begin: () => ({ scope: 7 as never }) }, /^XaiStrategy: scope must be/],
      [
        'whose authorizationParams throws',
        { strategy: { authorizationParams: thrower(failure) } },
        /of the application/,
      ],
      [
        'whose authorizationParams names what the protocol sets',
        { strategy: { authorizationParams: () => ({ request: 'x' }) } },
        /may not set request/,
      ],
      [
        'whose authorizationParams is an async function',
        { strategy: { authorizationParams: (async () => ({ plan: 'x' })) as never } },
        /authorizationParams must be a plain object, or a function that returns one and no promise/,
      ],
      [
        'whose authorizationParams returns nothing',
        { strategy: { authorizationParams: (() => undefined) as never } },
        /authorizationParams must be a plain object/,
      ],
      [
        'whose store throws',
        { store: { store: (_q: 1, _v: 2, _s: 3, _m: 4, _d: 5) => thrower(failure)(), verify() {} } },
        /of the application/,
      ],
    ]
    for (const [what, options, message] of beginnings)
      it(`ends in one error ${what}, and goes nowhere`, async () => {
        await start(options)
        emulator.clearRequests()
        const response = await browser.get(`${application.origin}/sign-in`)
        const { status, outcome, error } = endingOf(response)
        expect({ status, outcome }).to.deep.equal({ status: 500, outcome: 'error' })
        expect(error?.message).to.match(message)
        expect(response.headers).not.to.have.property('location')
        expect(emulator.requests).to.deep.equal([])
      })
  })
})

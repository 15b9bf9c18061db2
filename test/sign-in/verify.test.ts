import { AsyncResource } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { Request } from 'express'
import type { XaiProfile } from '../../lib/index.js'
import { callVerify, type Verdict } from '../../lib/sign-in/completion.js'
import { parseVerify, type XaiVerifyCallback } from '../../lib/sign-in/verify.js'

const tokens = { access_token: 'AT-1', refresh_token: 'OR-1', expires_in: 1 }
const profile = { provider: 'xai', id: 's' } as XaiProfile
const req = { url: '/callback' } as Request

const call = (verify: unknown, passReqToCallback = false): Promise<Verdict> =>
  callVerify(parseVerify('XaiStrategy', verify, passReqToCallback), { profile, tokens, req })

const user = { id: 1 }

/** A function that declares so many parameters, notes its arguments, and calls its last one if that is a function. */
function declaring(count: number, seen: unknown[]): unknown {
  const verify = (...args: unknown[]): unknown => {
    seen.push(...args)
    const done = args.at(-1)
    return typeof done === 'function' ? done(null, user) : user
  }
  return Object.defineProperty(verify, 'length', { value: count })
}

describe('verify', () => {
  const forms: ReadonlyArray<readonly [declared: number, passReq: boolean, given: unknown[]]> = [
    [0, false, ['AT-1', 'OR-1', profile, 'done']],
    [1, false, [{ profile, tokens, req }]],
    [4, false, ['AT-1', 'OR-1', profile, 'done']],
    [5, false, ['AT-1', 'OR-1', tokens, profile, 'done']],
    [0, true, [req, 'AT-1', 'OR-1', profile, 'done']],
    [1, true, [{ profile, tokens, req }]],
    [5, true, [req, 'AT-1', 'OR-1', profile, 'done']],
    [6, true, [req, 'AT-1', 'OR-1', tokens, profile, 'done']],
  ]
  for (const [declared, passReq, given] of forms) {
    const under = passReq ? ' under passReqToCallback' : ''
    it(`with ${declared} declared parameters${under} gets ${given.length}, and may sign in`, async () => {
      const seen: unknown[] = []
      expect(await call(declaring(declared, seen), passReq)).to.deep.equal({ user, info: undefined })
      const names = seen.map((value) => (typeof value === 'function' ? 'done' : value))
      expect(names).to.deep.equal(given)
    })
  }

  const refused: ReadonlyArray<readonly [declared: number, passReq: boolean]> = [
    [2, false],
    [3, false],
    [6, false],
    [7, false],
    [2, true],
    [3, true],
    [4, true],
    [7, true],
  ]
  for (const [declared, passReq] of refused)
    it(`with ${declared} declared parameters${passReq ? ' under passReqToCallback' : ''} is refused, and both forms are shown`, () => {
      const withDone = `(${passReq ? 'req, ' : ''}accessToken, refreshToken, profile, done) => done(null, user)`
      expect(() => parseVerify('XaiStrategy', declaring(declared, []), passReq))
        .to.throw(
          TypeError,
          `XaiStrategy: verify declares ${declared} parameters${passReq ? ' under passReqToCallback' : ''}, which could be misread; `,
        )
        .with.property('message')
        .that.contains('async ({ profile, tokens, req }) => user')
        .and.contains(withDone)
    })

  it('that is not a function is refused, and both forms are shown', () => {
    expect(() => parseVerify('XaiStrategy', { length: 1 }, false)).to.throw(
      TypeError,
      'XaiStrategy: verify is missing or not a function; write async ({ profile, tokens, req }) => user, or (accessToken, ',
    )
  })

  const slips: ReadonlyArray<readonly [what: string, verify: unknown, passReq?: boolean]> = [
    [
      'an async function that takes done for the profile',
      async (_a: unknown, _r: unknown, _params: unknown, p: { id: string }) => ({ found: p.id }),
    ],
    [
      'the same with the request',
      async (_q: unknown, _a: unknown, _r: unknown, _params: unknown, p: { id: string }) => ({ found: p.id }),
      true,
    ],
    [
      'a wrapper around the one-parameter form',
      (...args: unknown[]) =>
        (async ({ profile: p }: { profile?: { id: string } }) => ({ found: p?.id }))(args[0] as object),
    ],
    [
      'a default value for the one parameter',
      async (signIn: { profile?: { id: string } } = {}) => ({ found: signIn.profile?.id }),
    ],
    [
      'a default value for the one parameter, without async',
      (signIn: { profile?: { id: string } } = {}) => ({ id: signIn.profile?.id }),
    ],
    ['a promise of another realm', (..._args: unknown[]) => runInNewContext('Promise.resolve({ found: 1 })')],
  ]
  for (const [what, verify, passReq] of slips)
    it(`signs nobody in by a slip: ${what}`, async () => {
      const verdict = await call(verify, passReq)
      expect(verdict).to.have.property('error').that.is.an.instanceOf(TypeError)
      expect((verdict as { error: Error }).error.message).to.contain(
        'call done(null, user), or take one parameter',
      )
    })

  type Loose = { id?: string } | null | undefined
  const usersWithoutID: ReadonlyArray<readonly [what: string, verify: unknown, passReq?: boolean]> = [
    [
      'a default value among the parameters',
      async (_a: unknown, _r: unknown = null, p?: Loose, _done?: unknown) => ({ id: p?.id }),
    ],
    [
      'the same with the request',
      async (_q: unknown, _a: unknown = '', _r?: unknown, p?: Loose, _done?: unknown) => ({ id: p?.id }),
      true,
    ],
    ['the rest of the parameters', async (_first: unknown, ...rest: Loose[]) => ({ id: rest[1]?.id })],
    [
      'the profile in the place of the refresh token',
      (_a: unknown, p: Loose, _r: unknown, done: XaiVerifyCallback) => done(null, { id: p?.id }),
    ],
    ['the profile in the place of the one parameter', async (p: Loose) => ({ id: p?.id })],
    ['a list', async (p: Loose) => [{ id: p?.id }, { message: 'x' }]],
  ]
  for (const [what, verify, passReq] of usersWithoutID)
    it(`makes no user without an id of a slip: ${what}`, async () => {
      const verdict = await call(verify, passReq)
      expect(verdict).to.have.property('error').that.is.an.instanceOf(TypeError)
      expect((verdict as { error: Error }).error.message).to.contain('a user whose id is missing')
    })

  for (const good of [
    'a-name',
    7,
    true,
    { id: 0 },
    { id: '' },
    { sub: 's' },
    { id: null },
    Object.create({ id: undefined }),
  ])
    it(`may make a user that is ${JSON.stringify(good)}`, async () => {
      expect(await call(async (_signIn: unknown) => good)).to.deep.equal({ user: good, info: undefined })
    })

  it('may make a user whose id cannot be read', async () => {
    const strange = Object.defineProperty({}, 'id', {
      get: () => {
        throw new Error('of the application')
      },
    })
    expect(await call(async (_signIn: unknown) => strange)).to.deep.equal({ user: strange, info: undefined })
  })

  it('may pass done through AsyncResource.bind, which reads its name', async () => {
    const verify = (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback): void =>
      AsyncResource.bind(done)(null, user)
    expect(await call(verify)).to.deep.equal({ user, info: undefined })
  })

  it('that declares done may return anything at once, and call done later', async () => {
    const verify = (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback): object =>
      setImmediate(() => done(null, user))
    expect(await call(verify)).to.deep.equal({ user, info: undefined })
  })
})

/** In a process of its own, because a process warns once: two sign-ins whose `verify` does not call `done`. */
const silentProcess = `
  const { mock } = require('node:test')
  const { callVerify } = require(${JSON.stringify(require.resolve('../../lib/sign-in/completion.js'))})
  const verify = { form: 'done', call: () => {} }
  mock.timers.enable({ apis: ['setTimeout'] })
  process.on('warning', ({ code, message }) => code && console.log(code + ': ' + message))
  for (let n = 0; n < 2; n += 1) callVerify(verify, { tokens: {} })
  mock.timers.tick(9999)
  setImmediate(() => {
    console.log('9.999 seconds')
    mock.timers.tick(1)
  })`

describe('a verify that does not call done', () => {
  it('is worth one warning of the process after 10 seconds', () => {
    const { stdout } = spawnSync(process.execPath, ['-e', silentProcess], { encoding: 'utf8' })
    const lines = stdout.trim().split('\n')
    expect(lines).to.have.lengthOf(2)
    expect(lines[0]).to.equal('9.999 seconds')
    expect(lines[1]).to.match(
      /^xai_verify_silent: verify has not called done for 10 seconds, and the sign-in waits: call done\(null, user\)/,
    )
  })

  describe('has a timer that', () => {
    const { setTimeout, clearTimeout } = globalThis
    /** The delays of the timers that are running. */
    const running = new Map<unknown, unknown>()
    beforeEach(() => {
      running.clear()
      const begin = (run: () => void, delay: number) => {
        const timer = setTimeout(run, delay)
        running.set(timer, delay)
        return timer
      }
      const end = (timer: NodeJS.Timeout) => {
        running.delete(timer)
        clearTimeout(timer)
      }
      Object.assign(globalThis, { setTimeout: begin, clearTimeout: end })
    })
    afterEach(() => {
      Object.assign(globalThis, { setTimeout, clearTimeout })
    })

    it('ends when it decides later', async () => {
      let done: XaiVerifyCallback = () => {}
      const verdict = call(
        (_access: string, _refresh: string, _profile: object, given: XaiVerifyCallback) => {
          done = given
        },
      )
      expect([...running.values()]).to.deep.equal([10_000])
      done(null, user)
      expect(await verdict).to.deep.equal({ user, info: undefined })
      expect(running).to.be.empty
    })

    it('ends when it throws', async () => {
      await call((_access: string, _refresh: string, _profile: object, _done: object) => {
        throw new Error('no')
      })
      expect(running).to.be.empty
    })

    it('does not begin where it takes one parameter', async () => {
      const verdict = call((_signIn: object) => new Promise(setImmediate))
      expect(running).to.be.empty
      await verdict
    })
  })
})

import { AsyncResource } from 'node:async_hooks'
import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
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
        .to.throw(TypeError, `XaiStrategy: verify declares ${declared} parameters`)
        .with.property('message')
        .that.contains('async ({ profile, tokens, req }) => user')
        .and.contains(withDone)
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

describe('a verify that does not call done', () => {
  const warnings: Error[] = []
  const note = (warning: Error): unknown => warning.name === 'XaiStrategyWarning' && warnings.push(warning)
  beforeEach(() => {
    warnings.length = 0
    mock.timers.enable({ apis: ['setTimeout'] })
    process.on('warning', note)
  })
  afterEach(() => {
    mock.timers.reset()
    process.off('warning', note)
  })

  it('is worth one warning of the process after a minute, and may decide later', async () => {
    let done: XaiVerifyCallback = () => {}
    const silent = (_access: string, _refresh: string, _profile: object, given: XaiVerifyCallback): void => {
      done = given
    }
    const verdicts = [call(silent), call(silent)]
    mock.timers.tick(59_999)
    await turn()
    expect(warnings).to.deep.equal([])
    mock.timers.tick(1)
    await turn()
    const messages = warnings.map(({ message }) => message)
    expect(messages).to.have.lengthOf(1)
    expect(messages[0]).to.match(
      /^verify has not called done for 60 seconds, and the sign-in waits: call done\(null, user\)/,
    )
    done(null, user)
    expect(await verdicts[1]).to.deep.equal({ user, info: undefined })
  })

  it('leaves no timer behind once it has decided', async () => {
    await call(declaring(4, []))
    await call((_access: string, _refresh: string, _profile: object, _done: object) => {
      throw new Error('no')
    })
    mock.timers.tick(60_000)
    await turn()
    expect(warnings).to.deep.equal([])
  })
})

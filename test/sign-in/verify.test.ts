import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { Request } from 'express'
import { callVerify, type Verdict, type XaiVerifyCallback } from '../../lib/sign-in/verify.js'

const tokens = { access_token: 'AT-1', refresh_token: 'OR-1', expires_in: 1 }
const profile = { provider: 'xai', id: 's' }
const req = { url: '/callback' } as Request

type Verify = (...args: unknown[]) => unknown

const call = (verify: unknown, request?: Request): Promise<Verdict> =>
  callVerify(verify as Verify, { req: request, tokens, profile })

/** Warnings of the process while `act` runs, and on the turn after it. */
async function warningsDuring(act: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = []
  const keep = ({ name, message }: Error): void => {
    warnings.push(`${name}: ${message}`)
  }
  process.on('warning', keep)
  try {
    await act()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('warning', keep)
  }
  return warnings
}

describe('a call of verify', () => {
  const forms: ReadonlyArray<
    readonly [form: string, verify: (seen: unknown[]) => unknown, request: boolean, given: unknown[]]
  > = [
    [
      '(accessToken, refreshToken, profile, done)',
      (s) => (a: unknown, r: unknown, p: unknown, _d: unknown) => s.push(a, r, p),
      false,
      ['AT-1', 'OR-1', profile],
    ],
    [
      '(accessToken, refreshToken, profile)',
      (s) => (a: unknown, r: unknown, p: unknown) => s.push(a, r, p),
      false,
      ['AT-1', 'OR-1', profile],
    ],
    [
      '(…args)',
      (s) =>
        (...args: unknown[]) =>
          s.push(...args.slice(0, -1)),
      false,
      ['AT-1', 'OR-1', profile],
    ],
    [
      '(accessToken, refreshToken, params, profile, done)',
      (s) => (a: unknown, r: unknown, t: unknown, p: unknown, _d: unknown) => s.push(a, r, t, p),
      false,
      ['AT-1', 'OR-1', tokens, profile],
    ],
    [
      '(req, accessToken, refreshToken, profile, done)',
      (s) => (q: unknown, a: unknown, r: unknown, p: unknown, _d: unknown) => s.push(q, a, r, p),
      true,
      [req, 'AT-1', 'OR-1', profile],
    ],
    [
      '(req, accessToken, refreshToken, params, profile, done)',
      (s) => (q: unknown, a: unknown, r: unknown, t: unknown, p: unknown, _d: unknown) =>
        s.push(q, a, r, t, p),
      true,
      [req, 'AT-1', 'OR-1', tokens, profile],
    ],
  ]
  for (const [form, verifyInto, withRequest, given] of forms)
    it(`gives ${form} what it declares, and done last`, async () => {
      const seen: unknown[] = []
      const verify = verifyInto(seen) as Verify
      const calling = (...args: unknown[]): unknown => {
        verify(...args)
        return (args.at(-1) as XaiVerifyCallback)(null, { id: 1 })
      }
      Object.defineProperty(calling, 'length', { value: verify.length })
      expect(await call(calling, withRequest ? req : undefined)).to.deep.equal({
        user: { id: 1 },
        info: undefined,
      })
      expect(seen).to.deep.equal(given)
    })

  const user = { id: 1 }
  const problem = Object.assign(new Error('no database'), { stack: 'Error: no database' })
  const outcomes: ReadonlyArray<readonly [what: string, verify: unknown, verdict: object]> = [
    [
      'done with a user',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => done(null, user),
      { user, info: undefined },
    ],
    [
      'done with a user and info',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => done(null, user, { scope: 'a' }),
      { user, info: { scope: 'a' } },
    ],
    [
      'done with nobody and why',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => done(null, false, 'barred'),
      { user: false, info: 'barred' },
    ],
    [
      'done with an error',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => done(problem),
      { error: problem },
    ],
    [
      'an exception',
      () => {
        throw problem
      },
      { error: problem },
    ],
    ['a promise of a user', async () => user, { user, info: undefined }],
    ['a promise of nobody', async () => false, { user: false, info: undefined }],
    ['a promise of nothing', async () => undefined, { user: undefined, info: undefined }],
    [
      'a rejection',
      async () => {
        throw problem
      },
      { error: problem },
    ],
    [
      'a promise of another realm, which is no instance of Promise',
      () => runInNewContext('Promise.resolve(user)', { user }),
      { user, info: undefined },
    ],
    [
      'done, and then a promise of somebody else',
      async (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => {
        done(null, user)
        return { id: 2 }
      },
      { user, info: undefined },
    ],
    [
      'done twice',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => {
        done(null, user)
        done(null, { id: 2 })
      },
      { user, info: undefined },
    ],
  ]
  for (const [what, verify, verdict] of outcomes)
    it(`ends with ${what}, and warns of nothing`, async () => {
      let ended: unknown
      const warnings = await warningsDuring(async () => {
        ended = await call(verify)
      })
      expect(ended).to.deep.equal(verdict)
      expect(warnings).to.be.empty
    })

  const late: ReadonlyArray<readonly [what: string, verify: unknown]> = [
    [
      'throws',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => {
        done(null, user)
        throw problem
      },
    ],
    [
      'rejects',
      async (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => {
        done(null, user)
        throw problem
      },
    ],
    [
      'calls done with an error',
      (_a: unknown, _r: unknown, _p: unknown, done: XaiVerifyCallback) => {
        done(null, user)
        done(problem)
      },
    ],
  ]
  for (const [what, verify] of late)
    it(`keeps its first outcome when verify then ${what}, and warns of the error`, async () => {
      let ended: unknown
      const warnings = await warningsDuring(async () => {
        ended = await call(verify)
      })
      expect(ended).to.deep.equal({ user, info: undefined })
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(
        /^XaiStrategyWarning: verify failed after the sign-in was decided: Error: no database/,
      )
    })

  it('takes a user that is no thenable for nothing: verify has to call done', async () => {
    let done: XaiVerifyCallback | undefined
    const verdict = call((_a: unknown, _r: unknown, _p: unknown, callback: XaiVerifyCallback) => {
      done = callback
      return user
    })
    await new Promise((resolve) => setImmediate(resolve))
    done?.(null, { id: 3 })
    expect(await verdict).to.deep.equal({ user: { id: 3 }, info: undefined })
  })
})

import type { Request } from 'express'
import { optionError } from '../check.js'
import { emitErrorWarning, warnOnce } from '../diagnostics.js'
import type { XaiProfile } from '../identity/profile.js'
import { refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'

/** What the one-parameter form of `verify` gets. */
export interface XaiSignIn {
  /** Who signed in. `undefined` at run time when `skipUserProfile` is set, or without the scope `openid`. */
  profile: XaiProfile
  /** The whole response of the token endpoint. */
  tokens: XaiTokenResponse
  /** The request that ended the sign-in. */
  req: Request
}

/** A user; a user and `info`; or `false`, `null` or nothing, which is a failure (also with `info`). */
export type XaiVerdict =
  | Express.User
  | false
  | null
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement is a failure, too
  | void
  | readonly [user?: Express.User | false | null, info?: object | string]

/** The form of `verify` to use: takes one parameter, returns the user or a promise of the user. */
export type XaiVerify = (signIn: XaiSignIn) => XaiVerdict | Promise<XaiVerdict>

/** Ends a sign-in: an error; a user and perhaps `info`; or `false` (and why) for nobody. The first call counts. */
export type XaiVerifyCallback = (
  error?: unknown,
  user?: Express.User | false | null,
  info?: object | string,
) => void

// A promise of a user is not among these results on purpose: in these forms `done` alone decides.
type Done = void | Promise<void>

/**
 * passport-oauth2's form: must call `done`. Name the type, `const verify: XaiVerifyFunction = …`: of functions that
 * stand in the call of the constructor, TypeScript infers the parameters of the one-parameter form alone.
 */
export type XaiVerifyFunction = (
  accessToken: string,
  refreshToken: string | undefined,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Done

/** passport-oauth2's form with the whole token response: must call `done`. */
export type XaiVerifyFunctionWithParams = (
  accessToken: string,
  refreshToken: string | undefined,
  params: XaiTokenResponse,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Done

/** passport-oauth2's form under `passReqToCallback`: must call `done`. */
export type XaiVerifyFunctionWithRequest = (
  req: Request,
  accessToken: string,
  refreshToken: string | undefined,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Done

/** passport-oauth2's form under `passReqToCallback`, with the whole token response: must call `done`. */
export type XaiVerifyFunctionWithRequestAndParams = (
  req: Request,
  accessToken: string,
  refreshToken: string | undefined,
  params: XaiTokenResponse,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Done

/** The application's `verify` with its form, which the number of declared parameters tells. */
export interface Verify {
  call: (...args: unknown[]) => unknown
  form: 'one parameter' | 'done' | 'done and params'
  passReqToCallback: boolean
}

/** What the application said to a sign-in. */
export type Verdict = { user: unknown; info: unknown } | { error: unknown }

/**
 * Finds out the form of `verify`. `(...args)`, as NestJS passes, declares none and gets what passport-oauth2 gives.
 *
 * @throws {TypeError} that shows both forms, for a function that could be misread
 */
export function parseVerify(where: string, verify: unknown, passReqToCallback: boolean): Verify {
  const withDone = `(${passReqToCallback ? 'req, ' : ''}accessToken, refreshToken, profile, done) => done(null, user)`
  const forms = `write async ({ profile, tokens, req }) => user, or ${withDone}`
  if (typeof verify !== 'function') throw optionError(where, `verify is missing or not a function; ${forms}`)
  const call = verify as Verify['call']
  const declared = verify.length
  if (declared === 1) return { call, form: 'one parameter', passReqToCallback }
  const least = passReqToCallback ? 5 : 4
  if (declared === 0 || declared === least) return { call, form: 'done', passReqToCallback }
  if (declared === least + 1) return { call, form: 'done and params', passReqToCallback }
  const given = passReqToCallback ? ' under passReqToCallback' : ''
  throw optionError(where, `verify declares ${declared} parameters${given}, which could be misread; ${forms}`)
}

/** Milliseconds after which a `done` that has not been called is worth a warning. */
const silentFor = 60_000

/**
 * Calls `verify` and resolves to its first outcome. Later outcomes are ignored; an error, or a user after a failure,
 * becomes a process warning. Never rejects.
 */
export function callVerify(verify: Verify, { profile, tokens, req }: XaiSignIn): Promise<Verdict> {
  return new Promise((resolve) => {
    let first: Verdict | undefined
    const isModern = verify.form === 'one parameter'
    // `done` may come at any time, so this only warns.
    const silence = isModern ? undefined : setTimeout(warnOfSilence, silentFor).unref()
    const settle = (verdict: Verdict): void => {
      clearTimeout(silence)
      if (first) warnOfLate(verdict, first)
      first ??= verdict
      resolve(first)
    }
    const done: XaiVerifyCallback = (error, user, info) => settle(error ? { error } : { user, info })
    const settleReturned = (value: unknown): void => {
      if (isModern) settle(verdictOf(value))
      else if (value === false || value === null) settle({ user: false, info: undefined })
      else if (value !== undefined)
        settle(first ? { user: value, info: undefined } : { error: forgottenDoneError() })
    }
    try {
      const returned = isModern
        ? verify.call({ profile, tokens, req })
        : verify.call(
            ...(verify.passReqToCallback ? [req] : []),
            tokens.access_token,
            refreshTokenOf(tokens),
            ...(verify.form === 'done and params' ? [tokens] : []),
            profile,
            done,
          )
      if (isThenable(returned)) returned.then(settleReturned, (error: unknown) => settle({ error }))
      // What a function with `done` returns at once says nothing: many return what their database call returns.
      else if (isModern) settleReturned(returned)
    } catch (error) {
      settle({ error })
    }
  })
}

/** The returned value is the user, or `[user, info]`. */
function verdictOf(value: unknown): Verdict {
  const [user, info] = Array.isArray(value) ? (value as unknown[]) : [value]
  return { user, info }
}

const forgottenDoneError = (): TypeError =>
  new TypeError(
    'verify returned a promise of a user and did not call done. In this form only done signs somebody in: call done(null, user), or take one parameter: async ({ profile, tokens, req }) => user',
  )

const warnOfSilence = (): void =>
  warnOnce(
    'xai_verify_silent',
    `verify has not called done for ${silentFor / 1000} seconds, and the sign-in waits: call done(null, user), done(null, false) or done(error) on every path, or take one parameter: async ({ profile, tokens, req }) => user`,
  )

function warnOfLate(late: Verdict, first: Verdict): void {
  if ('error' in late) emitErrorWarning('verify failed after the sign-in was decided', late.error)
  else if (late.user && !('error' in first || first.user))
    emitErrorWarning('verify gave a user after the sign-in had failed', 'the first outcome counts')
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'

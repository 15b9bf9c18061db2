import type { Request } from 'express'
import { optionError } from '../check.js'
import type { XaiProfile } from '../identity/profile.js'
import type { XaiTokenResponse } from '../oauth/token-response.js'

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

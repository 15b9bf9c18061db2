import type { Request } from 'express'
import { emitErrorWarning } from '../diagnostics.js'
import type { XaiProfile } from '../identity/profile.js'
import { refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'

/** Ends a sign-in: an error; a user and perhaps `info`; or `false` (and why) for nobody. The first call counts. */
export type XaiVerifyCallback = (
  error?: unknown,
  user?: Express.User | false | null,
  info?: object | string,
) => void

type Awaitable = unknown

/** Finds or makes the user; calls `done`, or returns a promise of the user. */
export type XaiVerifyFunction = (
  accessToken: string,
  refreshToken: string | undefined,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Awaitable

/** The same, with xAI's whole token answer. */
export type XaiVerifyFunctionWithParams = (
  accessToken: string,
  refreshToken: string | undefined,
  params: XaiTokenResponse,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Awaitable

/** The same under `passReqToCallback`. */
export type XaiVerifyFunctionWithRequest = (
  req: Request,
  accessToken: string,
  refreshToken: string | undefined,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Awaitable

/** The same under `passReqToCallback`, with xAI's whole token answer. */
export type XaiVerifyFunctionWithRequestAndParams = (
  req: Request,
  accessToken: string,
  refreshToken: string | undefined,
  params: XaiTokenResponse,
  profile: XaiProfile,
  done: XaiVerifyCallback,
) => Awaitable

/** What the application said to a sign-in. */
export type Verdict = { user: unknown; info: unknown } | { error: unknown }

/** What `verify` is called with. */
export interface VerifyArguments {
  /** Under `passReqToCallback`. */
  req: Request | undefined
  tokens: XaiTokenResponse
  profile: unknown
}

/**
 * Calls `verify` in the form that it declares, and gives its first outcome. A later outcome changes nothing; a
 * later error, or a user after all, becomes a process warning.
 */
export function callVerify(
  verify: (...args: unknown[]) => unknown,
  { req, tokens, profile }: VerifyArguments,
): Promise<Verdict> {
  return new Promise((resolve) => {
    let first: Verdict | undefined
    const decide = (verdict: Verdict): void => {
      if (first) warnOfLate(verdict, first)
      first ??= verdict
      resolve(verdict)
    }
    const done: XaiVerifyCallback = (error, user, info) => decide(error ? { error } : { user, info })

    const withParams = verify.length >= (req ? 6 : 5)
    const args = [
      ...(req ? [req] : []),
      tokens.access_token,
      refreshTokenOf(tokens),
      ...(withParams ? [tokens] : []),
      profile,
      done,
    ]
    try {
      const returned = verify(...args)
      if (isThenable(returned)) {
        returned.then(
          (user) => decide({ user, info: undefined }),
          (error: unknown) => decide({ error }),
        )
      }
    } catch (error) {
      decide({ error })
    }
  })
}

/** What comes late changes nothing, but it must not be lost, nor leave an operator wondering why people fail. */
function warnOfLate(late: Verdict, first: Verdict): void {
  if ('error' in late) emitErrorWarning('verify failed after the sign-in was decided', late.error)
  else if (late.user && !('error' in first || first.user))
    emitErrorWarning(
      'verify gave a user after the sign-in had failed',
      'an async verify must await what calls done',
    )
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'

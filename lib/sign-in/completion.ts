import type { Request } from 'express'
import { emitErrorWarning, warnOnce } from '../diagnostics.js'
import { XaiOAuthError } from '../error.js'
import type { Identity, IdentityEvidence, IdentityReader } from '../identity/identity.js'
import type { XaiProfile } from '../identity/profile.js'
import { refreshTokenOf } from '../oauth/token-response.js'
import type { Outcome } from './passport-action.js'
import type { Verify, XaiSignIn, XaiVerifyCallback } from './verify.js'

/** Whether `profile` stays `undefined`: yes or no, or a function that says so. */
export type SkipUserProfile =
  | boolean
  | (() => boolean)
  | ((accessToken: string, done: (error: unknown, skip?: boolean) => void) => void)

/** What fetches a profile by passport-oauth2's rules. */
export type UserProfile = (accessToken: string, done: (error?: unknown, profile?: unknown) => void) => void

/** Everything that the end of a sign-in needs to know of its strategy and request. */
export interface CompletionContext {
  settings: { skipUserProfile: SkipUserProfile }
  identity: IdentityReader
  verify: Verify
  req: Request
  /** The application's own `userProfile`, when it replaced the strategy's. */
  replacedUserProfile?: UserProfile | undefined
}

/** What a sign-in brought. */
export interface Completion extends IdentityEvidence {
  /** What the application gave as `state` when the sign-in began. */
  applicationState: unknown
}

/** Finds out whose tokens these are, and asks the application's `verify`. @throws what is to end as Passport's `error` */
export async function completeSignIn(
  context: CompletionContext,
  { tokens, nonce, scope, applicationState }: Completion,
): Promise<Outcome> {
  const identity = await context.identity.identify({ tokens, nonce, scope })
  const profile = await readProfile(context, identity, tokens.access_token)
  const verdict = await callVerify(context.verify, {
    req: context.req,
    tokens,
    profile: profile as XaiProfile,
  })
  if ('error' in verdict) return { kind: 'error', error: verdict.error }
  if (!verdict.user) return { kind: 'fail', info: verdict.info }
  return { kind: 'success', user: verdict.user, info: buildInfo(verdict.info, applicationState) }
}

async function readProfile(
  { settings, identity, replacedUserProfile }: CompletionContext,
  who: Identity | undefined,
  accessToken: string,
): Promise<unknown> {
  if (await isSkipped(settings.skipUserProfile, accessToken)) return undefined
  if (!replacedUserProfile) return identity.readProfile(who, accessToken)
  const profile: unknown = await new Promise((resolve, reject) => {
    replacedUserProfile(accessToken, (error, found) => (error ? reject(error) : resolve(found)))
  })
  checkSameSub(who, profile)
  return profile
}

/** A replacement may ask the strategy's own `userProfile`, which does not know whom the id_token names (OpenID Connect Core §5.3.2). */
function checkSameSub(who: Identity | undefined, profile: unknown): void {
  const { provider, id } = Object(profile) as Partial<XaiProfile>
  if (!who || provider !== 'xai' || id === who.claims.sub) return
  throw new XaiOAuthError(
    'xai_userinfo_invalid',
    'xAI userinfo cannot be used: its sub is not the one of the id_token',
  )
}

async function isSkipped(skip: SkipUserProfile, accessToken: string): Promise<boolean | undefined> {
  if (typeof skip === 'boolean') return skip
  // passport-oauth2 tells the two forms by their number of parameters.
  if (skip.length < 2) return (skip as () => boolean)()
  return new Promise((resolve, reject) => {
    skip(accessToken, (error, skipped) => (error ? reject(error) : resolve(skipped)))
  })
}

/** What Passport gets as `info`: what `verify` said, with the application's state. */
function buildInfo(info: unknown, state: unknown): object {
  if (state === undefined) return (info as object | undefined) ?? {}
  return typeof info === 'string' ? { message: info, state } : { ...(info as object | undefined), state }
}

/** What the application said to a sign-in. */
export type Verdict = { user: unknown; info: unknown } | { error: unknown }

/** Milliseconds after which a `done` that has not been called is worth a warning. */
const silentFor = 10_000

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
      first ??= 'user' in verdict && lacksID(verdict.user) ? { error: missingIDError() } : verdict
      resolve(first)
    }
    const done: XaiVerifyCallback = (error, user, info) => settle(error ? { error } : { user, info })
    const settleReturned = (value: unknown): void => {
      if (isModern) settle(verdictOf(value))
      else if (value === false || value === null) settle(verdictOf(value))
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
      // What else a function with `done` returns at once says nothing: many return what their database call returns.
      else if (isModern || lacksID(returned)) settleReturned(returned)
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

/**
 * Whether a user has an id of its own that is not there: it was probably made of something else than the profile, such
 * as the refresh token. Models of a database have an `id` in their class, also where it was not selected.
 */
const lacksID = (user: unknown): boolean => {
  try {
    return Object.hasOwn(Object(user), 'id') && (user as { id: unknown }).id === undefined
  } catch {
    // A getter of the application's own says nothing of a slip.
    return false
  }
}

const missingIDError = (): TypeError =>
  new TypeError(
    'verify gave a user whose id is missing, so nobody is signed in: are its parameters in the right order? Write async ({ profile, tokens, req }) => user',
  )

const forgottenDoneError = (): TypeError =>
  new TypeError(
    'verify returned a promise of a user before it called done. In this form only done signs somebody in: call done(null, user), or take one parameter: async ({ profile, tokens, req }) => user',
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

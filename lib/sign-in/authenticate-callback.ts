import type { StateFailureReason } from '../state/state-failure.js'
import type { XaiAuthenticateOptions } from './context.js'

/** What `info` says of a request that the strategy itself failed; `code` tells which it is. */
export type XaiFailure =
  | { code: 'xai_state_invalid'; reason: StateFailureReason; message: string }
  | { code: 'xai_callback_invalid'; message: string }
  | { code: 'access_denied'; message: string }

/** What `info` says of a sign-in that `verify` decided: its own `info`, and the application's `state`. */
export interface XaiInfo {
  /** Never a code of an {@link XaiFailure}. */
  code?: undefined
  message?: string
  /** What `passport.authenticate` was given as `state` when the sign-in began. */
  state?: unknown
  [name: string]: unknown
}

/** A callback for `passport.authenticate('xai', options, callback)`; `status` is the HTTP status of a failure. */
export type XaiAuthenticateCallback = (
  error: unknown,
  user?: Express.User | false | null,
  info?: XaiFailure | XaiInfo,
  status?: number,
) => unknown

declare module 'passport' {
  interface Authenticator<
    InitializeRet = import('express').Handler,
    // biome-ignore lint/suspicious/noExplicitAny: repeats the declaration that it is merged with
    AuthenticateRet = any,
    AuthorizeRet = AuthenticateRet,
    AuthorizeOptions = import('passport').AuthenticateOptions,
  > {
    /** The name of this strategy brings its own options, such as a `state` of any JSON. */
    authenticate(
      strategy: 'xai',
      options: XaiAuthenticateOptions,
      callback?: XaiAuthenticateCallback,
    ): AuthenticateRet
    /** Links an xAI account to the one that is signed in, with the same options. */
    authorize(
      strategy: 'xai',
      options: XaiAuthenticateOptions,
      callback?: XaiAuthenticateCallback,
    ): AuthorizeRet
  }
}

declare global {
  namespace Express {
    interface AuthInfo {
      /** What `passport.authenticate('xai', { state })` was given when the sign-in began. */
      state?: unknown
    }
  }
}

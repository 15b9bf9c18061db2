import type { Request } from 'express'
import type { OAuth2 } from 'oauth'
import type { AuthenticateOptions } from 'passport'
import type { Endpoints } from '../oauth/endpoint.js'
import type { StateFailureReason, StateStore } from '../state/state-store.js'
import type { CompletionContext, SkipUserProfile, UserProfile } from './completion.js'

/** What one `passport.authenticate('xai', …)` may ask for. */
export interface XaiAuthenticateOptions extends Omit<AuthenticateOptions, 'state'> {
  /** Instead of the strategy's scopes; the callback's `authenticate` must be given the same. */
  scope?: string | string[]
  /** Application data, a string or a JSON value; comes back as `info.state`. The protocol's own state is always random. */
  state?: unknown
  /** Instead of the strategy's callback URL; the callback's `authenticate` must be given the same. */
  callbackURL?: string
  /** OpenID Connect `prompt`; nobody has shown that xAI honours it. */
  prompt?: string
  /** OpenID Connect `login_hint`; nobody has shown that xAI honours it. */
  loginHint?: string
}

/** What one `passport.authenticate('xai-device', …)` may ask for: what of it a device sign-in has. */
export type XaiDeviceAuthenticateOptions = Omit<
  XaiAuthenticateOptions,
  'callbackURL' | 'prompt' | 'loginHint'
>

/** What `info` says of a request that the strategy itself failed; `code` tells which it is. */
export type XaiFailure =
  | { code: 'xai_state_invalid'; reason: StateFailureReason; message: string }
  | { code: 'xai_callback_invalid'; message: string }
  | { code: 'access_denied'; message: string }
  | { code: 'xai_device_expired'; message: string }

/** What `info` says of a sign-in that `verify` decided: its own `info`, and the application's `state`. */
export interface XaiInfo {
  /** Never a code of an {@link XaiFailure}. */
  code?: undefined
  message?: string
  /** What `passport.authenticate` was given as `state` when the sign-in began. */
  state?: unknown
  [name: string]: unknown
}

/** A callback for `passport.authenticate('xai', options, callback)`, and for `'xai-device'`; `status` is the HTTP status of a failure. */
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
    authenticate(
      strategy: 'xai-device',
      options: XaiDeviceAuthenticateOptions,
      callback?: XaiAuthenticateCallback,
    ): AuthenticateRet
    /** Links an xAI account to the one that is signed in, with the same options. */
    authorize(
      strategy: 'xai',
      options: XaiAuthenticateOptions,
      callback?: XaiAuthenticateCallback,
    ): AuthorizeRet
    authorize(
      strategy: 'xai-device',
      options: XaiDeviceAuthenticateOptions,
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

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

/** Parameters of the application's own for the authorization request. */
export type XaiAuthorizationParams =
  | Parameters
  | ((req: Request, options: XaiAuthenticateOptions) => Parameters)

/** The options of XaiStrategy that a sign-in needs, checked and with their defaults. */
export interface SignInSettings extends Endpoints {
  issuer: string
  clientID: string
  callbackURL: string
  scope: string
  authorizationParams: XaiAuthorizationParams
  store: StateStore
  skipUserProfile: SkipUserProfile
}

/** What applications may replace on a strategy, by a subclass or by assignment (passport-oauth2). */
export interface ReplaceableStrategy {
  _oauth2: Pick<OAuth2, 'getOAuthAccessToken'>
  /** Makes an error of the status and body with which the token endpoint refuses; called when it is replaced. */
  parseErrorResponse(body: string, status: number): Error | null
  authorizationParams(options: XaiAuthenticateOptions): object
  tokenParams(options: XaiAuthenticateOptions): object
  userProfile: UserProfile
}

/** Everything that one request to XaiStrategy is decided from. */
export interface SignInContext extends CompletionContext {
  settings: SignInSettings
  /** As it is at the time of the request. */
  strategy: ReplaceableStrategy
  options: XaiAuthenticateOptions
}

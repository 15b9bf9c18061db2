import type { Request } from 'express'

import OAuth2Strategy = require('passport-oauth2')

import { IdentityReader } from './identity/identity.js'
import { buildProfile } from './identity/profile.js'
import {
  parseStrategyOptions,
  type StrategySettings,
  type XaiStrategyOptions,
  type XaiStrategyOptionsWithRequest,
} from './option.js'
import { signIn } from './sign-in/callback.js'
import type { ReplaceableStrategy, SignInContext, XaiAuthenticateOptions } from './sign-in/context.js'
import { endWithOneAction } from './sign-in/passport-action.js'
import {
  parseVerify,
  type XaiVerify,
  type XaiVerifyFunction,
  type XaiVerifyFunctionWithParams,
  type XaiVerifyFunctionWithRequest,
  type XaiVerifyFunctionWithRequestAndParams,
} from './sign-in/verify.js'
import { XaiOAuth2, type XaiRevokeOptions } from './token/client.js'
import type { XaiRefreshOptions, XaiTokens } from './token/refresh.js'

type AnyVerify = (...args: never[]) => unknown

/**
 * Signs people in with xAI: `passport.use(new XaiStrategy(options, async ({ profile }) => user))`, then
 * `passport.authenticate('xai')` on the route that begins a sign-in and on the callback.
 *
 * State and PKCE (S256) are always on; the id_token is verified before `verify` runs; every request ends in exactly
 * one of Passport's actions.
 */
export class XaiStrategy extends OAuth2Strategy {
  override name = 'xai'
  declare protected _oauth2: XaiOAuth2
  /** One field with an underscore, so that subclasses can call theirs what they like. */
  private readonly _xai: { settings: StrategySettings } & Pick<SignInContext, 'identity' | 'verify'>

  /** @throws {TypeError} that says which option is wrong, and what to write */
  constructor(options: XaiStrategyOptions | XaiStrategyOptionsWithRequest, verify: XaiVerify)
  constructor(options: XaiStrategyOptions, verify: XaiVerifyFunction | XaiVerifyFunctionWithParams)
  constructor(
    options: XaiStrategyOptionsWithRequest,
    verify: XaiVerifyFunctionWithRequest | XaiVerifyFunctionWithRequestAndParams,
  )
  // The first one again: TypeScript infers parameters from the first overload, and explains errors by the last.
  constructor(options: XaiStrategyOptions | XaiStrategyOptionsWithRequest, verify: XaiVerify)
  constructor(options: XaiStrategyOptions | XaiStrategyOptionsWithRequest, verify: AnyVerify) {
    const settings = parseStrategyOptions(options)
    const { clientID, clientSecret, authorizationURL, tokenURL, store } = settings
    const parsedVerify = parseVerify('XaiStrategy', verify, settings.passReqToCallback)
    super(
      { clientID, clientSecret: clientSecret as string, authorizationURL, tokenURL, store: store as never },
      verify as never,
    )
    const client = XaiOAuth2.of(settings)
    this._oauth2 = client
    this._xai = { settings, verify: parsedVerify, identity: new IdentityReader(client, settings) }
  }

  /** Passport's entry: begins a sign-in, or ends one. */
  override authenticate(req: Request, options?: XaiAuthenticateOptions | null): void {
    const replacedUserProfile =
      this.userProfile === XaiStrategy.prototype.userProfile ? undefined : this.userProfile.bind(this)
    const context: SignInContext = {
      ...this._xai,
      strategy: this as unknown as ReplaceableStrategy,
      replacedUserProfile,
      req,
      options: options ?? {},
    }
    endWithOneAction(this, req, () => signIn(context))
  }

  /** Fetches the profile of an access token from userinfo. @throws {XaiOAuthError} by way of `done` */
  override userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
    this._xai.identity.requestUserinfo(accessToken).then(
      (userinfo) => process.nextTick(done, null, buildProfile(userinfo)),
      (error: unknown) => process.nextTick(done, error),
    )
  }

  /**
   * Trades a refresh token for new tokens. Save the new refresh token before anything else: xAI has spent the old
   * one. Callers that come while it is being refreshed get the same result, and one request is sent.
   *
   * @throws {XaiOAuthError} `xai_refresh_token_revoked` (sign in again), `xai_refresh_failed`, `xai_refresh_invalid`
   */
  async refresh(refreshToken: string, options: XaiRefreshOptions = {}): Promise<XaiTokens> {
    return this._oauth2.refresh(refreshToken, options)
  }

  /**
   * Revokes an access or refresh token (RFC 7009).
   *
   * @throws {XaiOAuthError} `xai_revocation_failed` for any response but 2xx
   */
  async revoke(token: string, options: XaiRevokeOptions = {}): Promise<void> {
    return this._oauth2.revoke(token, options)
  }
}

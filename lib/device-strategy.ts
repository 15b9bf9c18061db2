import type { Request } from 'express'
import type { Strategy } from 'passport'

import OAuth2Strategy = require('passport-oauth2')

import { IdentityReader } from './identity/identity.js'
import { type DeviceStrategySettings, parseDeviceOptions, type XaiDeviceStrategyOptions } from './option.js'
import type { XaiDeviceAuthenticateOptions } from './sign-in/context.js'
import type { DeviceContext } from './sign-in/device.js'
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

/** What Passport demands of a strategy. It is the class below passport-oauth2's, and so needs no dependency of its own. */
const PassportStrategy: new () => Strategy = Object.getPrototypeOf(OAuth2Strategy.prototype).constructor

/** The forms of `verify` that passport-oauth2 has, with and without `passReqToCallback`. */
type VerifyWithDone =
  | XaiVerifyFunction
  | XaiVerifyFunctionWithParams
  | XaiVerifyFunctionWithRequest
  | XaiVerifyFunctionWithRequestAndParams

/**
 * Signs people in with xAI by a code (RFC 8628), where no callback can reach: the person confirms the code on xAI's
 * pages, on any device, while the application asks for the result. One route does it all:
 *
 *     passport.use(new XaiDeviceStrategy({ clientID }, async ({ profile }) => user))
 *     app.all('/connect/xai', passport.authenticate('xai-device', { successRedirect: '/' }))
 *
 * The device code stays on the server, is bound to the browser that began, and is used once; xAI is never asked more
 * often than it allows. Needs a response on the request (`req.res`), as Express has it.
 */
export class XaiDeviceStrategy extends PassportStrategy {
  override name = 'xai-device'
  /** The client that sends every request to xAI. */
  protected readonly _oauth2: XaiOAuth2
  /** One field with an underscore, so that subclasses can call theirs what they like. */
  private readonly _xai: Omit<DeviceContext, 'req' | 'options'> & { settings: DeviceStrategySettings }

  /** @throws {TypeError} that says which option is wrong, and what to write */
  constructor(options: XaiDeviceStrategyOptions, verify: XaiVerify)
  constructor(options: XaiDeviceStrategyOptions, verify: VerifyWithDone)
  // The first one again: TypeScript infers parameters from the first overload, and explains errors by the last.
  constructor(options: XaiDeviceStrategyOptions, verify: XaiVerify)
  constructor(options: XaiDeviceStrategyOptions, verify: XaiVerify | VerifyWithDone) {
    super()
    const settings = parseDeviceOptions(options)
    const parsedVerify = parseVerify('XaiDeviceStrategy', verify, settings.passReqToCallback)
    const client = XaiOAuth2.of(settings)
    this._oauth2 = client
    this._xai = {
      settings,
      client,
      identity: new IdentityReader(client, settings),
      verify: parsedVerify,
      underWay: { beginnings: new Map(), questions: new Set() },
    }
  }

  /** Passport's entry: begins a sign-in, asks xAI about a pending one, or ends it. */
  override authenticate(req: Request, options?: XaiDeviceAuthenticateOptions | null): void {
    // Loaded when it is used: most applications do without it and its pages.
    const { signInByDevice } = require('./sign-in/device.js') as typeof import('./sign-in/device.js')
    const context: DeviceContext = { ...this._xai, req, options: options ?? {} }
    endWithOneAction(this, req, () => signInByDevice(context))
  }

  /**
   * Trades a refresh token for new tokens, as {@link XaiStrategy.refresh} does.
   *
   * @throws {XaiOAuthError} `xai_refresh_token_revoked` (sign in again), `xai_refresh_failed`, `xai_refresh_invalid`
   */
  async refresh(refreshToken: string, options: XaiRefreshOptions = {}): Promise<XaiTokens> {
    return this._oauth2.refresh(refreshToken, options)
  }

  /** Revokes an access or refresh token (RFC 7009). @throws {XaiOAuthError} `xai_revocation_failed` */
  async revoke(token: string, options: XaiRevokeOptions = {}): Promise<void> {
    return this._oauth2.revoke(token, options)
  }
}

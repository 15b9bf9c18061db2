import type { Request } from 'express'
import type { oauth2tokenCallback } from 'oauth'

import OAuth2Strategy = require('passport-oauth2')

import {
  buildAuthorizationURL,
  checkAuthorizationParams,
  hasOpenID,
  parseScope,
} from './authorization-request.js'
import { type CallbackParameters, parseCallbackRequest } from './callback-request.js'
import { checkSecureURL } from './endpoint.js'
import { XaiOAuthError } from './error.js'
import { type Identity, IdentityReader } from './identity.js'
import { XaiOAuth2 } from './oauth2-client.js'
import { bindPassport, type Outcome } from './passport-action.js'
import { buildCodeVerifier } from './pkce.js'
import { buildProfile } from './profile.js'
import { requestRefresh, type XaiRefreshOptions, type XaiTokens } from './refresh.js'
import { requestRevocation, type XaiRevokeOptions } from './revocation.js'
import { type StateMetadata, saveSignIn, takeSignIn } from './state/state-store.js'
import {
  parseStrategyOptions,
  type StrategySettings,
  type XaiAuthenticateOptions,
  type XaiStrategyOptions,
  type XaiStrategyOptionsWithRequest,
} from './strategy-option.js'
import type { XaiTokenResponse } from './token-response.js'
import {
  callVerify,
  type XaiVerifyFunction,
  type XaiVerifyFunctionWithParams,
  type XaiVerifyFunctionWithRequest,
  type XaiVerifyFunctionWithRequestAndParams,
} from './verify-call.js'

type AnyVerify = (...args: never[]) => unknown

/**
 * Signs people in with xAI: `passport.use(new XaiStrategy(options, verify))`, then
 * `passport.authenticate('xai')` on the route that begins a sign-in and on the callback.
 *
 * State and PKCE (S256) are always on; the id_token is verified before `verify` runs; every request ends in exactly
 * one of Passport's actions.
 */
export class XaiStrategy extends OAuth2Strategy {
  override name = 'xai'
  declare protected _oauth2: XaiOAuth2
  private readonly settings: StrategySettings
  private readonly verify: (...args: unknown[]) => unknown
  private readonly identity: IdentityReader

  /** @throws {TypeError} that says which option is wrong, and what to write */
  constructor(options: XaiStrategyOptions, verify: XaiVerifyFunction)
  constructor(options: XaiStrategyOptions, verify: XaiVerifyFunctionWithParams)
  constructor(options: XaiStrategyOptionsWithRequest, verify: XaiVerifyFunctionWithRequest)
  constructor(options: XaiStrategyOptionsWithRequest, verify: XaiVerifyFunctionWithRequestAndParams)
  constructor(options: XaiStrategyOptions | XaiStrategyOptionsWithRequest, verify: AnyVerify) {
    const settings = parseStrategyOptions(options)
    if (typeof verify !== 'function') {
      throw new TypeError(
        'XaiStrategy: verify is missing; write new XaiStrategy(options, async (accessToken, refreshToken, profile) => user)',
      )
    }
    const { clientID, clientSecret, authorizationURL, tokenURL, customHeaders, store } = settings
    const { skipUserProfile } = options
    super(
      {
        clientID,
        clientSecret: clientSecret as string,
        authorizationURL,
        tokenURL,
        store: store as never,
        skipUserProfile,
      },
      verify as never,
    )
    this.settings = settings
    this.verify = verify as never
    this._oauth2 = new XaiOAuth2(
      clientID,
      clientSecret as string,
      '',
      authorizationURL,
      tokenURL,
      customHeaders,
    ).configure(settings)
    if (settings.agent) this._oauth2.setAgent(settings.agent)
    this.identity = new IdentityReader(this._oauth2, settings)
  }

  /** Passport's entry: begins a sign-in, or ends one. */
  override authenticate(req: Request, options: XaiAuthenticateOptions = {}): void {
    const conclude = bindPassport(this, req)
    this.decide(req, options).then(conclude, (error: unknown) => conclude({ kind: 'error', error }))
  }

  /** Fetches the profile of an access token from userinfo. @throws {XaiOAuthError} by way of `done` */
  override userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
    this.identity.requestUserinfo(accessToken).then(
      ({ claims, raw }) => process.nextTick(done, null, buildProfile(claims, raw)),
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
    checkToken('refresh', refreshToken)
    return requestRefresh(this._oauth2, refreshToken, options)
  }

  /**
   * Revokes an access or refresh token (RFC 7009).
   *
   * @throws {XaiOAuthError} `xai_revocation_failed` for any answer but 2xx
   */
  async revoke(token: string, options: XaiRevokeOptions = {}): Promise<void> {
    checkToken('revoke', token)
    return requestRevocation(this._oauth2, this.settings.revocationURL, { ...options, token })
  }

  private async decide(req: Request, options: XaiAuthenticateOptions): Promise<Outcome> {
    const callback = parseCallbackRequest(req)
    switch (callback.kind) {
      case 'begin':
        return this.begin(req, options)
      case 'invalid':
        return {
          kind: 'fail',
          info: { code: 'xai_callback_invalid', message: callback.message },
          status: 400,
        }
      case 'callback':
        return this.finish(req, options, callback.parameters)
    }
  }

  private async begin(req: Request, options: XaiAuthenticateOptions): Promise<Outcome> {
    const { authorizationURL, clientID, store, prepare } = this.settings
    const meta = this.metadataOf(options)
    const scope = this.scopeOf(options)
    const extras = this.extrasOf(req, options)
    const codeVerifier = buildCodeVerifier(hasOpenID(scope))
    const state = await saveSignIn(store, req, codeVerifier, options.state, meta)
    if (prepare) void this.identity.prepare(scope)
    const redirectURI = meta.callbackURL
    const request = { authorizationURL, clientID, redirectURI, scope, state, codeVerifier, extras }
    return { kind: 'redirect', location: buildAuthorizationURL(request) }
  }

  /** State first, then `iss`, then `error`, then `code`: nothing is believed of a callback that is not ours. */
  private async finish(
    req: Request,
    options: XaiAuthenticateOptions,
    { state, code, iss, ...refusal }: CallbackParameters,
  ): Promise<Outcome> {
    const meta = this.metadataOf(options)
    const taken = await takeSignIn(this.settings.store, req, state ?? '', meta)
    if ('failure' in taken) {
      const { reason = 'unknown', message = 'The state of this callback is unknown.' } = taken.failure
      return { kind: 'fail', info: { code: 'xai_state_invalid', reason, message }, status: 403 }
    }
    if (iss !== undefined && iss !== this.settings.issuer) {
      const message = 'This callback names another issuer (iss) than the sign-in began with.'
      return { kind: 'fail', info: { code: 'xai_callback_invalid', message }, status: 403 }
    }
    if (refusal.error !== undefined) return concludeRefusal(refusal)
    const tokens = await this.exchange(code as string, taken.codeVerifier, meta, options)
    const evidence = { tokens, codeVerifier: taken.codeVerifier as string, scope: this.scopeOf(options) }
    const profile = await this.loadProfile(tokens.access_token, await this.identity.identify(evidence))
    const verifyReq = this.settings.passReqToCallback ? req : undefined
    const verdict = await callVerify(this.verify, { req: verifyReq, tokens, profile })
    if ('error' in verdict) return { kind: 'error', error: verdict.error }
    if (!verdict.user) return { kind: 'fail', info: verdict.info }
    return { kind: 'success', user: verdict.user, info: buildInfo(verdict.info, taken.state) }
  }

  /** Runs the token request through the method that applications may replace, as passport-oauth2 does. */
  private exchange(
    code: string,
    codeVerifier: unknown,
    { callbackURL }: StateMetadata,
    options: XaiAuthenticateOptions,
  ): Promise<XaiTokenResponse> {
    const protocol = {
      grant_type: 'authorization_code',
      redirect_uri: callbackURL,
      code_verifier: codeVerifier,
    }
    return new Promise((resolve, reject) => {
      const done: oauth2tokenCallback = (error, accessToken, refreshToken, response) => {
        if (error) reject(error)
        else
          resolve({
            access_token: accessToken,
            ...(refreshToken && { refresh_token: refreshToken }),
            ...response,
          })
      }
      this._oauth2.getOAuthAccessToken(code, { ...this.tokenParams(options), ...protocol }, done)
    })
  }

  private async loadProfile(accessToken: string, identity: Identity | undefined): Promise<unknown> {
    if (await this.skipsProfile(accessToken)) return undefined
    if (this.userProfile === XaiStrategy.prototype.userProfile) {
      return this.identity.readProfile(identity, accessToken)
    }
    return new Promise((resolve, reject) => {
      this.userProfile(accessToken, (error, profile) => (error ? reject(error) : resolve(profile)))
    })
  }

  private async skipsProfile(accessToken: string): Promise<boolean | undefined> {
    const { skipUserProfile } = this.settings
    if (typeof skipUserProfile === 'boolean') return skipUserProfile
    if (skipUserProfile.length < 2) return (skipUserProfile as () => boolean)()
    return new Promise((resolve, reject) => {
      skipUserProfile(accessToken, (error, skip) => (error ? reject(error) : resolve(skip)))
    })
  }

  private metadataOf({ callbackURL }: XaiAuthenticateOptions): StateMetadata {
    if (callbackURL !== undefined) checkSecureURL('callbackURL', callbackURL)
    const { authorizationURL, tokenURL, clientID, issuer, callbackURL: usual } = this.settings
    return { authorizationURL, tokenURL, clientID, issuer, callbackURL: callbackURL ?? usual }
  }

  private scopeOf({ scope }: XaiAuthenticateOptions): string {
    return scope === undefined ? this.settings.scope : parseScope(scope)
  }

  private extrasOf(req: Request, options: XaiAuthenticateOptions): Record<string, unknown> {
    const { authorizationParams } = this.settings
    const own =
      typeof authorizationParams === 'function' ? authorizationParams(req, options) : authorizationParams
    checkAuthorizationParams(own)
    const { prompt, loginHint: login_hint } = options
    const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
    return { ...this.authorizationParams(options), ...own, ...perRequest }
  }
}

function checkToken(method: string, token: unknown): void {
  if (typeof token !== 'string' || token === '') {
    throw new TypeError(`XaiStrategy: ${method} needs a token, a string that is not empty`)
  }
}

function concludeRefusal({ error, error_description, error_uri }: CallbackParameters): Outcome {
  if (error === 'access_denied') {
    const message = error_description ?? 'Access was denied at xAI.'
    return { kind: 'fail', info: { code: 'access_denied', message }, status: 403 }
  }
  const words = [error, error_description].filter(Boolean).join(': ')
  const detail = { error, error_description, error_uri }
  return {
    kind: 'error',
    error: new XaiOAuthError(
      'xai_authorization_failed',
      `xAI refused the authorization: ${words}`,
      detail as object,
    ),
  }
}

/** What Passport gets as `info`: what `verify` said, with the application's state. */
function buildInfo(info: unknown, state: unknown): object {
  if (state === undefined) return (info as object | undefined) ?? {}
  return typeof info === 'string' ? { message: info, state } : { ...(info as object | undefined), state }
}

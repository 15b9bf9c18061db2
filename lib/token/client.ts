import type { oauth2tokenCallback } from 'oauth'
import type { XaiOAuthError } from '../error.js'
import { buildRefusalError, type FailureNames } from '../http/failure.js'
import { secretUnlessWord } from '../http/redaction.js'
import type { HttpResponse } from '../http/request.js'
import {
  type DeviceAuthorization,
  deviceAuthorizationNames,
  deviceGrantType,
  parseDeviceAuthorization,
} from '../oauth/device-authorization.js'
import { buildRefreshGrant, type FormParameters } from '../oauth/token-request.js'
import { parseTokenResponse, refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'
import { BoundedOAuth2, type XaiOAuth2Settings } from './bounded-client.js'
import { buildExchange, exchangeNames } from './code-exchange.js'
import {
  refreshNames,
  refreshOnce,
  unlessAborted,
  type XaiRefreshOptions,
  type XaiTokens,
} from './refresh.js'

/** How a token is revoked. */
export interface XaiRevokeOptions {
  /** What kind of token it is, for a server that keeps them apart. */
  hint?: 'access_token' | 'refresh_token'
  /** Ends the wait, with the signal's reason; whether the token is revoked then, nobody knows. */
  signal?: AbortSignal
}

/**
 * The client of a strategy: xAI's echo of the code challenge, one refresh at a time, revocation. The constructor takes
 * the six arguments of `OAuth2`, because passport-oauth2-refresh builds a second client with them.
 */
export class XaiOAuth2 extends BoundedOAuth2 {
  configure(settings: XaiOAuth2Settings): this {
    this.settings = settings
    const client = this
    const stock = this.getOAuthAccessToken
    // passport-oauth2-refresh copies this method onto a client of its own, which lacks the settings, while its URL,
    // headers and agent are those to use.
    this.getOAuthAccessToken = function (this: unknown, ...args) {
      stock.apply(client.withConnectionOf(this), args)
    }
    return this
  }

  private withConnectionOf(other: unknown): this {
    const { _clientId, _clientSecret, _baseSite, _accessTokenUrl, _customHeaders, _agent } = Object(other)
    if (other === this || typeof _accessTokenUrl !== 'string') return this
    const connection = { _clientId, _clientSecret, _baseSite, _accessTokenUrl, _customHeaders }
    return Object.assign(Object.create(this), connection, { _agent: _agent ?? this._agent })
  }

  /**
   * Exchanges an authorization code, or a refresh token or something else when `params.grant_type` says so. `params`
   * is not changed; `callback` is called exactly once, with an {@link XaiOAuthError} or with the tokens and the whole
   * response.
   */
  override getOAuthAccessToken(
    code: string,
    params: FormParameters | oauth2tokenCallback,
    callback?: oauth2tokenCallback,
  ): void {
    const form = typeof params === 'function' ? {} : ((params ?? {}) as FormParameters)
    const done = (typeof params === 'function' ? params : callback) as (...args: unknown[]) => void
    const isRefresh = form.grant_type === 'refresh_token'
    // On a tick of its own: what the callback throws is not a failure of the request.
    this.requestTokens(code, form).then(
      (response) => {
        const refreshToken = refreshTokenOf(response) ?? (isRefresh ? code : undefined)
        process.nextTick(done, null, response.access_token, refreshToken, response)
      },
      (error: Error) => process.nextTick(done, error),
    )
  }

  private async requestTokens(code: string, params: FormParameters): Promise<XaiTokenResponse> {
    const grantType = params.grant_type ?? 'authorization_code'
    if (grantType === 'refresh_token') return (await this.refresh(code, {}, params)).raw
    const protocol =
      grantType === 'authorization_code'
        ? buildExchange(code, params, this.settings)
        : { grant_type: String(grantType), ...(code && { code }) }
    const names = exchangeNames([secretUnlessWord(code), ...secretNames.map((name) => textOf(params[name]))])
    const form = { url: this._getAccessTokenUrl(), protocol, extras: params }
    return this.postForm(names, form, parseTokenResponse)
  }

  /**
   * Refreshes, or joins the refresh of the same token that is under way; a refresh is never sent again.
   *
   * @throws {XaiOAuthError}
   */
  async refresh(
    refreshToken: string,
    { signal }: XaiRefreshOptions = {},
    extras: FormParameters = {},
  ): Promise<XaiTokens> {
    checkToken('refresh', refreshToken)
    signal?.throwIfAborted()
    const tokenURL = this._getAccessTokenUrl()
    const form = { url: tokenURL, protocol: buildRefreshGrant(refreshToken), extras, atMostOnce: true }
    const request = { tokenURL, clientID: this._clientId, refreshToken, extras }
    const tokens = refreshOnce(request, () =>
      this.postForm(refreshNames(refreshToken), form, parseTokenResponse),
    )
    return signal ? unlessAborted(tokens, signal) : tokens
  }

  /** Begins a device sign-in (RFC 8628 §3.1). @throws {XaiOAuthError} `xai_device_authorization_failed` */
  authorizeDevice(
    { deviceAuthorizationURL, issuer }: { deviceAuthorizationURL: string; issuer: string },
    scope: string,
  ): Promise<DeviceAuthorization> {
    const form = { url: deviceAuthorizationURL, protocol: { ...(scope && { scope }) } }
    return this.postForm(deviceAuthorizationNames, form, (names, response) =>
      parseDeviceAuthorization(names, response, issuer),
    )
  }

  /** Asks once whether a device sign-in was approved (RFC 8628 §3.4). @throws {XaiOAuthError}, also while it is pending */
  exchangeDeviceCode(deviceCode: string): Promise<XaiTokenResponse> {
    const protocol = { grant_type: deviceGrantType, device_code: deviceCode }
    const form = { url: this._getAccessTokenUrl(), protocol }
    return this.postForm(exchangeNames([deviceCode]), form, parseTokenResponse)
  }

  /**
   * Revokes a token (RFC 7009); any 2xx is success.
   *
   * @throws {XaiOAuthError} `xai_revocation_failed`
   */
  async revoke(token: string, { hint, signal }: XaiRevokeOptions = {}): Promise<void> {
    checkToken('revoke', token)
    signal?.throwIfAborted()
    const names: FailureNames = {
      what: 'xAI token revocation',
      failed: 'xai_revocation_failed',
      invalid: 'xai_revocation_failed',
      secrets: [token],
    }
    const protocol = { token, ...(hint && { token_type_hint: hint }) }
    const form = { url: this.settings.revocationURL, protocol, signal }
    try {
      await this.postForm(names, form, checkRevoked)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}

/** Parameters whose values prove something, so that no error repeats them. */
const secretNames = [
  'code_verifier',
  'device_code',
  'password',
  'assertion',
  'client_assertion',
  'subject_token',
]

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function checkRevoked(names: FailureNames, response: HttpResponse): void {
  if (response.status < 200 || response.status > 299) throw buildRefusalError(names, response)
}

/** Demands a token before anything is sent: a missing one would go out as the word `undefined`. @throws {TypeError} */
function checkToken(method: string, token: unknown): asserts token is string {
  if (typeof token !== 'string' || token === '') {
    throw new TypeError(`XaiStrategy: ${method} needs a token, a string that is not empty`)
  }
}

import type { Agent, OutgoingHttpHeaders } from 'node:http'
import { OAuth2, type oauth2tokenCallback } from 'oauth'
import { defaultAgentFor, idleConnectionsOf } from '../http/agent.js'
import { buildNoResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import { secretUnlessWord } from '../http/redaction.js'
import { type HttpRequest, type HttpResponse, sendRequest } from '../http/request.js'
import {
  buildAuthenticatedForm,
  buildCodeGrant,
  buildRefreshGrant,
  type ClientCredentials,
  credentialSecrets,
  exchangeNames,
  type FormParameters,
} from '../oauth/token-request.js'
import { parseTokenResponse, refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'
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

/** What requests to xAI need to know beyond what the constructor of `OAuth2` takes. */
interface RequestSettings {
  clientAuthentication: ClientCredentials['method']
  revocationURL: string
  /** Milliseconds. */
  timeout: number
  echoCodeChallenge: boolean
}

/** The options of a strategy that its client needs, checked and with their defaults. */
export interface ClientSettings extends RequestSettings {
  clientID: string
  clientSecret: string | undefined
  authorizationURL: string
  tokenURL: string
  customHeaders: OutgoingHttpHeaders
  agent: HttpRequest['agent']
}

type UnsentRequest = Omit<HttpRequest, 'what' | 'timeout' | 'agent'>

/** A form that the client authenticates. */
interface AuthenticatedForm extends Pick<UnsentRequest, 'url' | 'signal' | 'atMostOnce'> {
  protocol: Readonly<Record<string, string>>
  extras?: FormParameters
}

/**
 * The `oauth` package's client with its requests overridden: xAI's echo of the code challenge, one refresh at a time,
 * revocation, one deadline, one size limit, and errors that say what xAI said. The constructor takes the six arguments
 * of `OAuth2`, because passport-oauth2-refresh builds a second client with them.
 */
export class XaiOAuth2 extends OAuth2 {
  private settings: RequestSettings = {
    clientAuthentication: 'none',
    revocationURL: '',
    timeout: 20_000,
    echoCodeChallenge: true,
  }

  /** The client of a strategy. */
  static of(settings: ClientSettings): XaiOAuth2 {
    const { clientID, clientSecret, authorizationURL, tokenURL, customHeaders, agent } = settings
    const client = new XaiOAuth2(
      clientID,
      clientSecret as string,
      '',
      authorizationURL,
      tokenURL,
      customHeaders,
    )
    client.setAgent(agent as Agent)
    client.settings = settings
    const stock = client.getOAuthAccessToken
    // passport-oauth2-refresh copies this method onto a client of its own, which lacks the settings, while its URL,
    // headers and agent are those to use.
    client.getOAuthAccessToken = function (this: unknown, ...args) {
      stock.apply(client.withConnectionOf(this), args)
    }
    return client
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
    const [form, done] = (typeof params === 'function' ? [{}, params] : [params ?? {}, callback]) as [
      FormParameters,
      (...args: unknown[]) => void,
    ]
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
        ? buildCodeGrant(code, params, this.settings.echoCodeChallenge)
        : { grant_type: String(grantType), ...(code && { code }) }
    const names = exchangeNames([secretUnlessWord(code), ...secretsIn(params)])
    return this.postForm(
      names,
      { url: this._getAccessTokenUrl(), protocol, extras: params },
      parseTokenResponse,
    )
  }

  /**
   * Refreshes, or joins the refresh of the same token that is under way; a refresh is never sent again.
   *
   * @throws {XaiOAuthError}
   */
  async refresh(
    refreshToken: string,
    options?: XaiRefreshOptions | null,
    extras: FormParameters = {},
  ): Promise<XaiTokens> {
    const { signal } = options ?? {}
    checkToken('refresh', refreshToken)
    signal?.throwIfAborted()
    const tokenURL = this._getAccessTokenUrl()
    const form = { url: tokenURL, protocol: buildRefreshGrant(refreshToken), extras, atMostOnce: true }
    const request = { tokenURL, clientID: this._clientId, refreshToken, extras }
    const tokens = refreshOnce(request, () =>
      this.postForm(refreshNames([refreshToken, ...secretsIn(extras)]), form, parseTokenResponse),
    )
    return signal ? unlessAborted(tokens, signal) : tokens
  }

  /**
   * Revokes a token (RFC 7009); any 2xx is success.
   *
   * @throws {XaiOAuthError} `xai_revocation_failed`
   */
  async revoke(token: string, options?: XaiRevokeOptions | null): Promise<void> {
    const { hint, signal } = options ?? {}
    checkToken('revoke', token)
    signal?.throwIfAborted()
    const names: FailureNames = {
      what: 'xAI token revocation',
      failed: 'xai_revocation_failed',
      invalid: 'xai_revocation_failed',
      secrets: [token],
    }
    const protocol = { token, ...(hint && { token_type_hint: hint }) }
    try {
      await this.postForm(names, { url: this.settings.revocationURL, protocol, signal }, checkRevoked)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }

  /**
   * Posts a form with the client's authentication, and parses the response. `parse` is given the names with the
   * client's credentials among its secrets, so that no error repeats them.
   *
   * @throws {XaiOAuthError} when no complete response comes, and what `parse` throws
   */
  async postForm<Parsed>(
    names: FailureNames,
    { url, protocol, extras, signal, atMostOnce }: AuthenticatedForm,
    parse: (names: FailureNames, response: HttpResponse) => Parsed,
  ): Promise<Parsed> {
    const { _clientId: clientID, _clientSecret: clientSecret, settings } = this
    const credentials = { clientID, clientSecret, method: settings.clientAuthentication }
    const guarded = { ...names, secrets: [...names.secrets, ...credentialSecrets(credentials)] }
    const form = buildAuthenticatedForm(credentials, protocol, extras)
    return parse(guarded, await this.send(guarded, { ...form, url, signal, atMostOnce }))
  }

  /** Sends a request with the client's headers, agent and deadline. @throws {XaiOAuthError} when no complete response comes */
  async send(names: FailureNames, request: UnsentRequest): Promise<HttpResponse> {
    try {
      return await sendRequest({ what: names.what, ...this.complete(request) })
    } catch (cause) {
      throw buildNoResponseError(names, cause)
    }
  }

  private complete(request: UnsentRequest): Omit<HttpRequest, 'what'> {
    // Of names that differ in their capitals alone, Node sends the last.
    const headers = { ...this._customHeaders, ...request.headers }
    return { ...request, headers, agent: this._agent, timeout: this.settings.timeout }
  }

  /** Whether a connection to the host of a URL is open and idle. */
  hasIdleConnection(url: string): boolean {
    return idleConnectionsOf(this._agent ?? defaultAgentFor(url), url).length > 0
  }

  /** What `get()` runs on: the stock client's contract, with this one's deadline, size limit and Bearer header. */
  protected override _request(
    method: string,
    url: string,
    headers: OutgoingHttpHeaders | null,
    body: unknown,
    accessToken: string | null,
    callback: Parameters<OAuth2['get']>[2],
  ): void {
    const authorization = accessToken ? { Authorization: this.buildAuthHeader(accessToken) } : {}
    const request = this.complete({
      method: method as HttpRequest['method'],
      url,
      headers: { ...authorization, ...headers },
      ...(body ? { body: body instanceof Uint8Array ? body : String(body) } : {}),
    })
    sendRequest({ what: 'OAuth2 request', ...request }).then(
      ({ status, headers, body }) => {
        const data = body.toString('utf8')
        if (isSuccess(status)) process.nextTick(callback, null, data, { statusCode: status, headers })
        else process.nextTick(callback, { statusCode: status, data })
      },
      (error: unknown) => process.nextTick(callback, error),
    )
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

const secretsIn = (params: FormParameters): string[] =>
  secretNames.flatMap((name) => [params[name] ?? []].flat().map(String))

const isSuccess = (status: number): boolean => status >= 200 && status <= 299

function checkRevoked(names: FailureNames, response: HttpResponse): void {
  if (!isSuccess(response.status)) throw buildRefusalError(names, response)
}

/** Demands a token before anything is sent: a missing one would go out as the word `undefined`. @throws {TypeError} */
function checkToken(method: string, token: unknown): asserts token is string {
  if (typeof token !== 'string' || token === '') {
    throw new TypeError(`XaiStrategy: ${method} needs a token, a string that is not empty`)
  }
}

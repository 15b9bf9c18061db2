import type { OutgoingHttpHeaders } from 'node:http'
import { OAuth2, type oauth2tokenCallback } from 'oauth'
import { XaiOAuthError } from '../error.js'
import { keepAliveAgentFor, prepareConnection } from '../http/agent.js'
import { type FailureNames, sendToXai } from '../http/failure.js'
import { type HttpRequest, type HttpResponse, sendRequest } from '../http/request.js'
import {
  buildClientAuthentication,
  type ClientAuthenticationMethod,
  credentialSecrets,
} from '../oauth/client-authentication.js'
import { buildCodeGrant, buildForm, buildRefreshGrant, type FormParameters } from '../oauth/token-request.js'
import { parseTokenResponse, refreshTokenOf, type XaiTokenResponse } from '../oauth/token-response.js'
import { checkToken } from './token-argument.js'

/** What requests to xAI need to know beyond what the constructor of `OAuth2` takes. */
export interface XaiOAuth2Settings {
  clientAuthentication: ClientAuthenticationMethod
  /** Milliseconds. */
  timeout: number
  echoCodeChallenge: boolean
}

type DataCallback = Parameters<OAuth2['get']>[2]

/** A form that the client authenticates. */
interface AuthenticatedForm {
  url: string
  protocol: Readonly<Record<string, string>>
  extras?: FormParameters
  signal?: AbortSignal | undefined
}

/**
 * The `oauth` package's client with its requests overridden: xAI's echo of the code challenge, one deadline, one
 * size limit, and errors that say what xAI said. The constructor takes the six arguments of `OAuth2`, because
 * passport-oauth2-refresh builds a second client with them.
 */
export class XaiOAuth2 extends OAuth2 {
  private settings: XaiOAuth2Settings = {
    clientAuthentication: 'none',
    timeout: 20_000,
    echoCodeChallenge: true,
  }
  private readonly refreshing = new Map<string, Promise<XaiTokenResponse>>()

  constructor(...args: ConstructorParameters<typeof OAuth2>) {
    super(...args)
    this.useAuthorizationHeaderforGET(true)
  }

  configure(settings: XaiOAuth2Settings): this {
    this.settings = settings
    // Bound, because passport-oauth2-refresh copies this one method onto a client that lacks the settings.
    this.getOAuthAccessToken = this.getOAuthAccessToken.bind(this)
    return this
  }

  /**
   * Exchanges an authorization code, or a refresh token when `params.grant_type` says so. `params` is not changed;
   * `callback` is called exactly once, with an {@link XaiOAuthError} or with the tokens and the whole response.
   */
  override getOAuthAccessToken(
    code: string,
    params: FormParameters | oauth2tokenCallback,
    callback?: oauth2tokenCallback,
  ): void {
    const form = typeof params === 'function' ? {} : ((params ?? {}) as FormParameters)
    const done = (typeof params === 'function' ? params : callback) as oauth2tokenCallback
    const isRefresh = form.grant_type === 'refresh_token'
    const response = isRefresh ? this.refresh(code, form) : this.exchangeCode(code, form)
    // On a tick of its own: what the callback throws is no failure of the request.
    response.then(
      (tokens) => {
        const refreshToken = refreshTokenOf(tokens) ?? (isRefresh ? code : undefined)
        process.nextTick(
          done as (...args: unknown[]) => void,
          null,
          tokens.access_token,
          refreshToken,
          tokens,
        )
      },
      (error: Error) => process.nextTick(done, error),
    )
  }

  private async exchangeCode(code: string, params: FormParameters): Promise<XaiTokenResponse> {
    const { code_verifier: codeVerifier, redirect_uri: redirectURI } = params
    if (typeof codeVerifier !== 'string' || codeVerifier === '') {
      throw new XaiOAuthError(
        'xai_pkce_verifier_missing',
        'xAI token exchange not started: the PKCE code_verifier of this sign-in is missing, which the state ' +
          'store should have kept, and xAI would refuse the code. See hermes-agent#26990 ' +
          '(https://github.com/NousResearch/hermes-agent/issues/26990)',
        { status: 500 },
      )
    }
    const names: FailureNames = {
      what: 'xAI token exchange',
      failed: 'xai_token_exchange_failed',
      invalid: 'xai_token_exchange_invalid',
      tierDenied: 'xai_oauth_tier_denied',
      secrets: [code, codeVerifier],
    }
    const { echoCodeChallenge } = this.settings
    const grant = { code, redirectURI: redirectURI as string | undefined, codeVerifier, echoCodeChallenge }
    const form = { url: this._getAccessTokenUrl(), protocol: buildCodeGrant(grant), extras: params }
    return this.postForm(names, form, parseTokenResponse)
  }

  /**
   * Refreshes. While a token is being refreshed, whoever comes with it gets the same response, because xAI revokes
   * the whole family of a refresh token that arrives twice; nor is it ever sent again by itself.
   *
   * @throws {XaiOAuthError}
   */
  refresh(refreshToken: string, extras: FormParameters = {}): Promise<XaiTokenResponse> {
    const underway = this.refreshing.get(refreshToken)
    if (underway) return underway
    const response = this.requestRefresh(refreshToken, extras).finally(() => {
      this.refreshing.delete(refreshToken)
    })
    this.refreshing.set(refreshToken, response)
    return response
  }

  private async requestRefresh(refreshToken: string, extras: FormParameters): Promise<XaiTokenResponse> {
    checkToken('refresh', refreshToken)
    const names: FailureNames = {
      what: 'xAI token refresh',
      failed: 'xai_refresh_failed',
      invalid: 'xai_refresh_invalid',
      revoked: 'xai_refresh_token_revoked',
      responseLost: 'The refresh token may be spent already, so it is not sent again by itself',
      secrets: [refreshToken],
    }
    const form = { url: this._getAccessTokenUrl(), protocol: buildRefreshGrant(refreshToken), extras }
    return this.postForm(names, form, parseTokenResponse)
  }

  /**
   * Posts a form with the client's authentication, and parses the response. `parse` is given the names with the
   * client's credentials among its secrets, so that no error repeats them.
   *
   * @throws {XaiOAuthError} when no complete response comes, and what `parse` throws
   */
  async postForm<Parsed>(
    names: FailureNames,
    { url, protocol, extras, signal }: AuthenticatedForm,
    parse: (names: FailureNames, response: HttpResponse) => Parsed,
  ): Promise<Parsed> {
    const credentials = {
      clientID: this._clientId,
      clientSecret: this._clientSecret,
      method: this.settings.clientAuthentication,
    }
    const { headers, parameters } = buildClientAuthentication(credentials)
    const body = buildForm({ ...protocol, ...parameters }, extras)
    const guarded = { ...names, secrets: [...names.secrets, ...credentialSecrets(credentials)] }
    const response = await this.send(guarded, {
      method: 'POST',
      url,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': Buffer.byteLength(body),
        ...headers,
      },
      body,
      signal,
    })
    return parse(guarded, response)
  }

  /** Sends a request with the client's headers, agent and deadline. @throws {XaiOAuthError} when no complete response comes */
  send(names: FailureNames, request: Omit<HttpRequest, 'timeout' | 'agent'>): Promise<HttpResponse> {
    return sendToXai(names, this.complete(request))
  }

  /** Has a connection to the token endpoint ready, unless the application brought an agent of its own. Never fails. */
  prepareConnection(): void {
    if (!this._agent) prepareConnection(this._getAccessTokenUrl())
  }

  private complete(request: Omit<HttpRequest, 'timeout' | 'agent'>): HttpRequest {
    // Of names that differ in their capitals alone, Node sends the last.
    const headers = { ...this._customHeaders, ...request.headers }
    const agent = this._agent ?? keepAliveAgentFor(request.url)
    return { ...request, headers, agent, timeout: this.settings.timeout }
  }

  /** What `get()` runs on: the stock client's contract, with this one's deadline, size limit and Bearer header. */
  protected override _request(
    method: string,
    url: string,
    headers: OutgoingHttpHeaders | null,
    body: unknown,
    accessToken: string | null,
    callback: DataCallback,
  ): void {
    const authorization = accessToken ? { Authorization: this.buildAuthHeader(accessToken) } : {}
    const request = this.complete({
      method: method as HttpRequest['method'],
      url,
      headers: { ...authorization, ...headers },
      ...(body ? { body: String(body) } : {}),
    })
    sendRequest(request).then(
      ({ status, headers, body }) => {
        const data = body.toString('utf8')
        if (status < 200 || status > 299) process.nextTick(callback, { statusCode: status, data })
        else process.nextTick(callback, null, data, { statusCode: status, headers })
      },
      (error: unknown) => process.nextTick(callback, error),
    )
  }
}

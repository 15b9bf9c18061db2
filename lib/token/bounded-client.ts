import type { OutgoingHttpHeaders } from 'node:http'
import { OAuth2 } from 'oauth'
import { defaultAgentFor, idleConnectionsOf } from '../http/agent.js'
import { type FailureNames, sendToXai } from '../http/failure.js'
import { type HttpRequest, type HttpResponse, sendRequest } from '../http/request.js'
import {
  buildClientAuthentication,
  buildForm,
  type ClientAuthenticationMethod,
  credentialSecrets,
  type FormParameters,
} from '../oauth/token-request.js'

/** What requests to xAI need to know beyond what the constructor of `OAuth2` takes. */
export interface XaiOAuth2Settings {
  clientAuthentication: ClientAuthenticationMethod
  revocationURL: string
  /** Milliseconds. */
  timeout: number
  echoCodeChallenge: boolean
}

type UnsentRequest = Omit<HttpRequest, 'what' | 'timeout' | 'agent'>

type DataCallback = Parameters<OAuth2['get']>[2]

/** A form that the client authenticates. */
interface AuthenticatedForm {
  url: string
  protocol: Readonly<Record<string, string>>
  extras?: FormParameters
  signal?: AbortSignal | undefined
  atMostOnce?: boolean
}

/**
 * The `oauth` package's client with its requests overridden: one deadline, one size limit, and errors that say what xAI
 * said.
 */
export class BoundedOAuth2 extends OAuth2 {
  protected settings: XaiOAuth2Settings = {
    clientAuthentication: 'none',
    revocationURL: '',
    timeout: 20_000,
    echoCodeChallenge: true,
  }

  constructor(...args: ConstructorParameters<typeof OAuth2>) {
    super(...args)
    this.useAuthorizationHeaderforGET(true)
  }

  /**
   * Posts a form with the client's authentication, and parses the response. `parse` is given the names with the
   * client's credentials among its secrets, so that no error repeats them.
   *
   * @throws {XaiOAuthError} when no complete response comes, and what `parse` throws
   */
  async postForm<Parsed>(
    names: FailureNames,
    { url, protocol, extras, signal, atMostOnce = false }: AuthenticatedForm,
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
      atMostOnce,
    })
    return parse(guarded, response)
  }

  /** Sends a request with the client's headers, agent and deadline. @throws {XaiOAuthError} when no complete response comes */
  send(names: FailureNames, request: UnsentRequest): Promise<HttpResponse> {
    return sendToXai(names, this.complete(request))
  }

  /** Whether a connection to the host of a URL is open and idle. */
  hasIdleConnection(url: string): boolean {
    return idleConnectionsOf(this._agent ?? defaultAgentFor(url), url).length > 0
  }

  private complete(request: UnsentRequest): Omit<HttpRequest, 'what'> {
    // Of names that differ in their capitals alone, Node sends the last.
    const headers = { ...this._customHeaders, ...request.headers }
    return { ...request, headers, agent: this._agent, timeout: this.settings.timeout }
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
      ...(body ? { body: body instanceof Uint8Array ? body : String(body) } : {}),
    })
    sendRequest({ what: 'OAuth2 request', ...request }).then(
      ({ status, headers, body }) => {
        const data = body.toString('utf8')
        if (status < 200 || status > 299) process.nextTick(callback, { statusCode: status, data })
        else process.nextTick(callback, null, data, { statusCode: status, headers })
      },
      (error: unknown) => process.nextTick(callback, error),
    )
  }
}

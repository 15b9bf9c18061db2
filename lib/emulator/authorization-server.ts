import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { EmulatorAccount } from './account.js'
import { subjectOf } from './account.js'
import type { Answer } from './answer.js'
import { isRedirectURIAllowed } from './client.js'
import type { MemoryStore } from './memory-store.js'
import { buildConfiguration } from './oidc-configuration.js'
import {
  type Interaction,
  type InteractionResult,
  loadOIDCProvider,
  type OIDCProvider,
} from './oidc-provider-module.js'
import type { EmulatorSettings } from './option.js'

/** A request to oidc-provider; `headers` are all that it sees. */
export interface ServerRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

/** Headers of oidc-provider that xAI's server is not known to send, or that no longer fit a changed body. */
const isDropped = (name: string): boolean =>
  name === 'content-length' || name === 'vary' || name.startsWith('access-control-')

/** An answer that is kept instead of being sent. */
class CapturedResponse extends ServerResponse {
  constructor(
    request: IncomingMessage,
    private readonly capture: (answer: Answer) => void,
  ) {
    super(request)
  }

  override end(body?: unknown): this {
    const headers = Object.entries(this.getHeaders()).filter(([name]) => !isDropped(name))
    this.capture({ status: this.statusCode, headers: Object.fromEntries(headers), body: [body].join('') })
    return this
  }
}

/** oidc-provider as a function from request to answer, without a connection. */
export class AuthorizationServer {
  private constructor(
    private readonly provider: OIDCProvider,
    private readonly host: string,
  ) {}

  static async build(
    settings: EmulatorSettings,
    issuer: string,
    store: MemoryStore,
  ): Promise<AuthorizationServer> {
    const { Provider, errors } = await loadOIDCProvider()
    const provider = new Provider(issuer, await buildConfiguration(settings, issuer, store, errors))
    provider.Client.prototype.redirectUriAllowed = function (
      this: { clientId: string },
      redirectURI: string,
    ) {
      return settings.clients.some(
        (client) => client.clientID === this.clientId && isRedirectURIAllowed(client, redirectURI),
      )
    }
    return new AuthorizationServer(provider, new URL(issuer).host)
  }

  answer(request: ServerRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const message = this.replay(request)
      this.provider.callback()(message, new CapturedResponse(message, resolve)).catch(reject)
    })
  }

  /** The authorization request that waits for a person's decision; rejects when it is not this browser's. */
  interaction(request: ServerRequest): Promise<Interaction> {
    const message = this.replay(request)
    return this.provider.interactionDetails(message, new ServerResponse(message))
  }

  /** Notes the decision, and returns the URL at which the authorization request goes on. */
  decide(request: ServerRequest, result: InteractionResult): Promise<string> {
    const message = this.replay(request)
    return this.provider.interactionResult(message, new ServerResponse(message), result)
  }

  /** Notes that the account grants the client these scopes, and returns the id of the grant. */
  grant(account: EmulatorAccount, clientID: string, scope: string): Promise<string> {
    const grant = new this.provider.Grant({ accountId: subjectOf(account), clientId: clientID })
    grant.addOIDCScope(scope)
    return grant.save()
  }

  /** A request of its own making, whose body is still an unread stream, as oidc-provider wants it. */
  private replay({ method, target, headers, body = '' }: ServerRequest): IncomingMessage {
    const message = new IncomingMessage(new Socket())
    const present: OutgoingHttpHeaders = { accept: 'application/json', ...headers, host: this.host }
    const length = body === '' ? {} : { 'content-length': `${Buffer.byteLength(body)}` }
    Object.assign(message, { method, url: target, headers: { ...present, ...length } })
    if (body !== '') message.push(body)
    message.push(null)
    return message
  }
}

import { createHash, randomBytes } from 'node:crypto'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { newKey, type SigningKey, signJWS } from './signing.js'

/** A request that the server has received. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

/** A response to the byte. A plain object in its place is sent as JSON with status 200. */
export class Reply {
  constructor(
    readonly status: number,
    readonly body: string | Buffer | object = '',
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

type Claims = Record<string, unknown>

/** What an id_token is made of, before it is signed. */
export interface Draft {
  readonly header: Claims
  readonly claims: Claims
  readonly key: SigningKey
  readonly accessToken: string
  readonly grant: Grant
}

/** What the person has granted to a client. */
export interface Grant {
  readonly clientID: string
  readonly redirectURI: string
  readonly scope: string
  readonly nonce: string | undefined
  readonly challenge: string | undefined
  readonly sub: string
}

/** How a server deviates from what it should do; whatever is left out, it does right. */
export interface Conduct {
  /** The parameters of the authorization response. */
  callback?(parameters: URLSearchParams, server: MisbehavingServer): void
  /** Claims of the id_token in place of the right ones; `undefined` takes one away. */
  claims?(claims: Claims, draft: Draft): Claims
  /** Header parameters in place of the right ones. */
  header?(draft: Draft): Claims
  /** The whole id_token. */
  idToken?(draft: Draft, server: MisbehavingServer): unknown
  /** The response of the token endpoint to a request that is right. */
  token?(response: Claims, request: Received, server: MisbehavingServer): Claims | Reply
  /** The response of userinfo. */
  userinfo?(claims: Claims, request: Received): Claims | Reply
  /** The key set. */
  keys?(set: { keys: object[] }, server: MisbehavingServer): object | Reply
  /** The response of the device authorization endpoint. */
  device?(response: Claims): Claims | Reply
  /** The response of the revocation endpoint. */
  revocation?(request: Received): Reply
  /** Whether the code verifier is left unchecked, so that only the client's own checks are left. */
  ignoresPKCE?: boolean
}

/** A client that the server knows. */
export interface Client {
  readonly id: string
  readonly secret?: string
}

const randomText = (): string => randomBytes(24).toString('base64url')

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** `at_hash` of ES256 (OpenID Connect Core §3.1.3.6). */
export const hashOf = (accessToken: string): string =>
  sha256(accessToken).subarray(0, 16).toString('base64url')

const withoutUndefined = (record: Claims): Claims =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

/**
 * An OpenID provider on loopback that knows the code flow, refresh and revocation, signs its own tokens, and does
 * wrong what a scenario tells it to. It shares no code with the library or its emulator.
 */
export class MisbehavingServer {
  readonly requests: Received[] = []
  readonly sub = 'person-1'
  key = newKey()
  /** What the JWKS shows besides the key that signs. */
  otherKeys: object[] = []
  /** Claims about the person, in the id_token and at userinfo, as far as a scope asks for them. */
  person: Claims = { name: 'Ada Example', email: 'ada@example.com', email_verified: true }
  readonly codes = new Map<string, Grant>()
  /** What the person has not done yet, or has refused; `undefined` once the code is confirmed. */
  deviceError: string | undefined = 'authorization_pending'
  private readonly deviceCodes = new Map<string, Grant>()
  private readonly accessTokens = new Map<string, Grant>()
  private readonly refreshTokens = new Map<string, Grant>()
  private readonly spentTokens = new Map<string, Grant>()

  private constructor(
    private readonly server: Server,
    readonly client: Client,
    readonly conduct: Conduct,
  ) {
    server.on('request', (request, response) => void this.answer(request, response))
  }

  static async start(client: Client, conduct: Conduct = {}): Promise<MisbehavingServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new MisbehavingServer(server, client, conduct)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The requests to one path. */
  to(path: string): Received[] {
    return this.requests.filter((request) => request.path === path)
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { pathname, searchParams } = new URL(request.url as string, this.issuer)
    const received: Received = {
      method: request.method as string,
      path: pathname,
      query: searchParams,
      headers: request.headers,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
    }
    this.requests.push(received)
    const reply = this.reply(received)
    const { status, body, headers } = reply instanceof Reply ? reply : new Reply(200, reply)
    const isPlain = typeof body === 'string' || Buffer.isBuffer(body)
    response.writeHead(status, { ...(!isPlain && { 'content-type': 'application/json' }), ...headers })
    response.end(isPlain ? body : JSON.stringify(body))
  }

  private reply(request: Received): object {
    switch (`${request.method} ${request.path}`) {
      case 'GET /oauth2/authorize':
        return this.authorize(request)
      case 'POST /oauth2/token':
        return this.issueTokens(request)
      case 'GET /oauth2/userinfo':
        return this.tellUserinfo(request)
      case 'POST /oauth2/device/code':
        return this.authorizeDevice(request)
      case 'POST /oauth2/revoke':
        return this.conduct.revocation?.(request) ?? this.revoke(request)
      case 'GET /.well-known/jwks.json': {
        const set = { keys: [this.key.jwk, ...this.otherKeys] }
        return this.conduct.keys?.(set, this) ?? set
      }
      default:
        return new Reply(404)
    }
  }

  private authorize({ query }: Received): Reply {
    const code = randomText()
    this.codes.set(code, {
      clientID: query.get('client_id') ?? '',
      redirectURI: query.get('redirect_uri') ?? '',
      scope: query.get('scope') ?? '',
      nonce: query.get('nonce') ?? undefined,
      challenge: query.get('code_challenge') ?? undefined,
      sub: this.sub,
    })
    const parameters = new URLSearchParams({ code, state: query.get('state') ?? '' })
    this.conduct.callback?.(parameters, this)
    return new Reply(302, '', { location: `${query.get('redirect_uri')}?${parameters}` })
  }

  private authorizeDevice(request: Received): object {
    if (!this.isAuthenticated(request)) return new Reply(401, { error: 'invalid_client' })
    const deviceCode = `dc-${randomText()}`
    this.deviceCodes.set(deviceCode, {
      clientID: this.client.id,
      redirectURI: '',
      scope: request.form.get('scope') ?? '',
      nonce: undefined,
      challenge: undefined,
      sub: this.sub,
    })
    const response = {
      device_code: deviceCode,
      user_code: 'WXYZ-1234',
      verification_uri: `${this.issuer}/device`,
      verification_uri_complete: `${this.issuer}/device?user_code=WXYZ-1234`,
      expires_in: 900,
      interval: 5,
    }
    return this.conduct.device?.(response) ?? response
  }

  private spendDeviceCode(form: URLSearchParams): Grant | Reply | undefined {
    if (this.deviceError) return new Reply(400, { error: this.deviceError })
    const code = form.get('device_code') ?? ''
    const grant = this.deviceCodes.get(code)
    this.deviceCodes.delete(code)
    return grant
  }

  private spend(form: URLSearchParams): Grant | Reply | undefined {
    switch (form.get('grant_type')) {
      case 'refresh_token':
        return this.spendRefreshToken(form)
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return this.spendDeviceCode(form)
      default:
        return this.spendCode(form)
    }
  }

  private issueTokens(request: Received): object {
    if (!this.isAuthenticated(request)) return new Reply(401, { error: 'invalid_client' })
    const grant = this.spend(request.form)
    if (grant instanceof Reply) return grant
    if (!grant) return new Reply(400, { error: 'invalid_grant' })
    const response = this.buildTokens(grant)
    return this.conduct.token?.(response, request, this) ?? response
  }

  private isAuthenticated({ headers, form }: Received): boolean {
    const { id, secret } = this.client
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (basic) {
      const credentials = Buffer.from(basic, 'base64').toString().split(':')
      const [givenID, givenSecret] = credentials.map((text) => decodeURIComponent(text.replaceAll('+', ' ')))
      return secret !== undefined && givenID === id && givenSecret === secret
    }
    return form.get('client_id') === id && form.get('client_secret') === (secret ?? null)
  }

  private spendCode(form: URLSearchParams): Grant | undefined {
    const code = form.get('code') ?? ''
    const grant = this.codes.get(code)
    this.codes.delete(code)
    if (!grant || grant.redirectURI !== form.get('redirect_uri')) return undefined
    const challenge = sha256(form.get('code_verifier') ?? '').toString('base64url')
    return this.conduct.ignoresPKCE || challenge === grant.challenge ? grant : undefined
  }

  private spendRefreshToken(form: URLSearchParams): Grant | undefined {
    const token = form.get('refresh_token') ?? ''
    const grant = this.refreshTokens.get(token)
    this.refreshTokens.delete(token)
    // A token that comes again ends its whole family (RFC 9700 §4.14.2).
    const family = this.spentTokens.get(token)
    for (const [other, owner] of this.refreshTokens) if (owner === family) this.refreshTokens.delete(other)
    if (grant) this.spentTokens.set(token, grant)
    return grant
  }

  private buildTokens(grant: Grant): Claims {
    const accessToken = `at-${randomText()}`
    this.accessTokens.set(accessToken, grant)
    const scopes = grant.scope.split(' ')
    const refreshToken = scopes.includes('offline_access') ? `rt-${randomText()}` : undefined
    if (refreshToken) this.refreshTokens.set(refreshToken, grant)
    return withoutUndefined({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 900,
      scope: grant.scope,
      refresh_token: refreshToken,
      id_token: scopes.includes('openid') ? this.buildIDToken(grant, accessToken) : undefined,
    })
  }

  private buildIDToken(grant: Grant, accessToken: string): unknown {
    const { conduct, key } = this
    const now = Math.floor(Date.now() / 1000)
    const right: Claims = {
      iss: this.issuer,
      aud: grant.clientID,
      sub: grant.sub,
      iat: now,
      exp: now + 300,
      nonce: grant.nonce,
      at_hash: hashOf(accessToken),
      ...this.personFor(grant),
    }
    const draft = {
      header: { alg: 'ES256', kid: key.jwk.kid, typ: 'JWT' },
      claims: right,
      key,
      accessToken,
      grant,
    }
    const claims = withoutUndefined({ ...right, ...conduct.claims?.(right, draft) })
    const header = withoutUndefined({ ...draft.header, ...conduct.header?.(draft) })
    const finished = { ...draft, header, claims }
    return conduct.idToken
      ? conduct.idToken(finished, this)
      : signJWS(header, claims, { key: this.key.privateKey })
  }

  private personFor({ scope }: Grant): Claims {
    const scopes = scope.split(' ')
    const { email, email_verified, ...profile } = this.person
    return {
      ...(scopes.includes('profile') && profile),
      ...(scopes.includes('email') && { email, email_verified }),
    }
  }

  private tellUserinfo(request: Received): object {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const grant = this.accessTokens.get(token)
    if (!grant) return new Reply(401, { error: 'invalid_token' })
    const claims = withoutUndefined({ sub: grant.sub, ...this.personFor(grant) })
    return this.conduct.userinfo?.(claims, request) ?? claims
  }

  private revoke(request: Received): Reply {
    if (!this.isAuthenticated(request)) return new Reply(401, { error: 'invalid_client' })
    const token = request.form.get('token') ?? ''
    this.refreshTokens.delete(token)
    this.accessTokens.delete(token)
    return new Reply(200)
  }
}

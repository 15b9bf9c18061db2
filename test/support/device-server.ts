import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { newKey, signJWS } from '../conformance/signing.js'

/** How an endpoint responds to a form. */
export type Respond = (res: ServerResponse, form: URLSearchParams) => void

/** A request that a {@link DeviceServer} has received. */
export interface DeviceRequest {
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
  /** Milliseconds of a clock that nobody sets. */
  readonly at: number
}

/** A response of JSON. */
export const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Respond =>
  (res) =>
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))

/** A response of any text, `text/html` unless headers say otherwise. */
export const text =
  (status: number, body: string, headers: Record<string, string> = {}): Respond =>
  (res) =>
    res.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body)

/** A refusal of the token endpoint (RFC 6749 §5.2). */
export const refusal = (error: string, status = 400): Respond => json(status, { error })

/** No response, and the end of the connection. */
export const disconnect: Respond = (res) => res.destroy()

/** xAI as a device sign-in sees it: every response is what a test wants, and every request is counted. */
export class DeviceServer {
  /** Path and query of every request, in the order of its arrival. */
  readonly requested: string[] = []
  /** What was sent to the device authorization endpoint. */
  readonly beginnings: DeviceRequest[] = []
  /** What was sent to the token endpoint, in the order of its arrival. */
  readonly questions: DeviceRequest[] = []
  /** Changes to the response of the device authorization endpoint; `undefined` takes a member away. */
  issue: Record<string, unknown> = {}
  /** What takes the place of that response. */
  authorization: Respond | undefined
  /** How the token endpoint responds from now on. */
  token: Respond = refusal('authorization_pending')
  private readonly key = newKey()
  private forgotten = 0

  private constructor(private readonly server: Server) {
    server.on('request', (req: IncomingMessage, res: ServerResponse) => void this.handle(req, res))
  }

  static async start(): Promise<DeviceServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new DeviceServer(server)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Every device code that was given out. */
  get deviceCodes(): string[] {
    return this.beginnings.map((_, index) => deviceCodeOf(this.forgotten + index))
  }

  /** The code that the nth sign-in shows, counted from 0; a reset begins to count anew, and no code comes twice. */
  userCode(index: number): string {
    return userCodeOf(this.forgotten + index)
  }

  /** Forgets what was asked, and responds as in the beginning. */
  reset(): void {
    this.forgotten += this.beginnings.length
    this.requested.length = 0
    this.beginnings.length = 0
    this.questions.length = 0
    this.issue = {}
    this.authorization = undefined
    this.token = refusal('authorization_pending')
  }

  /** Tokens for a person; `changes` to the response, as a Team's lacks the id_token. */
  approve(sub = 'ada', changes: Record<string, unknown> = {}): Respond {
    return (res, form) => {
      const accessToken = `access-token-of-${sub}`
      const iat = Math.floor(Date.now() / 1000)
      const at_hash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
      const aud = form.get('client_id')
      const claims = { iss: this.issuer, aud, sub, name: sub, iat, exp: iat + 3600, at_hash }
      const header = { alg: 'ES256', kid: this.key.jwk.kid }
      const idToken = signJWS(header, claims, { key: this.key.privateKey })
      json(200, {
        access_token: accessToken,
        token_type: 'Bearer',
        id_token: idToken,
        refresh_token: `refresh-token-of-${sub}`,
        ...changes,
      })(res, form)
    }
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const at = performance.now()
    const chunks = await req.toArray()
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const { url = '', headers } = req
    this.requested.push(url)
    switch (url.split('?')[0]) {
      case '/.well-known/jwks.json':
        return json(200, { keys: [this.key.jwk] })(res, form)
      case '/oauth2/device/code':
        this.beginnings.push({ headers, form, at })
        return (this.authorization ?? json(200, this.authorize()))(res, form)
      case '/oauth2/token':
        this.questions.push({ headers, form, at })
        return this.token(res, form)
      default:
        return json(404, {})(res, form)
    }
  }

  private authorize(): Record<string, unknown> {
    const index = this.forgotten + this.beginnings.length - 1
    const userCode = userCodeOf(index)
    return {
      device_code: deviceCodeOf(index),
      user_code: userCode,
      verification_uri: `${this.issuer}/device`,
      verification_uri_complete: `${this.issuer}/device?user_code=${userCode}`,
      expires_in: 900,
      interval: 5,
      ...this.issue,
    }
  }
}

const userCodeOf = (index: number): string => `WXYZ-${String(index).padStart(4, '0')}`

/** Letters alone, so that nothing but knowing it hides it. */
const deviceCodeOf = (index: number): string =>
  `the-device-code-${[...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`

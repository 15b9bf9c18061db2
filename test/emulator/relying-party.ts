import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { CookieClient, type SignInChoice } from '../support/browserless-client.js'

export const callbackURL = 'http://127.0.0.1:9/callback'

export interface JSONResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly json: Record<string, string>
}

type Changes = Readonly<Record<string, string | undefined>>

/** The given parameters, with the changes; one that is changed to undefined is left out. */
const withChanges = (parameters: Changes, changes: Changes): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...parameters, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )

/** The claims of a JWT, unverified. */
export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

/** The header of a JWT, unverified. */
export const headerOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>

/** An application that speaks plain HTTP to the emulator, and the browser of its user. */
export class RelyingParty {
  readonly browser = new CookieClient()
  readonly verifier = randomBytes(32).toString('base64url')
  readonly challenge = createHash('sha256').update(this.verifier).digest('base64url')
  readonly nonce = randomBytes(8).toString('hex')

  constructor(
    private readonly emulator: Emulator,
    private readonly clientID = emulator.publicClient.clientID,
  ) {}

  authorizationURL(changes: Changes = {}): string {
    const parameters = {
      response_type: 'code',
      client_id: this.clientID,
      redirect_uri: callbackURL,
      scope: 'openid profile email offline_access',
      state: 'the-state',
      nonce: this.nonce,
      code_challenge: this.challenge,
      code_challenge_method: 'S256',
    }
    return `${this.emulator.issuer}/oauth2/authorize?${new URLSearchParams(withChanges(parameters, changes))}`
  }

  /** Signs in through the pages, and returns the parameters of the callback. */
  async signIn(
    accountID = 'personal',
    changes: Changes = {},
    choice: SignInChoice = {},
  ): Promise<URLSearchParams> {
    const isCallback = (location: string): boolean => !location.startsWith(this.emulator.issuer)
    const { headers } = await this.browser.signIn(
      this.authorizationURL(changes),
      accountID,
      choice,
      isCallback,
    )
    return new URL(`${headers.location}`).searchParams
  }

  async post(path: string, form: Changes, headers: IncomingHttpHeaders = {}): Promise<JSONResponse> {
    const response = await this.browser.post(`${this.emulator.issuer}${path}`, withChanges(form, {}), {
      headers,
    })
    return { ...response, json: response.body === '' ? {} : JSON.parse(response.body) }
  }

  exchange(
    callback: URLSearchParams,
    changes: Changes = {},
    headers: IncomingHttpHeaders = {},
  ): Promise<JSONResponse> {
    const form = {
      grant_type: 'authorization_code',
      code: `${callback.get('code')}`,
      redirect_uri: callbackURL,
      client_id: this.clientID,
      code_verifier: this.verifier,
      code_challenge: this.challenge,
      code_challenge_method: 'S256',
    }
    return this.post('/oauth2/token', { ...form, ...changes }, headers)
  }

  /** A whole sign-in, from the first click to the tokens. */
  async tokens(accountID?: string, changes?: Changes): Promise<JSONResponse> {
    return this.exchange(await this.signIn(accountID, changes))
  }

  refresh(refreshToken: string): Promise<JSONResponse> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: this.clientID }
    return this.post('/oauth2/token', form)
  }

  revoke(token: string, changes: Changes = {}): Promise<JSONResponse> {
    return this.post('/oauth2/revoke', { token, client_id: this.clientID, ...changes })
  }

  /** Begins a device sign-in (RFC 8628 §3.1). */
  beginDevice(changes: Changes = {}): Promise<JSONResponse> {
    const form = { client_id: this.clientID, scope: 'openid profile email offline_access', ...changes }
    return this.post('/oauth2/device/code', form)
  }

  /** Asks for the tokens of a device sign-in (RFC 8628 §3.4). */
  poll(deviceCode: string | undefined, changes: Changes = {}): Promise<JSONResponse> {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: deviceCode,
      client_id: this.clientID,
    }
    return this.post('/oauth2/token', { ...form, ...changes })
  }

  async userinfo(accessToken: string): Promise<JSONResponse> {
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await this.browser.get(`${this.emulator.issuer}/oauth2/userinfo`, { headers })
    return { ...response, json: JSON.parse(response.body) }
  }
}

/** Starts an emulator for the tests of a `describe`. Each of them has an application of its own, and an empty log. */
export function useEmulator(options?: EmulatorOptions) {
  let emulator: Emulator
  let application: RelyingParty
  before(async () => {
    emulator = await startEmulator(options)
  })
  after(() => emulator.close())
  beforeEach(() => {
    application = new RelyingParty(emulator)
    emulator.clearRequests()
  })
  return {
    get emulator() {
      return emulator
    },
    get application() {
      return application
    },
  }
}

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import express from 'express'
import {
  CookieStateStore,
  XaiDeviceStrategy,
  type XaiSignIn,
  XaiStrategy,
  type XaiStrategyOptions,
} from '../../lib/index.js'
import { act, FakeResponse } from './passport.js'
import { Server, soundAnswer } from './server.js'

/** A text that is secret to the tests, and looks so: an error must hide it wherever it comes from. */
export const randomSecret = (): string => `s3cret-${randomBytes(18).toString('base64url')}`

export const cookieSecret = 'a secret of the tests that is no secret'
export const clientID = 'client-1'
export const clientSecret = randomSecret()
export const sub = 'person-1'

export const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256', use: 'sig' }

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A compact JWS that the server's key has signed. */
export function signJWT(header: unknown, claims: unknown): string {
  const signed = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** The header of a sound id_token. */
export const header = { alg: 'ES256', kid: jwk.kid }

/** Parses a query or a form as Express does with `extended`. */
export const parseQuery = express().set('query parser', 'extended').get('query parser fn') as (
  query: string,
) => object

/** What a browser sends to the application. */
export interface BrowserRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: unknown
  readonly body?: unknown
}

/** What a browser has of the application. */
export interface Belongings {
  readonly session: Record<string, unknown>
  readonly cookie: string
}

/** A sign-in that has begun in a browser. */
export interface Begun extends Belongings {
  readonly state: string
  readonly nonce: string | undefined
}

/** A request as Express hands it over. */
export function buildRequest(
  { method = 'GET', url = '/callback', headers = {}, query, body }: BrowserRequest,
  { session = {}, cookie = '' }: Partial<Belongings> = {},
) {
  const search = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  return {
    method,
    url,
    originalUrl: url,
    headers: { host: '127.0.0.1:9', ...(cookie && { cookie }), ...headers },
    query: query === undefined ? parseQuery(search) : query,
    body,
    session,
    res: new FakeResponse(),
  }
}

/** The cookies that a response set, as the browser sends them. */
export const cookieOf = ({ cookies }: FakeResponse): string =>
  cookies.map((line) => line.split(';', 1)[0]).join('; ')

const verify = async ({ profile, tokens }: XaiSignIn) => ({ id: profile.id, profile, tokens })

const started: Subject[] = []

/** Ends all servers, also those of a property that failed: the process would not end otherwise. */
export async function closeSubjects(): Promise<void> {
  await Promise.all(started.splice(0).map(({ server }) => server.close()))
}

/** A server, and strategies that ask it. {@link closeSubjects} ends it. */
export class Subject {
  readonly strategy: XaiStrategy

  private constructor(
    readonly server: Server,
    private readonly options: Partial<XaiStrategyOptions>,
  ) {
    this.strategy = this.build()
    server.answers.set('/.well-known/jwks.json', soundAnswer({ keys: [jwk] }))
  }

  static async start(options: Partial<XaiStrategyOptions> = {}): Promise<Subject> {
    const subject = new Subject(await Server.start(), options)
    started.push(subject)
    return subject
  }

  get issuer(): string {
    return this.server.origin
  }

  /** Another strategy with the same options, which knows nothing yet. */
  build(): XaiStrategy {
    return new XaiStrategy(
      { ...this.common, callbackURL: 'http://127.0.0.1:9/callback', ...this.options },
      verify,
    )
  }

  /** A device strategy, which knows nothing yet. */
  buildDevice(store?: CookieStateStore): XaiDeviceStrategy {
    return new XaiDeviceStrategy({ ...this.common, ...(store && { store }) }, verify)
  }

  private get common() {
    return { issuer: this.issuer, clientID, clientSecret }
  }

  /** Begins a sign-in. */
  async begin(strategy: XaiStrategy = this.strategy, applicationState?: unknown): Promise<Begun> {
    const session = {}
    const request = buildRequest({ url: '/sign-in' }, { session })
    const { kind, value } = await act(strategy, request, { state: applicationState })
    if (kind !== 'redirect') throw value
    const { searchParams } = new URL(String(value))
    const [state, nonce] = [searchParams.get('state') ?? '', searchParams.get('nonce') ?? undefined]
    return { session, cookie: cookieOf(request.res), state, nonce }
  }

  /** A callback that is as it should be. */
  callback({ state, ...belongings }: Begun, code: string) {
    return buildRequest({ url: `/callback?${new URLSearchParams({ code, state })}` }, belongings)
  }

  /** Sound claims, for a sign-in if there is one. */
  claimsFor({ nonce }: Partial<Begun> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000)
    return { iss: this.issuer, aud: clientID, sub, iat: now, exp: now + 300, nonce, name: 'Ada' }
  }

  /** A sound token response, for a sign-in if there is one. */
  tokensFor(begun?: Begun) {
    return {
      access_token: randomSecret(),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: randomSecret(),
      scope: 'openid profile email',
      id_token: signJWT(header, this.claimsFor(begun)),
    }
  }
}

/** A subject with each of our stores. */
export const subjects: ReadonlyArray<readonly [store: string, start: () => Promise<Subject>]> = [
  ['the session store', () => Subject.start()],
  ['the cookie store', () => Subject.start({ store: new CookieStateStore({ secret: cookieSecret }) })],
]

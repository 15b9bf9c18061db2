import { type Agent, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Request } from 'express'
import type { AuthenticateOptions } from 'passport'
import { checkAuthorizationParams, parseScope } from './oauth/authorization-url.js'
import type { ClientAuthenticationMethod } from './oauth/client-authentication.js'
import { checkSecureURL, type Endpoints, endpointsOf, xaiIssuer } from './oauth/endpoint.js'
import { SessionStateStore } from './state/session-state-store.js'
import { checkStateStore, type StateStore } from './state/state-store.js'

/** What one `passport.authenticate('xai', …)` may ask for. */
export interface XaiAuthenticateOptions extends Omit<AuthenticateOptions, 'state'> {
  /** Instead of the strategy's scopes. */
  scope?: string | string[]
  /** Application data, a string or a JSON value; comes back as `info.state`. The protocol's own state is always random. */
  state?: unknown
  /** Instead of the strategy's callback URL; the callback's `authenticate` must be given the same. */
  callbackURL?: string
  /** OpenID Connect `prompt`; nobody has shown that xAI honours it. */
  prompt?: string
  /** OpenID Connect `login_hint`; nobody has shown that xAI honours it. */
  loginHint?: string
}

/** Parameters of the application's own for the authorization request. */
export type XaiAuthorizationParams =
  | Readonly<Record<string, string | number | boolean | undefined>>
  | ((
      req: Request,
      options: XaiAuthenticateOptions,
    ) => Readonly<Record<string, string | number | boolean | undefined>>)

/** Options of a strategy, whatever its `verify` takes. */
export interface XaiStrategyOptionsBase {
  /** The client id that xAI issued. */
  clientID: string
  /** Absolute, to the letter as registered at xAI; https, or http on a loopback host. Another may be given per request. */
  callbackURL: string
  /** Leave it out for a public client. */
  clientSecret?: string | undefined
  /** Default: `client_secret_basic` with a secret, else `none`. */
  clientAuthentication?: ClientAuthenticationMethod
  /** Default: `openid profile email`. Add `offline_access` for a refresh token. */
  scope?: string | string[]
  /** Default: `https://auth.x.ai`; the endpoints follow from it. */
  issuer?: string
  /** Used verbatim. */
  authorizationURL?: string
  /** Used verbatim. */
  tokenURL?: string
  /** Used verbatim. */
  userInfoURL?: string
  /** Used verbatim. */
  revocationURL?: string
  /** Used verbatim. */
  jwksURL?: string
  /** Milliseconds for a whole request; 20000 by default and at least, because a code is single use. */
  timeout?: number
  /** Default: Node's own kind, with connections that are kept open. */
  agent?: Agent | HttpsAgent
  /** Whether the token request repeats `code_challenge`, which xAI can demand; default `true`. */
  echoCodeChallenge?: boolean
  /** May not name a parameter that the protocol sets. */
  authorizationParams?: XaiAuthorizationParams
  /** Default `auto`: only when the verified id_token carries no name, e-mail or picture. */
  userInfo?: 'auto' | 'always' | 'never'
  /** Whether a person may sign in for a Team, of whom xAI says nothing but an id; default `false`. */
  allowTeamPrincipal?: boolean
  /** Where pending sign-ins are kept; default `new SessionStateStore()`. */
  store?: StateStore | object
  /** The name in the session under which the default store keeps sign-ins. */
  sessionKey?: string
  /** Sent with every request to xAI. */
  customHeaders?: OutgoingHttpHeaders
  /** `true`, or a function that says so, leaves `profile` undefined. */
  skipUserProfile?:
    | boolean
    | (() => boolean)
    | ((accessToken: string, done: (error: unknown, skip?: boolean) => void) => void)
  /**
   * Whether a sign-in that begins has ready what its callback needs: the keys, and with the strategy's own agent an
   * open connection; default `true`.
   */
  prepare?: boolean
  /** Always on; accepted for those who come from passport-oauth2. */
  state?: true
  /** Always S256; accepted for those who come from passport-oauth2. */
  pkce?: true | 'S256'
}

/** Options of a strategy whose `verify` does not get the request. */
export interface XaiStrategyOptions extends XaiStrategyOptionsBase {
  passReqToCallback?: false | undefined
}

/** Options of a strategy whose `verify` gets the request first. */
export interface XaiStrategyOptionsWithRequest extends XaiStrategyOptionsBase {
  passReqToCallback: true
}

/** Options with every default filled in and every rule checked; a copy. */
export interface StrategySettings extends Endpoints {
  issuer: string
  clientID: string
  clientSecret: string | undefined
  clientAuthentication: ClientAuthenticationMethod
  callbackURL: string
  scope: string
  /** Milliseconds. */
  timeout: number
  agent: Agent | undefined
  echoCodeChallenge: boolean
  authorizationParams: XaiAuthorizationParams
  userInfo: 'auto' | 'always' | 'never'
  allowTeamPrincipal: boolean
  store: StateStore
  customHeaders: OutgoingHttpHeaders
  passReqToCallback: boolean
  skipUserProfile: NonNullable<XaiStrategyOptionsBase['skipUserProfile']>
  prepare: boolean
}

const minTimeout = 20_000
/** What a timer of Node's can hold. */
const maxTimeout = 2 ** 31 - 1

const fail = (what: string): never => {
  throw new TypeError(`XaiStrategy: ${what}`)
}

/** Checks options and fills in defaults; the options are not changed. @throws {TypeError} that says what to write */
export function parseStrategyOptions(options: unknown): StrategySettings {
  if (typeof options !== 'object' || options === null)
    fail('options are missing; write new XaiStrategy({ clientID, callbackURL }, verify)')
  const given = options as Partial<Record<keyof XaiStrategyOptionsWithRequest, unknown>>
  checkFixed(given)
  const clientID = requiredText(given, 'clientID', 'the client id that xAI issued to you')
  const issuer = given.issuer === undefined ? xaiIssuer : (given.issuer as string)
  checkSecureURL('issuer', issuer)
  checkSecureURL('callbackURL', given.callbackURL)
  if (given.agent !== undefined && typeof Object(given.agent).addRequest !== 'function') {
    fail('agent must be an http.Agent or https.Agent; leave it out for Node’s own')
  }
  if (given.store !== undefined) checkStateStore(given.store)
  if (given.authorizationParams !== undefined && typeof given.authorizationParams !== 'function') {
    checkAuthorizationParams(given.authorizationParams)
  }
  const sessionKey = given.sessionKey === undefined ? undefined : requiredText(given, 'sessionKey', 'a name')
  return {
    ...parseEndpoints(given, issuer),
    issuer,
    clientID,
    ...parseClientAuthentication(given),
    callbackURL: given.callbackURL,
    scope: given.scope === undefined ? 'openid profile email' : parseScope(given.scope),
    timeout: parseTimeout(given.timeout),
    agent: given.agent as Agent | undefined,
    echoCodeChallenge: flag(given, 'echoCodeChallenge', true),
    authorizationParams: (given.authorizationParams ?? {}) as XaiAuthorizationParams,
    userInfo: oneOf(given, 'userInfo', ['auto', 'always', 'never']) ?? 'auto',
    allowTeamPrincipal: flag(given, 'allowTeamPrincipal', false),
    store: given.store ?? new SessionStateStore({ key: sessionKey }),
    customHeaders: parseHeaders(given.customHeaders),
    passReqToCallback: flag(given, 'passReqToCallback', false),
    skipUserProfile: parseSkip(given.skipUserProfile),
    prepare: flag(given, 'prepare', true),
  }
}

type Given = Partial<Record<keyof XaiStrategyOptionsWithRequest, unknown>>

/** State and PKCE protect every sign-in and cannot be switched off. */
function checkFixed({ state, pkce }: Given): void {
  if (state !== undefined && state !== true) fail('state is always on; leave the option out')
  if (pkce !== undefined && pkce !== true && pkce !== 'S256')
    fail('pkce is always S256; leave the option out')
}

function requiredText(given: Given, name: keyof Given, meaning: string): string {
  const value = given[name]
  if (typeof value !== 'string' || value === '')
    fail(`${name} is missing or no string; write ${name}: ${meaning}`)
  return value as string
}

function parseEndpoints(given: Given, issuer: string): Endpoints {
  const endpoints = endpointsOf(issuer)
  for (const name of Object.keys(endpoints) as Array<keyof Endpoints>) {
    const value = given[name]
    if (value === undefined) continue
    checkSecureURL(name, value)
    endpoints[name] = value
  }
  return endpoints
}

function parseClientAuthentication(
  given: Given,
): Pick<StrategySettings, 'clientSecret' | 'clientAuthentication'> {
  const { clientSecret } = given
  if (clientSecret !== undefined && typeof clientSecret !== 'string') {
    fail('clientSecret must be a string; leave it out for a public client')
  }
  const secret = (clientSecret as string | undefined) || undefined
  const method =
    oneOf(given, 'clientAuthentication', ['client_secret_basic', 'client_secret_post', 'none']) ??
    (secret ? 'client_secret_basic' : 'none')
  if (method === 'none' && secret) {
    fail("clientAuthentication 'none' would not use the clientSecret; leave out one of the two")
  }
  if (method !== 'none' && !secret)
    fail(`clientAuthentication '${method}' needs a clientSecret; write clientSecret: …`)
  return { clientSecret: secret, clientAuthentication: method }
}

function parseTimeout(timeout: unknown): number {
  if (timeout === undefined) return minTimeout
  if (typeof timeout !== 'number' || !(timeout >= 0 && timeout <= maxTimeout)) {
    fail(`timeout must be a number of milliseconds up to ${maxTimeout}; write timeout: ${minTimeout}`)
  }
  return Math.max(timeout as number, minTimeout)
}

function flag(given: Given, name: keyof Given, fallback: boolean): boolean {
  const value = given[name] ?? fallback
  if (typeof value !== 'boolean') fail(`${name} must be true or false`)
  return value as boolean
}

function oneOf<Word extends string>(
  given: Given,
  name: keyof Given,
  words: readonly Word[],
): Word | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  if (!words.includes(value as Word)) fail(`${name} must be one of '${words.join("', '")}'`)
  return value as Word
}

function parseSkip(skip: unknown): StrategySettings['skipUserProfile'] {
  if (skip === undefined) return false
  if (typeof skip !== 'boolean' && typeof skip !== 'function')
    fail('skipUserProfile must be true, false or a function')
  return skip as StrategySettings['skipUserProfile']
}

function parseHeaders(headers: unknown): OutgoingHttpHeaders {
  if (headers === undefined) return {}
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    fail(
      "customHeaders must be an object of header names and values; write customHeaders: { 'X-Name': 'value' }",
    )
  }
  const given = Object.entries(headers as object).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    if (!isHeader(name, value)) fail(`customHeaders.${name} is no header that HTTP can send; write a string`)
  }
  return Object.fromEntries(given)
}

function isHeader(name: string, value: unknown): boolean {
  const values = [value].flat()
  try {
    validateHeaderName(name)
    for (const item of values) validateHeaderValue(name, item as string)
    return values.every((item) => typeof item === 'string' || typeof item === 'number')
  } catch {
    return false
  }
}

import { type Agent, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { checkOptionNames, optionError } from './check.js'
import { checkAuthorizationParams, parseScope } from './oauth/authorization-url.js'
import type { ClientAuthenticationMethod } from './oauth/client-authentication.js'
import { checkSecureURL, type Endpoints, endpointsOf, xaiIssuer } from './oauth/endpoint.js'
import type { SkipUserProfile } from './sign-in/completion.js'
import type { SignInSettings, XaiAuthorizationParams } from './sign-in/context.js'
import { SessionStateStore } from './state/session-state-store.js'
import { checkStateStore, type StateStore } from './state/state-store.js'

/** Options of a strategy, whatever its `verify` takes. */
export interface XaiStrategyOptionsBase {
  /** The client id that xAI issued. Required. */
  clientID: string
  /**
   * Where xAI sends the person back to. Required; absolute, to the letter as registered at xAI; https, or http on a
   * loopback host. `passport.authenticate` may name another one for a request.
   */
  callbackURL: string
  /** Makes the client a confidential one. Without it, no `client_secret` is ever sent. */
  clientSecret?: string | undefined
  /** How the secret is sent. Default: `client_secret_basic` with a secret, else `none`. */
  clientAuthentication?: ClientAuthenticationMethod
  /** What is asked for, as a list or separated by spaces. Default: `openid profile email`. Add `offline_access` for a refresh token. */
  scope?: string | string[]
  /** The server that signs people in; every endpoint follows from it. Default: `https://auth.x.ai`. No slash at its end. */
  issuer?: string
  /** Replaces `<issuer>/oauth2/authorize`; its query is kept. */
  authorizationURL?: string
  /** Replaces `<issuer>/oauth2/token`; its query is kept. */
  tokenURL?: string
  /** Replaces `<issuer>/oauth2/userinfo`; its query is kept. */
  userInfoURL?: string
  /** Replaces `<issuer>/oauth2/revoke`; its query is kept. */
  revocationURL?: string
  /** Replaces `<issuer>/.well-known/jwks.json`; its query is kept. */
  jwksURL?: string
  /** Milliseconds for a whole request: connecting, headers and body. Default and minimum: 20000, because a code is single use. */
  timeout?: number
  /** Sends the requests, through a proxy or with a CA of your own, say. Default: Node's own kind, with connections that are kept open. */
  agent?: Agent | HttpsAgent
  /** Whether the token request repeats `code_challenge`, which xAI can demand. Default: `true`. */
  echoCodeChallenge?: boolean
  /** Further parameters of the authorization request. None that the protocol sets. Default: none. */
  authorizationParams?: XaiAuthorizationParams
  /** When userinfo is asked. Default: `auto`, only when the verified id_token has no name, e-mail or picture. */
  userInfo?: 'auto' | 'always' | 'never'
  /** Whether a person may sign in for a Team, of which xAI tells only an id. Default: `false`. */
  allowTeamPrincipal?: boolean
  /** Where pending sign-ins are kept. Default: `new SessionStateStore()`. */
  store?: StateStore | object
  /** The name in the session under which the default store keeps sign-ins. Default: `oauth2:auth.x.ai`. */
  sessionKey?: string
  /** Headers that are sent with every request to xAI. Default: none. */
  customHeaders?: OutgoingHttpHeaders
  /** Whether `profile` stays `undefined`, or a function that says so. Default: `false`. */
  skipUserProfile?: SkipUserProfile
  /** Whether the keys are fetched while the person is at xAI, so that the callback need not wait for them. Default: `true`. */
  prepare?: boolean
  /** Always on; accepted for those who come from passport-oauth2. */
  state?: true
  /** Always S256; accepted for those who come from passport-oauth2. */
  pkce?: true | 'S256'
}

/** Options of a strategy whose `verify` does not get the request first. */
export interface XaiStrategyOptions extends XaiStrategyOptionsBase {
  /** Whether passport-oauth2's form of `verify` gets the request first. Default: `false`. The one-parameter form always gets it. */
  passReqToCallback?: false | undefined
}

/** Options of a strategy whose `verify` gets the request first. */
export interface XaiStrategyOptionsWithRequest extends XaiStrategyOptionsBase {
  /** passport-oauth2's form of `verify` gets the request first. */
  passReqToCallback: true
}

/** Options with every default filled in and every rule checked; a copy. */
export interface StrategySettings extends SignInSettings {
  clientSecret: string | undefined
  clientAuthentication: ClientAuthenticationMethod
  /** Milliseconds. */
  timeout: number
  agent: Agent | undefined
  echoCodeChallenge: boolean
  userInfo: 'auto' | 'always' | 'never'
  allowTeamPrincipal: boolean
  customHeaders: OutgoingHttpHeaders
  passReqToCallback: boolean
}

const where = 'XaiStrategy'
const minTimeout = 20_000
/** Milliseconds: what a timer of Node's can hold. */
const maxTimeout = 2 ** 31 - 1

const optionNames: ReadonlyArray<keyof XaiStrategyOptionsWithRequest> = [
  'clientID',
  'callbackURL',
  'clientSecret',
  'clientAuthentication',
  'scope',
  'issuer',
  'authorizationURL',
  'tokenURL',
  'userInfoURL',
  'revocationURL',
  'jwksURL',
  'timeout',
  'agent',
  'echoCodeChallenge',
  'authorizationParams',
  'userInfo',
  'allowTeamPrincipal',
  'store',
  'sessionKey',
  'customHeaders',
  'skipUserProfile',
  'prepare',
  'state',
  'pkce',
  'passReqToCallback',
]

/** What passport-oauth2 and its relatives know, and what to write here. */
const hints: Readonly<Record<string, string>> = {
  proxy: 'callbackURL is absolute here, so leave it out',
  trustProxy: 'callbackURL is absolute here, so leave it out',
  scopeSeparator: 'scopes are separated by spaces, so leave it out',
  nonce: 'a nonce is sent with every sign-in, so leave it out',
}

/** Checks options and fills in defaults; the options are not changed. @throws {TypeError} that says what to write */
export function parseStrategyOptions(options: unknown): StrategySettings {
  if (options === undefined || options === null)
    throw optionError(where, 'options are missing; write new XaiStrategy({ clientID, callbackURL }, verify)')
  checkOptionNames(where, options, optionNames, hints)
  const given = options as Given
  checkFixed(given)
  checkSecureURL('callbackURL', given.callbackURL)
  if (given.authorizationParams !== undefined && typeof given.authorizationParams !== 'function') {
    checkAuthorizationParams(given.authorizationParams)
  }
  const issuer = parseIssuer(given)
  return {
    ...parseEndpoints(given, issuer),
    issuer,
    clientID: parseClientID(given),
    ...parseClientAuthentication(given),
    callbackURL: given.callbackURL,
    scope: given.scope === undefined ? 'openid profile email' : parseScope(given.scope),
    timeout: parseTimeout(given.timeout),
    agent: parseAgent(given),
    echoCodeChallenge: flag(given, 'echoCodeChallenge', true),
    authorizationParams: (given.authorizationParams ?? {}) as XaiAuthorizationParams,
    userInfo: oneOf(given, 'userInfo', ['auto', 'always', 'never']) ?? 'auto',
    allowTeamPrincipal: flag(given, 'allowTeamPrincipal', false),
    store: parseStore(given),
    customHeaders: parseHeaders(given.customHeaders),
    passReqToCallback: flag(given, 'passReqToCallback', false),
    skipUserProfile: parseSkip(given.skipUserProfile),
    prepare: flag(given, 'prepare', true),
  }
}

type Given = Partial<Record<keyof XaiStrategyOptionsWithRequest, unknown>>

const fail = (what: string): never => {
  throw optionError(where, what)
}

/** State and PKCE protect every sign-in and cannot be switched off. */
function checkFixed({ state, pkce }: Given): void {
  if (state !== undefined && state !== true) fail('state is always on; leave the option out')
  if (pkce !== undefined && pkce !== true && pkce !== 'S256')
    fail('pkce is always S256; leave the option out')
}

function requiredText(given: Given, name: keyof Given, meaning: string): string {
  const value = given[name]
  if (typeof value !== 'string' || value === '')
    fail(`${name} is missing or not a string; write ${name}: ${meaning}`)
  return value as string
}

function parseClientID(given: Given): string {
  const clientID = requiredText(given, 'clientID', 'the client id that xAI issued to you')
  const trimmed = clientID.trim()
  if (trimmed !== clientID) fail(`clientID "${clientID}" has blanks around it; write "${trimmed}"`)
  return clientID
}

/** The issuer is compared to the letter with `iss` (RFC 9207 §2.4, OpenID Connect Core §3.1.3.7). */
function parseIssuer(given: Given): string {
  const { issuer = xaiIssuer } = given
  checkSecureURL('issuer', issuer)
  if (issuer.endsWith('/'))
    fail(`issuer "${issuer}" ends with a slash; write "${issuer.replace(/\/+$/, '')}"`)
  return issuer
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

function parseAgent({ agent }: Given): Agent | undefined {
  if (agent !== undefined && typeof Object(agent).addRequest !== 'function') {
    fail('agent must be an http.Agent or https.Agent; leave it out for Node’s own')
  }
  return agent as Agent | undefined
}

function parseStore(given: Given): StateStore {
  const { store } = given
  const key = given.sessionKey === undefined ? undefined : requiredText(given, 'sessionKey', 'a name')
  if (store === undefined) return new SessionStateStore({ key })
  checkStateStore(store)
  return store
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

function parseSkip(skip: unknown): SkipUserProfile {
  if (skip === undefined) return false
  if (typeof skip !== 'boolean' && typeof skip !== 'function')
    fail('skipUserProfile must be true, false or a function')
  return skip as SkipUserProfile
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
    if (!isHeader(name, value))
      fail(`customHeaders.${name} is not a header that HTTP can send; write a string`)
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

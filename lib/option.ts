import { type Agent, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { checkOptionNames, optionError } from './check.js'
import { checkAuthorizationParams, parseScope } from './oauth/authorization-url.js'
import {
  checkIssuer,
  checkSecureURL,
  deviceAuthorizationURLOf,
  type Endpoints,
  endpointsOf,
  xaiIssuer,
} from './oauth/endpoint.js'
import type { ClientAuthenticationMethod } from './oauth/token-request.js'
import type { SkipUserProfile } from './sign-in/completion.js'
import type { SignInSettings, XaiAuthorizationParams } from './sign-in/context.js'
import type { DeviceSettings } from './sign-in/device.js'
import type { XaiDevicePage } from './sign-in/device-response.js'
import { checkDeviceStore } from './state/pending-device.js'
import { SessionStateStore } from './state/session-state-store.js'
import { checkStateStore, type StateStore } from './state/state-store.js'

/** Options that both strategies have. */
export interface XaiClientOptions {
  /** The client id that xAI issued. Required. */
  clientID: string
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
}

/** Options of XaiStrategy, whatever its `verify` takes. */
export interface XaiStrategyOptionsBase extends XaiClientOptions {
  /**
   * Where xAI sends the person back to. Required; absolute, to the letter as registered at xAI; https, or http on a
   * loopback host. `passport.authenticate` may name another one for a request.
   */
  callbackURL: string
  /** Whether the token request repeats `code_challenge`, which xAI can demand. Default: `true`. */
  echoCodeChallenge?: boolean
  /** Further parameters of the authorization request. None that the protocol sets. Default: none. */
  authorizationParams?: XaiAuthorizationParams
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

/** Options of XaiDeviceStrategy. */
export interface XaiDeviceStrategyOptions extends XaiClientOptions {
  /** Replaces `<issuer>/oauth2/device/code`; its query is kept. */
  deviceAuthorizationURL?: string
  /** The name of the application and where its pages begin, or a function that builds the page. Default: a page without a name. */
  page?: XaiDevicePage
  /** Whether passport-oauth2's form of `verify` gets the request first. Default: `false`. The one-parameter form always gets it. */
  passReqToCallback?: boolean
}

/** What both strategies know after their options were checked; a copy. */
interface ClientSettings extends Endpoints {
  issuer: string
  clientID: string
  clientSecret: string | undefined
  clientAuthentication: ClientAuthenticationMethod
  scope: string
  /** Milliseconds. */
  timeout: number
  agent: Agent | undefined
  userInfo: 'auto' | 'always' | 'never'
  allowTeamPrincipal: boolean
  store: StateStore
  customHeaders: OutgoingHttpHeaders
  passReqToCallback: boolean
  skipUserProfile: SkipUserProfile
}

/** Options of XaiStrategy with every default filled in and every rule checked; a copy. */
export interface StrategySettings extends ClientSettings, SignInSettings {
  echoCodeChallenge: boolean
}

/** The same of XaiDeviceStrategy. */
export interface DeviceStrategySettings extends Omit<ClientSettings, 'store'>, DeviceSettings {
  echoCodeChallenge: false
}

const minTimeout = 20_000
/** Milliseconds: what a timer of Node's can hold. */
const maxTimeout = 2 ** 31 - 1

const clientOptionNames: ReadonlyArray<keyof XaiClientOptions | 'passReqToCallback'> = [
  'clientID',
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
  'userInfo',
  'allowTeamPrincipal',
  'store',
  'sessionKey',
  'customHeaders',
  'skipUserProfile',
  'passReqToCallback',
]

/** What passport-oauth2 and its relatives know, and what to write here. */
const hints: Readonly<Record<string, string>> = {
  proxy: 'callbackURL is absolute here, so leave it out',
  trustProxy: 'callbackURL is absolute here, so leave it out',
  scopeSeparator: 'scopes are separated by spaces, so leave it out',
  nonce: 'a nonce is sent with every sign-in, so leave it out',
}

const deviceHints: Readonly<Record<string, string>> = {
  ...hints,
  callbackURL: 'a device sign-in has no callback, so leave it out',
  echoCodeChallenge: 'a device sign-in has no code challenge, so leave it out',
  authorizationParams: 'a device sign-in has no authorization request, so leave it out',
  state: 'a device sign-in has no protocol state, so leave it out',
  pkce: 'a device sign-in has no code challenge, so leave it out',
}

/** Checks options and fills in defaults; the options are not changed. @throws {TypeError} that says what to write */
export function parseStrategyOptions(options: unknown): StrategySettings {
  const where = 'XaiStrategy'
  if (options === undefined || options === null)
    throw optionError(where, 'options are missing; write new XaiStrategy({ clientID, callbackURL }, verify)')
  const names = [
    'callbackURL',
    ...clientOptionNames,
    'echoCodeChallenge',
    'authorizationParams',
    'state',
    'pkce',
  ]
  checkOptionNames(where, options, names, hints)
  const given = new GivenOptions(where, options)
  const { callbackURL, authorizationParams, state, pkce } = options
  // State and PKCE protect every sign-in and cannot be switched off.
  if (state !== undefined && state !== true) given.fail('state is always on; leave the option out')
  if (pkce !== undefined && pkce !== true && pkce !== 'S256')
    given.fail('pkce is always S256; leave the option out')
  checkSecureURL(where, 'callbackURL', callbackURL)
  if (authorizationParams !== undefined && typeof authorizationParams !== 'function') {
    checkAuthorizationParams(where, authorizationParams)
  }
  const store = given.store()
  checkStateStore(store)
  return {
    ...parseClientOptions(given),
    callbackURL,
    echoCodeChallenge: given.flag('echoCodeChallenge', true),
    authorizationParams: (authorizationParams ?? {}) as XaiAuthorizationParams,
    store,
  }
}

/** The same for XaiDeviceStrategy. @throws {TypeError} that says what to write */
export function parseDeviceOptions(options: unknown): DeviceStrategySettings {
  const where = 'XaiDeviceStrategy'
  if (options === undefined || options === null)
    throw optionError(where, 'options are missing; write new XaiDeviceStrategy({ clientID }, verify)')
  checkOptionNames(where, options, [...clientOptionNames, 'deviceAuthorizationURL', 'page'], deviceHints)
  const given = new GivenOptions(where, options)
  const client = parseClientOptions(given)
  const { deviceAuthorizationURL = deviceAuthorizationURLOf(client.issuer) } = options
  checkSecureURL(where, 'deviceAuthorizationURL', deviceAuthorizationURL)
  const store = given.store()
  checkDeviceStore(where, store)
  return { ...client, deviceAuthorizationURL, page: parsePage(given), store, echoCodeChallenge: false }
}

function parseClientOptions(given: GivenOptions): Omit<ClientSettings, 'store'> {
  const { where, options } = given
  const { issuer = xaiIssuer } = options
  checkIssuer(where, issuer)
  return {
    ...parseEndpoints(given, issuer),
    issuer,
    clientID: parseClientID(given),
    ...parseClientAuthentication(given),
    scope: options.scope === undefined ? 'openid profile email' : parseScope(where, options.scope),
    timeout: parseTimeout(given),
    agent: parseAgent(given),
    userInfo: given.oneOf('userInfo', ['auto', 'always', 'never']) ?? 'auto',
    allowTeamPrincipal: given.flag('allowTeamPrincipal', false),
    customHeaders: parseHeaders(given),
    passReqToCallback: given.flag('passReqToCallback', false),
    skipUserProfile: parseSkip(given),
  }
}

/** The options of a constructor, and how a wrong one is named. */
class GivenOptions {
  constructor(
    readonly where: string,
    readonly options: Readonly<Record<string, unknown>>,
  ) {}

  fail(what: string): never {
    throw optionError(this.where, what)
  }

  text(name: string, meaning: string): string {
    const value = this.options[name]
    if (typeof value === 'string' && value !== '') return value
    return this.fail(`${name} is missing or not a string; write ${name}: ${meaning}`)
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.options[name] ?? fallback
    return typeof value === 'boolean' ? value : this.fail(`${name} must be true or false`)
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.options[name]
    if (value === undefined || words.includes(value as Word)) return value as Word | undefined
    return this.fail(`${name} must be one of '${words.join("', '")}'`)
  }

  store(): unknown {
    const { store, sessionKey } = this.options
    const key = sessionKey === undefined ? undefined : this.text('sessionKey', 'a name')
    return store === undefined ? new SessionStateStore({ key }) : store
  }
}

function parseClientID(given: GivenOptions): string {
  const clientID = given.text('clientID', 'the client id that xAI issued to you')
  const trimmed = clientID.trim()
  if (trimmed !== clientID) given.fail(`clientID "${clientID}" has blanks around it; write "${trimmed}"`)
  return clientID
}

function parseEndpoints({ where, options }: GivenOptions, issuer: string): Endpoints {
  const endpoints = endpointsOf(issuer)
  for (const name of Object.keys(endpoints) as Array<keyof Endpoints>) {
    const value = options[name]
    if (value === undefined) continue
    checkSecureURL(where, name, value)
    endpoints[name] = value
  }
  return endpoints
}

function parseClientAuthentication(
  given: GivenOptions,
): Pick<ClientSettings, 'clientSecret' | 'clientAuthentication'> {
  const { clientSecret } = given.options
  if (clientSecret !== undefined && typeof clientSecret !== 'string') {
    given.fail('clientSecret must be a string; leave it out for a public client')
  }
  const secret = (clientSecret as string | undefined) || undefined
  const method =
    given.oneOf('clientAuthentication', ['client_secret_basic', 'client_secret_post', 'none']) ??
    (secret ? 'client_secret_basic' : 'none')
  if (method === 'none' && secret) {
    given.fail("clientAuthentication 'none' would not use the clientSecret; leave out one of the two")
  }
  if (method !== 'none' && !secret)
    given.fail(`clientAuthentication '${method}' needs a clientSecret; write clientSecret: …`)
  return { clientSecret: secret, clientAuthentication: method }
}

function parseTimeout(given: GivenOptions): number {
  const { timeout = minTimeout } = given.options
  if (typeof timeout === 'number' && timeout >= 0 && timeout <= maxTimeout)
    return Math.max(timeout, minTimeout)
  return given.fail(
    `timeout must be a number of milliseconds up to ${maxTimeout}; write timeout: ${minTimeout}`,
  )
}

function parseAgent(given: GivenOptions): Agent | undefined {
  const { agent } = given.options
  if (agent !== undefined && typeof Object(agent).addRequest !== 'function') {
    given.fail('agent must be an http.Agent or https.Agent; leave it out for Node’s own')
  }
  return agent as Agent | undefined
}

function parseSkip(given: GivenOptions): SkipUserProfile {
  const { skipUserProfile: skip = false } = given.options
  if (typeof skip !== 'boolean' && typeof skip !== 'function')
    given.fail('skipUserProfile must be true, false or a function')
  return skip as SkipUserProfile
}

function parsePage(given: GivenOptions): XaiDevicePage {
  const { page = {} } = given.options
  if (typeof page === 'function') return page as XaiDevicePage
  checkOptionNames(`${given.where}: page`, page, ['title', 'homeURL'])
  const { title, homeURL } = page
  if (title !== undefined && (typeof title !== 'string' || title === ''))
    given.fail('page.title must be the name of the application')
  if (
    homeURL !== undefined &&
    !(typeof homeURL === 'string' && /^(\/(?![/\\])|https?:\/\/[^/])/.test(homeURL))
  )
    given.fail("page.homeURL must be a path such as '/', or an http or https URL")
  return { title, homeURL } as XaiDevicePage
}

function parseHeaders(given: GivenOptions): OutgoingHttpHeaders {
  const { customHeaders: headers = {} } = given.options
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    given.fail(
      "customHeaders must be an object of header names and values; write customHeaders: { 'X-Name': 'value' }",
    )
  }
  const entries = Object.entries(headers as object).filter(([, value]) => value !== undefined)
  for (const [name, value] of entries) {
    if (!isHeader(name, value))
      given.fail(`customHeaders.${name} is not a header that HTTP can send; write a string`)
  }
  return Object.fromEntries(entries)
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

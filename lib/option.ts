import { type Agent, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { checkOptionNames, isPlain, optionError } from './check.js'
import { checkAuthorizationParams, parseScope } from './oauth/authorization-url.js'
import {
  checkHomeURL,
  checkIssuer,
  checkSecureURL,
  deviceAuthorizationURLOf,
  type Endpoints,
  endpointsOf,
  xaiIssuer,
} from './oauth/endpoint.js'
import type { ClientAuthenticationMethod } from './oauth/token-request.js'
import type { SkipUserProfile } from './sign-in/completion.js'
import type { XaiAuthorizationParams } from './sign-in/context.js'
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

/** Types what was given for one option. @throws {TypeError} that says what to write */
type Parser<Value> = (given: unknown, name: string, where: string) => Value

type Parsed<Parsers> = {
  [Name in keyof Parsers]: Parsers[Name] extends Parser<infer Value> ? Value : never
}

function fail(where: string, what: string): never {
  throw optionError(where, what)
}

const defaultTo =
  <Value>(fallback: unknown, parse: Parser<Value>): Parser<Value> =>
  (given = fallback, name, where) =>
    parse(given, name, where)

const optional =
  <Value>(parse: Parser<Value>): Parser<Value | undefined> =>
  (given, name, where) =>
    given === undefined ? undefined : parse(given, name, where)

const text =
  (meaning: string): Parser<string> =>
  (given, name, where) =>
    typeof given === 'string' && given.trim() !== ''
      ? given
      : fail(where, `${name} is missing or not a string; write ${name}: ${meaning}`)

const oneOf =
  <Word extends string>(...words: Word[]): Parser<Word> =>
  (given, name, where) =>
    words.includes(given as Word)
      ? (given as Word)
      : fail(where, `${name} must be one of '${words.join("', '")}'`)

const flag: Parser<boolean> = (given, name, where) =>
  typeof given === 'boolean' ? given : fail(where, `${name} must be true or false`)

const secureURL: Parser<string> = (given, name, where) => {
  checkSecureURL(where, name, given)
  return given
}

const issuer: Parser<string> = (given, _name, where) => {
  checkIssuer(where, given)
  return given
}

const clientID: Parser<string> = (given, name, where) => {
  const id = text('the client id that xAI issued to you')(given, name, where)
  return id === id.trim() ? id : fail(where, `clientID "${id}" has blanks around it; write "${id.trim()}"`)
}

/** An empty secret is none. */
const clientSecret: Parser<string | undefined> = (given, _name, where) =>
  typeof given === 'string'
    ? given || undefined
    : fail(where, 'clientSecret must be a string; leave it out for a public client')

const minTimeout = 20_000
/** Milliseconds: what a timer of Node's can hold. */
const maxTimeout = 2 ** 31 - 1

const timeout: Parser<number> = (given, _name, where) =>
  typeof given === 'number' && given >= 0 && given <= maxTimeout
    ? Math.max(given, minTimeout)
    : fail(
        where,
        `timeout must be a number of milliseconds up to ${maxTimeout}; write timeout: ${minTimeout}`,
      )

const agent: Parser<Agent> = (given, _name, where) =>
  typeof Object(given).addRequest === 'function'
    ? (given as Agent)
    : fail(where, 'agent must be an http.Agent or https.Agent; leave it out for Node’s own')

const skipUserProfile: Parser<SkipUserProfile> = (given, _name, where) =>
  typeof given === 'boolean' || typeof given === 'function'
    ? (given as SkipUserProfile)
    : fail(where, 'skipUserProfile must be true, false or a function')

const customHeaders: Parser<OutgoingHttpHeaders> = (given, _name, where) => {
  if (!isPlain(given))
    fail(
      where,
      "customHeaders must be a plain object of header names and values; write customHeaders: { 'X-Name': 'value' }",
    )
  const headers = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [name, value] of headers)
    if (!isHeader(name, value))
      fail(where, `customHeaders.${name} is not a header that HTTP can send; write a string`)
  // These follow from each request: a server would wait for the body of a GET, say.
  const own = headers.filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name))
  return Object.fromEntries(own) as OutgoingHttpHeaders
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

const authorizationParams: Parser<XaiAuthorizationParams> = (given) => {
  if (typeof given === 'function') return given as XaiAuthorizationParams
  checkAuthorizationParams(given)
  return { ...given } as XaiAuthorizationParams
}

const page: Parser<XaiDevicePage> = (given, _name, where) => {
  if (typeof given === 'function') return given as XaiDevicePage
  checkOptionNames(`${where}: page`, given, ['title', 'homeURL'])
  const { title, homeURL } = given
  if (title !== undefined && (typeof title !== 'string' || title === ''))
    fail(where, 'page.title must be the name of the application')
  if (homeURL !== undefined) checkHomeURL(where, 'page.homeURL', homeURL)
  return { title, homeURL } as XaiDevicePage
}

/** State and PKCE protect every sign-in and cannot be switched off. */
const alwaysOn =
  (what: string, ...accepted: unknown[]): Parser<undefined> =>
  (given, _name, where) =>
    given === undefined || accepted.includes(given) ? undefined : fail(where, `${what}; leave the option out`)

const clientOptions = {
  clientID,
  clientSecret: optional(clientSecret),
  clientAuthentication: optional(oneOf('client_secret_basic', 'client_secret_post', 'none')),
  scope: defaultTo('openid profile email', (given, _name, where) => parseScope(where, given)),
  issuer: defaultTo(xaiIssuer, issuer),
  authorizationURL: optional(secureURL),
  tokenURL: optional(secureURL),
  userInfoURL: optional(secureURL),
  revocationURL: optional(secureURL),
  jwksURL: optional(secureURL),
  timeout: defaultTo(minTimeout, timeout),
  agent: optional(agent),
  userInfo: defaultTo('auto', oneOf('auto', 'always', 'never')),
  allowTeamPrincipal: defaultTo(false, flag),
  store: (given: unknown) => given,
  sessionKey: optional(text('a name')),
  customHeaders: defaultTo({}, customHeaders),
  skipUserProfile: defaultTo(false, skipUserProfile),
  passReqToCallback: defaultTo(false, flag),
} satisfies Record<keyof XaiClientOptions | 'passReqToCallback', Parser<unknown>>

const strategyOptions = {
  callbackURL: secureURL,
  ...clientOptions,
  echoCodeChallenge: defaultTo(true, flag),
  authorizationParams: defaultTo({}, authorizationParams),
  state: alwaysOn('state is always on', true),
  pkce: alwaysOn('pkce is always S256', true, 'S256'),
} satisfies Record<keyof XaiStrategyOptions, Parser<unknown>>

const deviceOptions = {
  ...clientOptions,
  deviceAuthorizationURL: optional(secureURL),
  page: defaultTo({}, page),
} satisfies Record<keyof XaiDeviceStrategyOptions, Parser<unknown>>

/** What passport-oauth2 and its relatives know, and what to write here. */
const hints: Readonly<Record<string, string>> = {
  secret: 'write clientSecret',
  userProfileURL: 'write userInfoURL',
  proxy: 'callbackURL is absolute here, so leave it out',
  trustProxy: 'callbackURL is absolute here, so leave it out',
  scopeSeparator: 'scopes are separated by spaces, so leave it out',
  session: 'give it to passport.authenticate',
  nonce: 'a nonce is sent with every sign-in, so leave it out',
}

const strategyHints: Readonly<Record<string, string>> = {
  ...hints,
  redirect_uri: 'write callbackURL',
  redirectURI: 'write callbackURL',
  redirectUri: 'write callbackURL',
  redirectURL: 'write callbackURL',
  redirectUrl: 'write callbackURL',
  prompt: 'give it to passport.authenticate, or write authorizationParams: { prompt }',
  loginHint: 'give it to passport.authenticate',
}

const deviceHints: Readonly<Record<string, string>> = {
  ...hints,
  callbackURL: 'a device sign-in has no callback, so leave it out',
  echoCodeChallenge: 'a device sign-in has no code challenge, so leave it out',
  authorizationParams: 'a device sign-in has no authorization request, so leave it out',
  state: 'a device sign-in has no protocol state, so leave it out',
  pkce: 'a device sign-in has no code challenge, so leave it out',
}

/** Options of XaiStrategy with every default filled in and every rule checked; a copy. */
export type StrategySettings = ReturnType<typeof parseStrategyOptions>

/** The same of XaiDeviceStrategy. */
export type DeviceStrategySettings = ReturnType<typeof parseDeviceOptions>

/** Checks options and fills in defaults; the options are not changed. @throws {TypeError} that says what to write */
export function parseStrategyOptions(options: unknown) {
  const where = 'XaiStrategy'
  const parsed = parseEach(where, options, strategyOptions, strategyHints)
  const { sessionKey, store = new SessionStateStore({ key: sessionKey }), state, pkce, ...client } = parsed
  checkStateStore(store)
  return { ...client, ...completeClient(where, client), store }
}

/** The same for XaiDeviceStrategy. @throws {TypeError} that says what to write */
export function parseDeviceOptions(options: unknown) {
  const where = 'XaiDeviceStrategy'
  const parsed = parseEach(where, options, deviceOptions, deviceHints)
  const { sessionKey, store = new SessionStateStore({ key: sessionKey }), ...client } = parsed
  checkDeviceStore(where, store)
  const { deviceAuthorizationURL = deviceAuthorizationURLOf(client.issuer) } = client
  return {
    ...client,
    ...completeClient(where, client),
    deviceAuthorizationURL,
    store,
    echoCodeChallenge: false,
  }
}

function parseEach<Parsers extends Readonly<Record<string, Parser<unknown>>>>(
  where: string,
  options: unknown,
  parsers: Parsers,
  hints: Readonly<Record<string, string>>,
): Parsed<Parsers> {
  checkOptionNames(where, options, Object.keys(parsers), hints)
  const entries = Object.entries(parsers).map(([name, parse]) => [name, parse(options[name], name, where)])
  return Object.fromEntries(entries)
}

/** The settings that follow from several options. */
function completeClient(
  where: string,
  client: Omit<Parsed<typeof clientOptions>, 'store' | 'sessionKey'>,
): Endpoints & { clientAuthentication: ClientAuthenticationMethod } {
  const endpoints = endpointsOf(client.issuer)
  for (const name of Object.keys(endpoints) as Array<keyof Endpoints>)
    endpoints[name] = client[name] ?? endpoints[name]
  const { clientSecret: secret } = client
  const { clientAuthentication = secret ? 'client_secret_basic' : 'none' } = client
  if (clientAuthentication === 'none' && secret)
    fail(where, "clientAuthentication 'none' would not use the clientSecret; leave out one of the two")
  if (clientAuthentication !== 'none' && !secret)
    fail(where, `clientAuthentication '${clientAuthentication}' needs a clientSecret; write clientSecret: …`)
  return { ...endpoints, clientAuthentication }
}

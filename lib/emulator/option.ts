import { checkOptionNames, isText, optionError } from '../check.js'
import {
  claimNames,
  defaultAccounts,
  defaultClients,
  type EmulatorAccount,
  type EmulatorClient,
  type ProfileClaim,
} from './account.js'

/** How an emulator starts and behaves; every option has a default. */
export interface EmulatorOptions {
  /** The port on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number
  /** Who can sign in; default: an ordinary account, one whose tier is denied, one that acts as a Team. */
  readonly accounts?: readonly EmulatorAccount[]
  /** Which applications are known; default: a public and a confidential one. */
  readonly clients?: readonly EmulatorClient[]
  /** The id of an account that every authorization request signs in and consents as, at once and without pages. */
  readonly signInAs?: string
  /**
   * How the code reaches a callback on loopback: by an ordinary redirect (default), or as xAI delivers it, by a
   * cross-origin `fetch` from the consent page.
   */
  readonly loopbackDelivery?: 'redirect' | 'fetch'
  /** Whether callbacks carry `iss` (RFC 9207); default false, as nobody has seen it from xAI. */
  readonly issOnCallback?: boolean
  /** Whether the code exchange must repeat `code_challenge` and `code_challenge_method`; default true. */
  readonly requireCodeChallengeEcho?: boolean
  /** Whether a body at the token endpoint that is not a form gets 415; default true. */
  readonly refuseJSON?: boolean
  /** Which profile and e-mail claims the id_token carries; default all. Userinfo always has all. */
  readonly idTokenClaims?: readonly ProfileClaim[]
  /** How long an access token lives, in seconds; default 21600. */
  readonly tokenLifetime?: number
  /** How many keys the JWKS shows; default 2, as xAI's. The first one signs. */
  readonly signingKeys?: number
  /**
   * The device authorization grant (RFC 8628): `true` (default); `'off'`, its endpoint responds with 404; or how many
   * seconds must pass between two polls (default 5), and how many a code is good for (default 900).
   */
  readonly deviceFlow?: true | 'off' | { readonly interval?: number; readonly expiresIn?: number }
  /**
   * Whether the discovery document has what OpenID Connect demands and nobody has seen from xAI:
   * `response_types_supported` and `subject_types_supported`; default false.
   */
  readonly completeDiscovery?: boolean
}

/** What a value must be, as a test and in words; and what an option is when it is absent. */
export type Rule = readonly [isValid: (value: unknown) => boolean, write: string, ...fallback: unknown[]]
export type Rules<Key extends string> = Readonly<Record<Key, Rule>>
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text: Rule = [isText, 'a string that is not empty']
export const boolean: Rule = [(value) => typeof value === 'boolean', 'true or false']
export const oneOf = (...values: ReadonlyArray<string | boolean>): Rule => [
  (value) => values.some((known) => known === value),
  values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(' or '),
]
export const integer = (minimum: number, maximum: number, write: string): Rule => [
  (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  write,
]
const listOf = (isItem: (item: unknown) => boolean, write: string): Rule => [
  (value) => Array.isArray(value) && value.every(isItem),
  write,
]
const list: Rule = [(value) => Array.isArray(value) && value.length > 0, 'a list that is not empty']
const seconds = integer(1, Number.MAX_SAFE_INTEGER, 'a whole number of seconds, at least 1')
/** RFC 6749 Appendix A.1 and A.2. */
const isVisible = (value: unknown): boolean => isText(value) && /^[\x20-\x7e]+$/.test(value)
const visible: Rule = [isVisible, 'a string of visible ASCII characters']

/**
 * Demands known names and valid values. What is `undefined` counts as absent, and only `needed` must not be.
 *
 * @throws {TypeError} that names what is wrong and says what to write
 */
export function checkRules(where: string, value: unknown, rules: Rules<string>, needed?: string): void {
  checkOptionNames(where, value, Object.keys(rules))
  for (const [name, [isValid, write]] of Object.entries(rules))
    if ((value[name] !== undefined || name === needed) && !isValid(value[name]))
      throw optionError(where, `${name} must be ${write}`)
}

const claimList = `a list out of ${claimNames.join(', ')}`

const optionRules: Rules<keyof EmulatorOptions> = {
  port: [...integer(0, 65_535, 'a port number, or 0 for any free port'), 0],
  accounts: [...list, defaultAccounts],
  clients: [...list, defaultClients],
  signInAs: [isText, 'the id of one of the accounts'],
  loopbackDelivery: [...oneOf('redirect', 'fetch'), 'redirect'],
  issOnCallback: [...boolean, false],
  requireCodeChallengeEcho: [...boolean, true],
  refuseJSON: [...boolean, true],
  idTokenClaims: [Array.isArray, claimList, claimNames],
  tokenLifetime: [...seconds, 21_600],
  signingKeys: [...integer(1, 100, 'a whole number from 1 to 100'), 2],
  deviceFlow: [
    (value) => value === true || value === 'off' || isRecord(value),
    "true, 'off', or { interval, expiresIn }",
    true,
  ],
  completeDiscovery: [...boolean, false],
}

const texts = <Key extends string>(...names: Key[]) =>
  Object.fromEntries(names.map((name) => [name, text])) as Rules<Key>

const accountRules: Rules<keyof EmulatorAccount> = {
  ...texts('id', 'sub', 'email', 'name', 'givenName', 'familyName', 'picture'),
  emailVerified: boolean,
  tier: oneOf('denied'),
  principal: [
    (value) => isRecord(value) && value.type === 'Team' && isText(value.id),
    "{ type: 'Team', id: '…' }",
  ],
}

const clientRules: Rules<keyof EmulatorClient> = {
  clientID: visible,
  clientSecret: visible,
  name: text,
  redirectURIs: listOf((uri) => isText(uri) && URL.canParse(uri), 'a list of absolute URLs'),
}

const areDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length

/** Options that were checked, with the defaults; `deviceFlow` is undefined when the grant is switched off. */
export type EmulatorSettings = ReturnType<typeof parseOptions>

/** Checks the options and adds the defaults, in a copy. @throws {TypeError} */
export function parseOptions(options: EmulatorOptions) {
  const where = 'startEmulator'
  checkRules(where, options, optionRules)
  const given: Record<string, unknown> = { ...options }
  const settings = Object.fromEntries(
    Object.entries(optionRules).map(([name, [, , fallback]]) => [name, given[name] ?? fallback]),
  ) as Required<EmulatorOptions>
  const { clients, signInAs: id, deviceFlow: flow } = settings
  for (const [index, account] of settings.accounts.entries())
    checkRules(`${where}: accounts[${index}]`, account, accountRules, 'id')
  for (const [index, client] of clients.entries())
    checkRules(`${where}: clients[${index}]`, client, clientRules, 'clientID')
  const times: { interval?: number; expiresIn?: number } = isRecord(flow) ? flow : {}
  checkRules(`${where}: deviceFlow`, times, { interval: seconds, expiresIn: seconds })
  for (const claim of settings.idTokenClaims)
    if (!claimNames.includes(claim))
      throw optionError(where, `idTokenClaims must be ${claimList}, not "${claim}"`)
  const accounts = settings.accounts.map((account) => ({ ...account, sub: account.sub ?? account.id }))
  if (!areDistinct(accounts.map((account) => account.id)) || !areDistinct(accounts.map(({ sub }) => sub)))
    throw optionError(where, 'accounts must have distinct ids, and distinct subs')
  if (!areDistinct(clients.map(({ clientID }) => clientID)))
    throw optionError(where, 'clients must have distinct client ids')
  const signInAs = accounts.find((account) => account.id === id)
  const ids = accounts.map((account) => account.id).join(', ')
  if (id !== undefined && signInAs === undefined)
    throw optionError(
      where,
      `signInAs must be the id of one of the accounts, not "${id}"; the accounts are ${ids}`,
    )
  const { interval = 5, expiresIn = 900 } = times
  const deviceFlow = flow === 'off' ? undefined : { interval, expiresIn }
  return structuredClone({ ...settings, accounts, signInAs, deviceFlow })
}

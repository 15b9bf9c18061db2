import { optionError } from '../check.js'
import {
  defaultAccounts,
  type EmulatorAccount,
  type ProfileClaim,
  profileClaims,
  subjectOf,
} from './account.js'
import { defaultClients, type EmulatorClient } from './client.js'
import {
  boolean,
  checkRules,
  integer,
  isRecord,
  isText,
  list,
  listOf,
  oneOf,
  type Rule,
  type Rules,
  text,
} from './rule.js'

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

/** What a person decides. */
export interface EmulatorDecision {
  /** The id of the account that signs in; default: `signInAs` of the emulator, else the first account. */
  readonly as?: string
  /**
   * Whether the person denies the request, with the error `access_denied`; `'authorization_denied'` is the other
   * error that a denied device sign-in is reported to end with. Default false.
   */
  readonly deny?: boolean | 'authorization_denied'
}

/** Options that were checked, with the defaults. */
export interface EmulatorSettings extends Required<Omit<EmulatorOptions, 'signInAs' | 'deviceFlow'>> {
  readonly signInAs: EmulatorAccount | undefined
  /** Undefined when the grant is switched off. */
  readonly deviceFlow: { readonly interval: number; readonly expiresIn: number } | undefined
}

const where = 'startEmulator'

const defaults: Required<Omit<EmulatorOptions, 'signInAs'>> = {
  port: 0,
  accounts: defaultAccounts,
  clients: defaultClients,
  loopbackDelivery: 'redirect',
  issOnCallback: false,
  requireCodeChallengeEcho: true,
  refuseJSON: true,
  idTokenClaims: profileClaims,
  tokenLifetime: 21_600,
  signingKeys: 2,
  deviceFlow: true,
  completeDiscovery: false,
}

/** RFC 6749 Appendix A.1 and A.2. */
const visibleText: Rule = [
  (value) => isText(value) && /^[\x20-\x7e]+$/.test(value),
  'a string of visible ASCII characters',
]
const seconds = integer(1, Number.MAX_SAFE_INTEGER, 'a whole number of seconds, at least 1')

const optionRules: Rules<keyof EmulatorOptions> = {
  port: integer(0, 65_535, 'a port number, or 0 for any free port'),
  accounts: list,
  clients: list,
  signInAs: [isText, 'the id of one of the accounts'],
  loopbackDelivery: oneOf('redirect', 'fetch'),
  issOnCallback: boolean,
  requireCodeChallengeEcho: boolean,
  refuseJSON: boolean,
  idTokenClaims: listOf(
    (claim) => profileClaims.some((known) => known === claim),
    `a list out of ${profileClaims.join(', ')}`,
  ),
  tokenLifetime: seconds,
  signingKeys: integer(1, 100, 'a whole number from 1 to 100'),
  deviceFlow: [
    (value) => value === true || value === 'off' || isRecord(value),
    "true, 'off', or { interval, expiresIn }",
  ],
  completeDiscovery: boolean,
}

const accountRules: Rules<keyof EmulatorAccount> = {
  id: text,
  sub: text,
  email: text,
  emailVerified: boolean,
  name: text,
  givenName: text,
  familyName: text,
  picture: text,
  tier: oneOf('denied'),
  principal: [
    (value) => isRecord(value) && value.type === 'Team' && isText(value.id),
    "{ type: 'Team', id: '…' }",
  ],
}

const clientRules: Rules<keyof EmulatorClient> = {
  clientID: visibleText,
  clientSecret: visibleText,
  name: text,
  redirectURIs: listOf((uri) => isText(uri) && URL.canParse(uri), 'a list of absolute URLs'),
}

const deviceFlowRules: Rules<'interval' | 'expiresIn'> = { interval: seconds, expiresIn: seconds }

const areDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length

/** Checks the options and adds the defaults; a TypeError names what is wrong and says what to write. */
export function parseOptions(options: EmulatorOptions): EmulatorSettings {
  checkRules(where, options, optionRules)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const settings: typeof defaults & EmulatorOptions = { ...defaults, ...Object.fromEntries(given) }
  const { accounts, clients, deviceFlow } = settings
  for (const [index, account] of accounts.entries())
    checkRules(`${where}: accounts[${index}]`, account, accountRules, 'id')
  for (const [index, client] of clients.entries())
    checkRules(`${where}: clients[${index}]`, client, clientRules, 'clientID')
  if (!areDistinct(accounts.map(({ id }) => id)) || !areDistinct(accounts.map(subjectOf)))
    throw optionError(where, 'accounts must have distinct ids, and distinct subs')
  if (!areDistinct(clients.map(({ clientID }) => clientID)))
    throw optionError(where, 'clients must have distinct client ids')
  const times: { interval?: number; expiresIn?: number } = isRecord(deviceFlow) ? deviceFlow : {}
  checkRules(`${where}: deviceFlow`, times, deviceFlowRules)
  const { interval = 5, expiresIn = 900 } = times
  // A copy: what the application changes later changes nothing here.
  const copy = structuredClone(settings)
  const signInAs = copy.accounts.find(({ id }) => id === settings.signInAs)
  if (settings.signInAs !== undefined && signInAs === undefined)
    throw optionError(where, `signInAs must be the id of one of the accounts, not "${settings.signInAs}"`)
  return { ...copy, signInAs, deviceFlow: deviceFlow === 'off' ? undefined : { interval, expiresIn } }
}

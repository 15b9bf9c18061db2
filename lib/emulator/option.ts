import { defaultAccounts, type EmulatorAccount, type ProfileClaim, profileClaims } from './account.js'
import { defaultClients, type EmulatorClient } from './client.js'

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
  /** Whether a body at the token endpoint that is no form gets 415; default true. */
  readonly refuseJSON?: boolean
  /** Which profile and e-mail claims the id_token carries; default all. Userinfo always has all. */
  readonly idTokenClaims?: readonly ProfileClaim[]
  /** How long an access token lives, in seconds; default 21600. */
  readonly tokenLifetime?: number
  /** How many keys the JWKS shows; default 2, as xAI's. The first one signs. */
  readonly signingKeys?: number
}

/** Options that were checked, with the defaults. */
export interface EmulatorSettings extends Required<Omit<EmulatorOptions, 'signInAs'>> {
  readonly signInAs: EmulatorAccount | undefined
}

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
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isOptionalText = (value: unknown): boolean => value === undefined || isText(value)
const isOptionalBoolean = (value: unknown): boolean => value === undefined || isBoolean(value)
const isIntegerFrom =
  (minimum: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && Number(value) >= minimum
const isListOf =
  (isItem: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isItem)
const areDistinct = (list: unknown, key: string): boolean => {
  const values = (list as ReadonlyArray<Record<string, unknown>>).map((item) => item[key])
  return values.length > 0 && new Set(values).size === values.length
}

const isAccount = (value: unknown): boolean =>
  isRecord(value) &&
  isText(value.id) &&
  ['sub', 'email', 'name', 'givenName', 'familyName', 'picture'].every((key) => isOptionalText(value[key])) &&
  isOptionalBoolean(value.emailVerified) &&
  [undefined, 'denied'].some((tier) => tier === value.tier) &&
  (value.principal === undefined ||
    (isRecord(value.principal) && value.principal.type === 'Team' && isText(value.principal.id)))

/** RFC 6749 Appendix A.1 and A.2. */
const isVisibleText = (value: unknown): boolean => isText(value) && /^[\x20-\x7e]+$/.test(value)

const isClient = (value: unknown): boolean =>
  isRecord(value) &&
  isVisibleText(value.clientID) &&
  (value.clientSecret === undefined || isVisibleText(value.clientSecret)) &&
  isOptionalText(value.name) &&
  (value.redirectURIs === undefined ||
    isListOf((uri) => isText(uri) && URL.canParse(uri))(value.redirectURIs))

const rules: Readonly<
  Record<keyof EmulatorOptions, readonly [isValid: (value: unknown) => boolean, write: string]>
> = {
  port: [
    (value) => isIntegerFrom(0)(value) && Number(value) <= 65_535,
    'a port number, or 0 for any free port',
  ],
  accounts: [
    (value) => isListOf(isAccount)(value) && areDistinct(value, 'id'),
    "a list of accounts with distinct ids, such as [{ id: 'one', email: 'one@example.com' }]",
  ],
  clients: [
    (value) => isListOf(isClient)(value) && areDistinct(value, 'clientID'),
    "a list of clients with distinct client ids, such as [{ clientID: 'my-application' }]",
  ],
  signInAs: [isText, 'the id of one of the accounts'],
  loopbackDelivery: [(value) => value === 'redirect' || value === 'fetch', "'redirect' or 'fetch'"],
  issOnCallback: [isBoolean, 'true or false'],
  requireCodeChallengeEcho: [isBoolean, 'true or false'],
  refuseJSON: [isBoolean, 'true or false'],
  idTokenClaims: [
    isListOf((claim) => profileClaims.some((known) => known === claim)),
    `a list out of ${profileClaims.join(', ')}`,
  ],
  tokenLifetime: [isIntegerFrom(1), 'a whole number of seconds, at least 1'],
  signingKeys: [isIntegerFrom(1), 'a whole number, at least 1'],
}

/** Checks the options and adds the defaults; a TypeError names the option that is wrong and says what to write. */
export function parseOptions(options: unknown): EmulatorSettings {
  if (!isRecord(options)) throw new TypeError('startEmulator takes an object of options')
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof EmulatorOptions] : undefined
    if (!rule) throw new TypeError(`startEmulator knows no option "${name}"`)
    const [isValid, write] = rule
    if (!isValid(value)) throw new TypeError(`the option "${name}" of startEmulator must be ${write}`)
  }
  const settings: typeof defaults & EmulatorOptions = { ...defaults, ...Object.fromEntries(given) }
  const signInAs = settings.accounts.find(({ id }) => id === settings.signInAs)
  if (settings.signInAs !== undefined && signInAs === undefined)
    throw new TypeError(`the option "signInAs" of startEmulator names no account: "${settings.signInAs}"`)
  return { ...settings, signInAs }
}

import { optionError } from '../check.js'
import type { EmulatorAccount } from './account.js'
import type { EmulatorSettings } from './option.js'
import { checkRules, oneOf, type Rules, text } from './rule.js'

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

/** The account grants all that is asked for, or the request is denied with an error code. */
export interface Decision {
  readonly account: EmulatorAccount
  readonly denial?: string | undefined
}

const rules: Rules<keyof EmulatorDecision> = { as: text, deny: oneOf(true, false, 'authorization_denied') }

/** @throws {TypeError} that begins with `where` and names what is wrong */
export function parseDecision(
  where: string,
  { accounts, signInAs }: EmulatorSettings,
  options: EmulatorDecision,
): Decision {
  checkRules(where, options, rules)
  const { as: id = signInAs?.id ?? accounts[0]?.id, deny = false } = options
  const account = accounts.find((known) => known.id === id)
  const ids = accounts.map((known) => known.id).join(', ')
  if (!account) throw optionError(where, `there is no account "${id}"; the accounts are ${ids}`)
  return { account, denial: deny === true ? 'access_denied' : deny || undefined }
}

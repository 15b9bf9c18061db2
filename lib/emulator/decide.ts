import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { optionError } from '../check.js'
import { decideDevice, findPending } from './device.js'
import { paths } from './path.js'
import { decisionHeader } from './router.js'
import { checkRules, oneOf, type Rules, text } from './rule.js'
import type { Decision, EmulatorState } from './state.js'

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

const where = 'decide'

const rules: Rules<keyof EmulatorDecision> = { as: text, deny: oneOf(true, false, 'authorization_denied') }

function parseDecision(emulator: EmulatorState, options: EmulatorDecision): Decision {
  checkRules(where, options, rules)
  const { accounts, signInAs } = emulator.settings
  const { as: id = signInAs?.id ?? accounts[0]?.id, deny = false } = options
  const account = emulator.findAccount(id)
  if (account === undefined)
    throw optionError(
      where,
      `there is no account "${id}"; the accounts are ${accounts.map((known) => known.id).join(', ')}`,
    )
  return { account, denial: deny === true ? 'access_denied' : deny || undefined }
}

/** Sends an authorization request as a browser would, with the decision ahead; resolves to the callback URL. */
async function authorize({ decisions }: EmulatorState, url: URL, decision: Decision): Promise<string> {
  const id = randomUUID()
  decisions.set(id, decision)
  try {
    const headers = { accept: 'application/json', [decisionHeader]: id }
    const sent = request(url, { headers, agent: false }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const body = Buffer.concat(await response.toArray())
    const { location } = response.headers
    if (location !== undefined) return location
    throw new Error(
      `${where}: the emulator refuses this authorization request (HTTP ${response.statusCode}): ${body}`,
    )
  } finally {
    decisions.delete(id)
  }
}

async function verify(emulator: EmulatorState, userCode: string, decision: Decision): Promise<void> {
  if (emulator.settings.deviceFlow === undefined)
    throw new Error(`${where}: the device authorization grant is switched off`)
  const code = await findPending(emulator, userCode)
  if (typeof code === 'string') throw new Error(`${where}: ${code}`)
  await decideDevice(emulator, code, decision)
}

/** Decides as a person would about an authorization URL, or about a device sign-in's URL or user code. */
export async function decide(
  emulator: EmulatorState,
  target: string | URL,
  options: EmulatorDecision,
): Promise<string | undefined> {
  const decision = parseDecision(emulator, options)
  if (!URL.canParse(`${target}`)) return void (await verify(emulator, `${target}`, decision))
  const url = new URL(target)
  if (url.origin === emulator.issuer && url.pathname === paths.authorization)
    return authorize(emulator, url, decision)
  const userCode = url.searchParams.get('user_code')
  if (url.origin === emulator.issuer && url.pathname === paths.device && userCode !== null)
    return void (await verify(emulator, userCode, decision))
  throw optionError(
    where,
    `url must be an authorization URL of ${emulator.issuer}, a verification_uri_complete, or a user code`,
  )
}

import { optionError } from '../check.js'
import { buildSessionCookie, type Decision, send } from './authorization.js'
import { decideDevice, findPending } from './device.js'
import type { EmulatorDecision } from './emulator.js'
import { checkRules, type EmulatorSettings, oneOf, type Rules, text } from './option.js'
import { paths } from './page.js'
import type { EmulatorState } from './state.js'

const where = 'decide'

const rules: Rules<keyof EmulatorDecision> = { as: text, deny: oneOf(true, false, 'authorization_denied') }

function parseDecision({ accounts, signInAs }: EmulatorSettings, options: EmulatorDecision): Decision {
  checkRules(where, options, rules)
  const { as: id = signInAs?.id ?? accounts[0]?.id, deny = false } = options
  const account = accounts.find((known) => known.id === id)
  const ids = accounts.map((known) => known.id).join(', ')
  if (!account) throw optionError(where, `there is no account "${id}"; the accounts are ${ids}`)
  return { account, denial: deny === true ? 'access_denied' : deny || undefined }
}

/** Sends an authorization request as a browser would in which the person has decided; resolves to the callback URL. */
async function authorize(emulator: EmulatorState, url: string, decision: Decision): Promise<string> {
  const cookie = await buildSessionCookie(emulator, decision)
  const response = await send(url, { headers: { accept: 'application/json', cookie } })
  // The first piece is enough for every error; what was ordered of the emulator may have no end.
  const { value: body = '' } = await response.setEncoding('utf8').iterator().next()
  response.destroy()
  if (response.headers.location !== undefined) return response.headers.location
  const refusal = `the emulator refuses this authorization request (HTTP ${response.statusCode})`
  throw new Error(`${where}: ${refusal}: ${body.slice(0, 2_000)}`)
}

async function verify(emulator: EmulatorState, userCode: string, decision: Decision): Promise<undefined> {
  if (emulator.settings.deviceFlow === undefined)
    throw new Error(`${where}: the device authorization grant is switched off`)
  const code = await findPending(emulator, userCode)
  if (typeof code === 'string') throw new Error(`${where}: ${code}`)
  await decideDevice(emulator, code, decision)
}

/** Decides as a person would about an authorization URL, or about a device sign-in's URL or user code. */
export async function decide(
  emulator: EmulatorState,
  target: string | { readonly href: string },
  options: EmulatorDecision,
): Promise<string | undefined> {
  const { issuer, settings } = emulator
  const decision = parseDecision(settings, options)
  const text = typeof target === 'string' ? target : `${target?.href ?? ''}`
  if (/^[\w -]+$/.test(text)) return verify(emulator, text, decision)
  const { origin, pathname, searchParams, href } = new URL(URL.canParse(text) ? text : 'about:blank')
  const userCode = searchParams.get('user_code')
  if (origin === issuer && pathname === paths.authorization) return authorize(emulator, href, decision)
  if (origin === issuer && pathname === paths.code_verification && userCode !== null)
    return verify(emulator, userCode, decision)
  const accepted = `an authorization URL of ${issuer}, a verification_uri_complete or a user code`
  throw optionError(where, `url must be ${accepted}`)
}

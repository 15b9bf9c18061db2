import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { optionError } from '../check.js'
import { buildSessionCookie } from './authorization.js'
import type { Decision } from './decision.js'
import { decideDevice, findPending } from './device.js'
import type { EmulatorDecision, EmulatorSettings } from './option.js'
import { paths } from './path.js'
import { checkRules, oneOf, type Rules, text } from './rule.js'
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
  const sent = request(url, { headers: { accept: 'application/json', cookie }, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { location } = response.headers
  // Enough for every error; what was ordered of the emulator may have no end.
  let body = ''
  for await (const chunk of response) {
    body += chunk
    if (body.length > 2_000) break
  }
  if (location !== undefined) return location
  const refusal = 'the emulator refuses this authorization request'
  throw new Error(`${where}: ${refusal} (HTTP ${response.statusCode}): ${body.slice(0, 2_000)}`)
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
  target: string | { readonly href: string },
  options: EmulatorDecision,
): Promise<string | undefined> {
  const { issuer, settings } = emulator
  const decision = parseDecision(settings, options)
  const text = typeof target === 'string' ? target : `${target?.href ?? ''}`
  if (/^[\w -]+$/.test(text)) return void (await verify(emulator, text, decision))
  const { origin, pathname, searchParams, href } = new URL(URL.canParse(text) ? text : 'about:blank')
  const userCode = searchParams.get('user_code')
  if (origin === issuer && pathname === paths.authorization) return authorize(emulator, href, decision)
  if (origin === issuer && pathname === paths.code_verification && userCode !== null)
    return void (await verify(emulator, userCode, decision))
  const accepted = `an authorization URL of ${issuer}, a verification_uri_complete or a user code`
  throw optionError(where, `url must be ${accepted}`)
}

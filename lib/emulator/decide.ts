import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { optionError } from '../check.js'
import { type Decision, type EmulatorDecision, parseDecision } from './decision.js'
import { decideDevice, findPending } from './device.js'
import { paths } from './path.js'
import { decisionHeader } from './router.js'
import type { EmulatorState } from './state.js'

const where = 'decide'

/** Sends an authorization request as a browser would, with the decision ahead; resolves to the callback URL. */
async function authorize({ decisions }: EmulatorState, url: string, decision: Decision): Promise<string> {
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
  target: string | { readonly href: string },
  options: EmulatorDecision,
): Promise<string | undefined> {
  const { issuer, settings } = emulator
  const decision = parseDecision(where, settings, options)
  const text = typeof target === 'string' ? target : `${target?.href}`
  if (/^[\w -]+$/.test(text)) return void (await verify(emulator, text, decision))
  const { origin, pathname, searchParams, href } = new URL(URL.canParse(text) ? text : 'about:blank')
  const userCode = searchParams.get('user_code')
  if (origin === issuer && pathname === paths.authorization) return authorize(emulator, href, decision)
  if (origin === issuer && pathname === paths.device && userCode !== null)
    return void (await verify(emulator, userCode, decision))
  const accepted = `an authorization URL of ${issuer}, a verification_uri_complete or a user code`
  throw optionError(where, `url must be ${accepted}`)
}

import { html } from '../page/html.js'
import { type Decision, settle } from './authorization.js'
import type { Context, Provider } from './oidc-provider.js'
import { paths, showPage } from './page.js'
import { ask } from './sign-in.js'
import type { EmulatorState, Handler } from './state.js'

type DeviceCode = InstanceType<Provider['DeviceCode']>

/** The device code that waits for a decision; a string says why there is none. */
export async function findPending(
  { provider }: EmulatorState,
  userCode: string,
): Promise<DeviceCode | string> {
  const normalized = userCode.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  const code = await provider.DeviceCode.findByUserCode(normalized, { ignoreExpiration: true })
  if (code === undefined) return 'Nobody was given this code.'
  if (code.isExpired) return 'This code has expired.'
  return code.error || code.accountId ? 'This code has been used.' : code
}

/** Notes the decision; whoever polls learns it the next time. */
export async function decideDevice(
  emulator: EmulatorState,
  code: DeviceCode,
  decision: Decision,
): Promise<void> {
  const scopes = `${code.params?.scope ?? ''}`.split(' ')
  const outcome = await settle(emulator, decision, `${code.clientId}`, scopes)
  if ('error' in outcome)
    Object.assign(code, { error: outcome.error, errorDescription: outcome.error_description })
  else {
    const scope = outcome.getOIDCScopeFiltered(scopes)
    Object.assign(code, { accountId: decision.account.sub, grantId: outcome.jti, scope })
  }
  await code.save()
}

const showCodeForm = (ctx: Context, userCode: string, problem?: string): void =>
  showPage(ctx, {
    status: problem === undefined ? 200 : 400,
    title: 'Enter your code',
    content: html`<p class="lead">${problem} ${problem ? 'Type the code again, or begin anew' : 'Type the code that you see'} on your device.</p>
<form method="get" action="${paths.code_verification}">
<div class="field"><label for="user_code">Code</label>
<div><input id="user_code" name="user_code" value="${userCode}" placeholder="XXXX-XXXX" autocomplete="off" autocapitalize="characters" spellcheck="false" required>
<button class="primary">Continue</button></div></div>
</form>`,
  })

/** The page that a device sends a person to (RFC 8628 §3.3). */
export const verifyDevice: Handler = async (emulator, ctx) => {
  const typed = new URLSearchParams(ctx.querystring).get('user_code') ?? ''
  if (typed === '') return showCodeForm(ctx, '')
  const code = await findPending(emulator, typed)
  if (typeof code === 'string') return showCodeForm(ctx, typed, code)
  const { clientId, params, userCode } = code
  const shown = userCode.replace(/(?<=^.{4})/, '-')
  const decision = ask(emulator, ctx, { clientID: clientId, scope: params?.scope, userCode: shown })
  if (decision === undefined) return
  await decideDevice(emulator, code, decision)
  const [title, outcome] = decision.denial
    ? ['Access was denied', 'Your device is not signed in.']
    : ['Your device is signed in', 'It goes on by itself.']
  showPage(ctx, { title, content: html`<p class="lead">${outcome} You can close this tab.</p>` })
}

/** How long before the interval is over a poll may come, in milliseconds: clocks and networks are not exact. */
const grace = 100

/** Whether a device code is asked for too soon; from then on 5 seconds more must pass (RFC 8628 §3.5). */
export function isTooSoon({ polls, settings }: EmulatorState, deviceCode: string): boolean {
  const at = Date.now()
  const { at: last = 0, interval = settings.deviceFlow?.interval ?? 0 } = polls.get(deviceCode) ?? {}
  const tooSoon = at - last < interval * 1000 - grace
  polls.set(deviceCode, { at, interval: tooSoon ? interval + 5 : interval })
  return tooSoon
}

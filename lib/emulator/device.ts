import { html } from '../page/html.js'
import { subjectOf } from './account.js'
import { type Decision, grantScopes, refusalOf } from './decision.js'
import type { Context, Provider } from './oidc-provider.js'
import { showPage } from './page.js'
import { paths } from './path.js'
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
  const refusal = refusalOf(decision, scopes)
  if (refusal) Object.assign(code, { error: refusal.error, errorDescription: refusal.error_description })
  else {
    const grant = await grantScopes(emulator, decision, `${code.clientId}`, scopes)
    const scope = grant.getOIDCScopeFiltered(scopes)
    Object.assign(code, { accountId: subjectOf(decision.account), grantId: grant.jti, scope })
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

const showEnd = (ctx: Context, { denial }: Decision): void =>
  showPage(ctx, {
    title: denial === undefined ? 'Your device is signed in' : 'Access was denied',
    content: html`<p class="lead">${denial === undefined ? 'It goes on by itself.' : 'Your device is not signed in.'} You can close this tab.</p>`,
  })

/** The page that a device sends a person to (RFC 8628 §3.3). */
export const verifyDevice: Handler = async (emulator, ctx) => {
  const userCode = new URLSearchParams(ctx.querystring).get('user_code') ?? ''
  if (userCode === '') return showCodeForm(ctx, '')
  const code = await findPending(emulator, userCode)
  if (typeof code === 'string') return showCodeForm(ctx, userCode, code)
  await ask(emulator, ctx, {
    clientID: code.clientId,
    scope: code.params?.scope,
    userCode: code.userCode.replace(/(?<=^.{4})/, '-'),
    decide: async (decision) => {
      await decideDevice(emulator, code, decision)
      showEnd(ctx, decision)
    },
  })
}

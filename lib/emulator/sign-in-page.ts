import { html } from '../page/html.js'
import { type EmulatorAccount, labelOf } from './account.js'
import type { Answer } from './answer.js'
import { buildPage } from './page.js'

/** The path of the picture that the emulator serves for an account. */
export const picturePath = ({ id }: EmulatorAccount): string => `/pictures/${encodeURIComponent(id)}.svg`

const hintOf = ({ tier, principal }: EmulatorAccount): string => {
  if (tier === 'denied') return 'Not entitled: the token endpoint answers 403'
  return principal === undefined ? '' : 'Acts as a Team: no id_token'
}

const buildLine = (text: string) => (text === '' ? '' : html`<span>${text}</span>`)

const buildAccountButton = (account: EmulatorAccount) =>
  html`<li><button class="account" name="account" value="${account.id}">
<img src="${picturePath(account)}" alt="" width="44" height="44">
<span><strong>${labelOf(account)}</strong>${buildLine(account.email ?? '')}${buildLine(hintOf(account))}</span>
</button></li>
`

/** Where a person says who they are: one button for each account. */
export const buildSignInPage = (
  action: string,
  clientName: string,
  accounts: readonly EmulatorAccount[],
): Answer =>
  buildPage(
    200,
    'Choose an account',
    html`<p><strong>${clientName}</strong> asks you to sign in. Nobody real is behind these accounts, and none has a password.</p>
<form method="post" action="${action}">
<ul>
${accounts.map(buildAccountButton)}</ul>
</form>`,
  )

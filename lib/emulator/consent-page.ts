import { html } from '../page/html.js'
import { type EmulatorAccount, labelOf } from './account.js'
import type { Answer } from './answer.js'
import type { scopesSupported } from './metadata.js'
import { buildPage } from './page.js'

/** Only scopes that are supported get this far. */
const meanings: Readonly<Record<string, string>> & Record<(typeof scopesSupported)[number], string> = {
  openid: 'Know who you are',
  profile: 'See your name and picture',
  email: 'See your e-mail address',
  offline_access: 'Stay signed in while you are away',
  'grok-cli:access': 'Use the command line tool as you',
  'team:read': 'See your team',
  'org:read': 'See your organization',
  'api:access': 'Use the API as you',
  'office-addins:access': 'Use office add-ins as you',
}

const buildScope = (scope: string) =>
  html`<li><code>${scope}</code> <span>${meanings[scope]}</span></li>
`

export interface ConsentRequest {
  readonly action: string
  readonly clientName: string
  readonly account: EmulatorAccount
  readonly scopes: readonly string[]
  readonly redirectURI: string
  readonly signInURL: string
}

/** Where a person says whether the application may have what it asks for. */
export const buildConsentPage = (request: ConsentRequest): Answer =>
  buildPage(
    200,
    `Allow ${request.clientName}?`,
    html`<p>You are <strong>${labelOf(request.account)}</strong>. <a href="${request.signInURL}">Use another account</a></p>
<h2>It asks to</h2>
<ul class="scopes">
${request.scopes.map(buildScope)}</ul>
<form class="choice" method="post" action="${request.action}">
<button class="primary" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
<p class="quiet">Your answer goes to <code>${request.redirectURI}</code></p>`,
  )

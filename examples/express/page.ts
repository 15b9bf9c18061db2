import type { XaiProfile } from 'passport-xai'
import type { EmulatorAccount } from 'passport-xai/emulator'
import { iconPath } from './asset.js'
import { adviceOn, type Problem } from './problem.js'

/** Text that is HTML already. */
export class HTML {
  constructor(readonly text: string) {}
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function render(value: unknown): string {
  if (value === undefined || value === false) return ''
  if (value instanceof HTML) return value.text
  if (Array.isArray(value)) return value.map(render).join('')
  return String(value).replace(/[&<>"']/g, (character) => `${entities[character]}`)
}

/** A template in which every value is escaped, for text and quoted attributes. HTML is not; `undefined` and `false` are nothing. */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): HTML =>
  new HTML(String.raw({ raw: strings }, ...values.map(render)))

interface PageParts {
  title: string
  content: HTML
  /** Stands at the end of the page's head line. */
  corner?: HTML | undefined
  /** The start page has a large heading; all others are `page`. */
  kind?: 'page' | 'start'
}

const buildPage = ({ title, content, corner, kind = 'page' }: PageParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Express Example</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="/script.js" defer></script>
</head>
<body>
<header><a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="${iconPath}"/></svg>Express Example</a>${corner}</header>
<main class="${kind}">
${content}
</main>
</body>
</html>
`.text

/** A way to sign in, as the start page offers it. */
export interface Way {
  label: string
  href: string
}

/** What the start page says. */
export interface StartView {
  issuer: string
  /** The first is the one that most people want. */
  ways: readonly Way[]
  /** Who can sign in, when an emulator stands in for xAI. */
  accounts?: readonly EmulatorAccount[] | undefined
}

export const buildStartPage = ({ issuer, ways, accounts }: StartView): string =>
  buildPage({
    title: 'Sign in',
    kind: 'start',
    content: html`<h1>Sign in, and see what xAI says about you</h1>
<p class="lead">A verified profile is all that an application learns when somebody signs in with xAI.</p>
<p class="actions">${ways.map(({ label, href }, index) => html`<a class="button${index === 0 && ' primary'}" href="${href}">${label}</a>`)}</p>
<p class="quiet">The code is for servers and containers, where xAI cannot lead your browser back. You confirm it at xAI, on any device.</p>
${accounts ? buildCast(issuer, accounts) : html`<p class="quiet">You sign in at <code>${new URL(issuer).host}</code> and come back here.</p>`}`,
  })

const buildCast = (issuer: string, accounts: readonly EmulatorAccount[]): HTML => html`<section class="panel">
<h2>An emulator stands in for xAI</h2>
<p>It runs at <code>${new URL(issuer).host}</code>, on this machine alone. Nobody real is behind its accounts, and none has a password:</p>
<ul class="people">
${accounts.map(
  (
    account,
  ) => html`<li><span><strong>${account.name ?? account.id}</strong> <span>${account.email && buildBreakable(account.email)}</span></span> <span${!account.tier && !account.principal && html` class="good"`}>${outcomeOf(account)}</span></li>
`,
)}</ul>
</section>`

/** How a sign-in with an account of the emulator ends. */
export function outcomeOf({ tier, principal }: EmulatorAccount): string {
  if (tier === 'denied') return 'is refused: not entitled'
  return principal ? 'is refused: a Team' : 'signs in'
}

/** What the profile page says. */
export interface ProfileView {
  issuer: string
  profile: XaiProfile
  /** Space-separated; unknown when xAI does not say it. */
  scope?: string | undefined
  /** When the access token expires; unknown when xAI does not say it. */
  expiresAt?: Date | undefined
  canRefresh: boolean
  formToken: string
  /** What has just been done. */
  notice?: string | undefined
}

export function buildProfilePage(view: ProfileView): string {
  const { issuer, profile, scope, expiresAt, canRefresh, notice } = view
  const [email] = profile.emails ?? []
  const form = (action: string, label: string, kind: string): HTML =>
    html`<form method="post" action="${action}"><input type="hidden" name="form_token" value="${view.formToken}"><button class="${kind}">${label}</button></form>`
  return buildPage({
    title: nameOf(profile),
    corner: form('/sign-out', 'Sign out', 'small'),
    content: html`${notice && html`<p class="notice" role="status">${notice}</p>`}
<div class="person">
${buildPicture(profile)}
<div>
<h1>${nameOf(profile)}</h1>
${email && html`<p><span>${buildBreakable(email.value)}</span> ${buildVerdict(email.verified)}</p>`}
</div>
</div>
<dl>
<dt>Account</dt>
<dd class="copy"><span><code id="account">${buildBreakable(profile.id)}</code><small>at ${new URL(issuer).host}</small></span><button class="small" type="button" data-copy="account" aria-live="polite" hidden>Copy</button></dd>
<dt>Granted</dt>
<dd>${scope ? html`<span class="scopes">${scope.split(' ').map((one) => html`<code>${buildBreakable(one)}</code> `)}</span>` : 'xAI does not say'}</dd>
<dt>Access token</dt>
<dd>${buildExpiry(expiresAt)}</dd>
<dt>Refresh token</dt>
<dd>${canRefresh ? 'Kept on the server' : 'None: the scope offline_access was not granted'}</dd>
</dl>
${canRefresh && html`<div class="actions">${form('/refresh', 'Refresh the token', 'primary')}</div>`}
<details>
<summary>Everything that xAI says about you</summary>
<pre tabindex="0" role="region" aria-label="Claims"><code>${JSON.stringify(profile._json, null, 2)}</code></pre>
</details>
<details>
<summary>Sign out everywhere…</summary>
<p>This ends your sign-ins in every browser, and revokes at xAI what was granted with them. You can sign in again at any time.</p>
${form('/sign-out-everywhere', 'Yes, sign out everywhere', 'danger')}
</details>`,
  })
}

/** What the problem page says. */
export interface ProblemView {
  problem: Problem
  /** Where a sign-in begins. */
  signInLink: string
}

export function buildProblemPage({ problem, signInLink }: ProblemView): string {
  const { code, status, message, reason, retryAfter } = problem
  const { title, person, operator, next } = adviceOn(problem)
  const { label, href } =
    next === 'sign in' ? { label: 'Sign in again', href: signInLink } : { label: 'Go on', href: '/' }
  return buildPage({
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${person}${retryAfter !== undefined && ` Wait ${retryAfter} seconds before you try again.`}</p>
<p class="actions"><a class="button primary" href="${href}">${label}</a></p>
<details>
<summary>For the operator of this application</summary>
${operator && html`<p>${operator}</p>`}
<dl>
<dt>What happened</dt>
<dd>${message}</dd>
<dt>Code</dt>
<dd><code>${buildBreakable(code)}</code></dd>
${reason && html`<dt>Reason</dt>\n<dd><code>${reason}</code></dd>`}
<dt>HTTP status</dt>
<dd>${status}</dd>
</dl>
</details>`,
  })
}

/** xAI promises no claim but the id. */
const nameOf = ({ displayName, name, emails, id }: XaiProfile): string =>
  displayName ?? name?.givenName ?? emails?.[0]?.value ?? id

function buildPicture(profile: XaiProfile): HTML {
  const picture = profile.photos?.[0]?.value
  if (picture !== undefined && /^https?:/.test(picture)) {
    return html`<img src="${picture}" alt="" width="72" height="72" referrerpolicy="no-referrer">`
  }
  const initials = nameOf(profile)
    .split(/\s+/, 2)
    .map(([initial]) => initial)
  return html`<span class="initials" aria-hidden="true">${initials}</span>`
}

const buildVerdict = (isVerified: boolean | undefined): HTML | undefined =>
  isVerified === undefined
    ? undefined
    : isVerified
      ? html`<span class="good">verified</span>`
      : html`<span>not verified</span>`

/** Long words of machines break after their punctuation, and so never within a word. */
const buildBreakable = (text: string): HTML =>
  html`${text.split(/(?<=[.:@_/-])(?=[^.:@_/-])/).map((part, index) => (index === 0 ? part : html`<wbr>${part}`))}`

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'long',
  timeZone: 'UTC',
})

function buildExpiry(expiresAt: Date | undefined): HTML {
  if (!expiresAt || Number.isNaN(expiresAt.getTime())) return html`Expires at a time that xAI does not say`
  const minutes = Math.round((expiresAt.getTime() - Date.now()) / 60_000)
  if (minutes <= 0) return html`Has expired`
  return html`Good for ${Math.floor(minutes / 60)} h ${minutes % 60} min<small>until <time datetime="${expiresAt.toISOString()}">${dateFormat.format(expiresAt)}</time></small>`
}

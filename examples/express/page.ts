import { type HTML, html } from './html.js'
import { advice, type Problem } from './problem.js'
import type { SignIn } from './sign-in.js'

const buildPage = (title: string, content: HTML): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Example</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header><a href="/">passport-xai</a> <span>Express example</span></header>
<main>
${content}
</main>
</body>
</html>
`.text

/** What a page knows of the sign-in that it offers. */
export interface SignInOffer {
  /** Where the sign-in begins. */
  signInLink: string
  issuer: string
}

export const buildStartPage = ({ signInLink, issuer }: SignInOffer): string =>
  buildPage(
    'Sign in',
    html`<h1>Welcome</h1>
<p>Sign in, and this example shows what xAI tells it about you.</p>
<p><a class="button primary" href="${signInLink}">Sign in with xAI</a></p>
<p class="quiet">Goes to <code>${issuer}</code></p>`,
  )

/** Who is signed in, and what can be done about it. */
export interface ProfileView {
  signIn: SignIn
  formToken: string
  /** What has just been done. */
  notice?: string | undefined
}

export function buildProfilePage({ signIn, formToken, notice }: ProfileView): string {
  const { issuer, profile, tokens } = signIn
  const name = nameOf(signIn)
  const [email] = profile.emails ?? []
  const scopes = tokens.scope?.split(' ') ?? []
  const form = (action: string, label: string): HTML =>
    html`<form method="post" action="${action}"><input type="hidden" name="form_token" value="${formToken}"><button>${label}</button></form>
`
  return buildPage(
    'Profile',
    html`${notice && html`<p class="notice" role="status">${notice}</p>`}
<div class="person">
${buildPicture(signIn)}
<div>
<h1>${name}</h1>
${email && html`<p>${email.value} ${buildVerdict(email.verified)}</p>`}
</div>
</div>
<dl>
<dt>Account</dt>
<dd><code>${profile.id}</code><span class="quiet">at ${issuer}</span></dd>
<dt>Scopes</dt>
<dd>${scopes.length > 0 ? scopes.map((scope) => html`<code class="tag">${scope}</code> `) : 'xAI does not say'}</dd>
<dt>Access token</dt>
<dd>${buildExpiry(tokens.expiresAt)}</dd>
<dt>Refresh token</dt>
<dd>${tokens.refreshToken ? 'Kept by the server' : 'None: the scope offline_access was not granted'}</dd>
</dl>
<div class="actions">
${tokens.refreshToken && form('/refresh', 'Refresh token')}${form('/sign-out', 'Sign out')}${form('/sign-out-everywhere', 'Sign out everywhere')}</div>
<p class="quiet">“Sign out everywhere” revokes what xAI granted, in all your browsers.</p>`,
  )
}

export function buildErrorPage({ problem, signInLink }: { problem: Problem; signInLink: string }): string {
  const { code, status, message, reason, retryAfter } = problem
  const { title, whatToDo, signInAgain = true } = advice[code]
  return buildPage(
    title,
    html`<h1>${title}</h1>
<p>${whatToDo}</p>
<p class="actions">${signInAgain ? html`<a class="button primary" href="${signInLink}">Sign in again</a>` : ''}<a class="button" href="/">Start page</a></p>
<h2>For the operator</h2>
<dl>
<dt>What happened</dt>
<dd>${message}</dd>
<dt>Code</dt>
<dd><code>${code}</code></dd>
${reason && html`<dt>Reason</dt><dd><code>${reason}</code></dd>`}
<dt>HTTP status</dt>
<dd>${status}</dd>
${retryAfter === undefined ? undefined : html`<dt>Try again in</dt><dd>${retryAfter} seconds</dd>`}
</dl>`,
  )
}

/** xAI promises no claim but the id. */
function nameOf({ profile: { displayName, name, emails, id } }: SignIn): string {
  return displayName ?? name?.givenName ?? emails?.[0]?.value ?? id
}

function buildPicture(signIn: SignIn): HTML {
  const picture = signIn.profile.photos?.[0]?.value
  if (picture !== undefined && /^https?:/.test(picture)) {
    return html`<img src="${picture}" alt="" width="72" height="72" referrerpolicy="no-referrer">`
  }
  const initials = nameOf(signIn)
    .split(/\s+/, 2)
    .map(([initial]) => initial)
  return html`<span class="initials" aria-hidden="true">${initials}</span>`
}

function buildVerdict(isVerified: boolean | undefined): HTML {
  if (isVerified === undefined) return html``
  return isVerified
    ? html`<span class="tag good">verified</span>`
    : html`<span class="tag">not verified</span>`
}

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'long',
  timeZone: 'UTC',
})

function buildExpiry(expiresAt: Date | undefined): HTML {
  if (!expiresAt || Number.isNaN(expiresAt.getTime())) return html`Expires at a time that xAI does not say`
  const minutes = Math.round((expiresAt.getTime() - Date.now()) / 60_000)
  const left = minutes <= 0 ? 'has expired' : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`
  return html`Until <time datetime="${expiresAt.toISOString()}">${dateFormat.format(expiresAt)}</time><span class="quiet">${left}</span>`
}

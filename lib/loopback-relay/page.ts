import { type HTML, html } from '../page/html.js'
import { type Answer, buildAnswer } from './response.js'

/** What the waiting page needs to know. */
export interface WaitingPage {
  state: string
  authorizationURL: string
  homeURL: string
}

/** Nothing inline and nothing of a third party; frames of other sites cannot hold these pages. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page that waits for a delivery. Every link of it is relative, so that it works wherever it is mounted. */
export const buildWaitingPage = ({ state, authorizationURL, homeURL }: WaitingPage): Answer =>
  buildPage(
    200,
    'Continue at xAI',
    html`<div id="waiting">
<p>Sign in there and allow access. Leave this page open: it goes on by itself as soon as xAI answers.</p>
<p><a class="button" href="${authorizationURL}" target="_blank" rel="noopener">Continue at xAI <span class="note">(new tab)</span></a></p>
<p class="status" role="status">Waiting for xAI’s answer.</p>
<noscript><p>This browser runs no JavaScript here, so come back when xAI says that you are done, and <a href="?relay=wait&amp;state=${state}">go on</a>.</p></noscript>
<p class="quiet">Your browser may ask whether xAI’s site may connect to this device or to your local network. Allow it: this is how the answer gets here.</p>
<form method="get">
<h2>xAI shows you a code?</h2>
<p id="hint">Then the answer could not get here. Copy the code and paste it below.</p>
<input type="hidden" name="state" value="${state}">
<label for="code">Code from xAI</label>
<div class="row"><input id="code" name="code" required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="hint">
<button>Sign in</button></div>
</form>
</div>
<div id="ended" hidden>
${buildWaysOut()}</div>
<p class="quiet"><a href="${homeURL}">Back to the application</a></p>`,
    html`<script src="?relay=script" defer></script>`,
  )

/** The page for a sign-in that nobody waits for any more, or that another browser has begun. */
export const buildEndedPage = (homeURL: string): Answer =>
  buildPage(
    404,
    'This sign-in has ended',
    html`${buildWaysOut()}<p class="quiet"><a href="${homeURL}">Back to the application</a></p>`,
  )

const buildWaysOut =
  (): HTML => html`<p>It was finished in another tab, took longer than 10 minutes, or began in another browser.</p>
<p><a class="button" href="?relay=begin">Start again</a></p>
`

function buildPage(status: number, title: string, content: HTML, script: HTML | '' = ''): Answer {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="?relay=style">
${script}
</head>
<body>
<main>
<h1 tabindex="-1">${title}</h1>
${content}
</main>
</body>
</html>
`
  const answer = buildAnswer(status, 'text/html', `${page}`)
  const headers = { 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' }
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

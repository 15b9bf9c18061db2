import { html } from '../page/html.js'
import { type EmulatorAccount, labelOf } from './account.js'
import type { Answer } from './answer.js'

const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f4f4f2; --card: #ffffff; --ink: #1b1b1a; --quiet: #575753; --line: #d5d5cf;
  --accent: #1f4fbf; --on-accent: #ffffff; --hover: #f0f3fb; --notice: #fdf1cf; --on-notice: #4d3a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131314; --card: #1d1d1f; --ink: #f1f1ef; --quiet: #b3b3ad; --line: #3b3b3e;
    --accent: #9dbcff; --on-accent: #0d1b3e; --hover: #27292f; --notice: #37300f; --on-notice: #ffe9a3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { background: var(--notice); color: var(--on-notice); text-align: center; font-size: .875rem; }
header p { margin: 0; padding: .5rem 1rem; }
main {
  max-width: 27rem; margin: clamp(1rem, 8vh, 5rem) auto 2rem; padding: clamp(1.25rem, 5vw, 2rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere;
}
@media (max-width: 30rem) { main { margin: 1rem; } }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
main p:last-child { margin-bottom: 0; }
ul { list-style: none; margin: 1.25rem 0 0; padding: 0; }
li + li { margin-top: .625rem; }
.scopes { margin-top: 0; }
.scopes li { padding: .5rem 0; border-top: 1px solid var(--line); }
.scopes li + li { margin-top: 0; }
.scopes span { display: block; }
.quiet, .account span span, .scopes span { color: var(--quiet); font-size: .875rem; }
a { color: var(--accent); }
code { font: .875em ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
.code { display: block; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; user-select: all; }
button {
  font: inherit; color: inherit; cursor: pointer; background: transparent; min-height: 2.75rem;
  border: 1px solid var(--line); border-radius: .75rem; padding: .625rem 1rem;
}
button:hover { background: var(--hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.account { display: flex; align-items: center; gap: .875rem; width: 100%; text-align: left; }
.account img { flex: none; border-radius: 50%; }
.account span span { display: block; }
.choice { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 1rem; }
.choice button { flex: 1 1 8rem; font-weight: 600; }
.primary { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
.primary:hover { background: var(--accent); text-decoration: underline; }
`

/** Delivers as xAI's consent page does, and shows the part of the page that says how it went. */
const script = `
const delivery = document.querySelector('[data-deliver]')
const show = (state) => {
  for (const part of document.querySelectorAll('[data-state]')) part.hidden = part.dataset.state !== state
}
if (delivery) {
  show('delivering')
  fetch(delivery.dataset.deliver, { mode: 'cors' }).then(
    (response) => show(response.ok ? 'delivered' : 'undelivered'),
    () => show('undelivered'),
  )
}
`

const hueOf = (text: string): number =>
  [...text].reduce((hue, letter) => (hue * 31 + letter.charCodeAt(0)) % 360, 11)

/** The style of every page. */
export const stylesheetAnswer: Answer = {
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-store' },
  body: stylesheet,
}

/** The script of the page that delivers a code. */
export const scriptAnswer: Answer = {
  status: 200,
  headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' },
  body: script,
}

/** A picture of an account: its initial on a colour of its own. Applications may show it. */
export function buildPicture(account: EmulatorAccount): Answer {
  const picture = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">
<rect width="96" height="96" fill="hsl(${hueOf(account.id)} 55% 32%)"/>
<text x="48" y="50" fill="#fff" font-family="system-ui, sans-serif" font-size="44" text-anchor="middle" dominant-baseline="central">${labelOf(account).slice(0, 1).toUpperCase()}</text>
</svg>
`
  return {
    status: 200,
    headers: {
      'content-type': 'image/svg+xml; charset=utf-8',
      'cross-origin-resource-policy': 'cross-origin',
    },
    body: `${picture}`,
  }
}

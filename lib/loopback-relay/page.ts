import { html } from '../page/html.js'
import { buildContinueLink, buildPage, buildWayBack, type PageResponse } from '../page/page.js'

/** The page that waits for a delivery. Every address of this application on it is relative, so it works wherever it is mounted. */
export const buildWaitingPage = (state: string, authorizationURL: string, homeURL: string): PageResponse =>
  buildPage({
    title: 'Continue at xAI',
    policy: { 'connect-src': "'self'", 'form-action': "'self'" },
    script: waitingScript,
    content: html`<div id="waiting">
<p class="lead">Sign in there and allow access. Leave this page open: it goes on by itself.</p>
${buildContinueLink(authorizationURL)}
<p class="status"><span role="status">Waiting for xAI.</span></p>
<noscript><p>This browser runs no JavaScript here. When xAI says that you are done, come back and <a href="?relay=wait&amp;state=${state}">go on</a>.</p></noscript>
<p class="quiet">Your browser may ask whether xAI’s site may connect to this device or to your local network. Allow it: this is how you are signed in here.</p>
<form class="section field" method="get">
<h2>Does xAI show you a code?</h2>
<p class="quiet" id="hint">Then xAI’s site could not connect to this device. Copy the code and paste it here.</p>
<input type="hidden" name="state" value="${state}">
<label for="code">Code from xAI</label>
<div><input id="code" name="code" required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="hint">
<button>Sign in</button></div>
</form>
</div>
<div id="ended" hidden>
${newStart}</div>
${buildWayBack(homeURL)}`,
  })

/** The page for a sign-in that nobody waits for any more, or that another browser has begun. */
export const buildEndedPage = (homeURL: string): PageResponse =>
  buildPage({
    status: 404,
    title: 'This sign-in has ended',
    content: html`${newStart}${buildWayBack(homeURL)}`,
  })

const newStart = html`<p class="lead">Another tab may have signed you in. Otherwise this took longer than 10 minutes, or began in another browser.</p>
<p><a class="button primary wide" href="?relay=begin">Start again</a></p>
`

/**
 * Asks every second whether the delivery has come, goes on when it has, and stops with a sentence
 * when the sign-in has ended or 10 minutes are over. Also takes a pasted code, or the whole address with it.
 */
const waitingScript = `
const status = document.querySelector('[role=status]')
const form = document.querySelector('form')
const state = form.elements.state.value
const deadline = Date.now() + 10 * 60000
let timer
let isAsking = false
let isOver = false

const say = (text) => {
  if (status.textContent !== text) status.textContent = text
}

const leave = (query) => {
  isOver = true
  say('Signing you in.')
  location.replace(query)
}

const stop = () => {
  isOver = true
  const heading = document.querySelector('h1')
  document.title = heading.textContent = 'This sign-in has ended'
  document.getElementById('waiting').hidden = true
  document.getElementById('ended').hidden = false
  heading.focus()
}

const ask = async () => {
  if (isAsking || isOver) return
  isAsking = true
  clearTimeout(timer)
  const url = '?' + new URLSearchParams({ relay: 'poll', state })
  const request = { cache: 'no-store', signal: AbortSignal.timeout(10000) }
  const response = await fetch(url, request).catch(() => undefined)
  const delivery = response?.status === 200 ? await response.json().catch(() => undefined) : undefined
  isAsking = false
  if (isOver) return
  if (delivery) return leave(delivery.location)
  if (response?.status === 404 || Date.now() > deadline) return stop()
  say(response?.status === 204 ? 'Waiting for xAI.' : 'The application does not respond. Trying again.')
  timer = setTimeout(ask, 1000)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const pasted = form.elements.code.value.trim()
  const code = new URLSearchParams(pasted.slice(pasted.indexOf('?') + 1)).get('code') ?? pasted
  leave('?' + new URLSearchParams({ code, state }))
})
// A browser lets the timers of a hidden tab sleep; whoever comes back is not kept waiting.
document.addEventListener('visibilitychange', ask)
ask()
`

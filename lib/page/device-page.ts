import { buildCopyable, copyScript } from './copyable.js'
import { deviceScript } from './device-script.js'
import { buildBreakable, type HTML, html } from './html.js'
import { buildContinueLink, buildPage, buildWayBack, type PageResponse } from './page.js'

/** A device sign-in that is pending, as its page shows it. The caller has checked that both addresses are the issuer's. */
export interface DevicePage {
  /** What the person types at xAI, or finds there filled in. */
  readonly userCode: string
  /** Where the person types it, on any device. */
  readonly verificationURI: string
  /** The same with the code filled in; absent when the server gave none (RFC 8628 §3.2). */
  readonly verificationURIComplete?: string | undefined
  /** Seconds that the code is good for from now on. */
  readonly expiresIn: number
  /** Seconds between two questions of the page. */
  readonly interval: number
  /** The name of the application; default "This application". */
  readonly title?: string | undefined
  /** Where the page goes after a sign-in that ended without a redirect; default `/`. */
  readonly homeURL?: string | undefined
  /** Other parameters of the page's address (without `?`), which stay in whatever the page asks. */
  readonly query?: string | undefined
}

/**
 * Builds the page on which a person waits while they confirm a code at xAI. Relative addresses alone lead back to the
 * application, so the page works wherever the strategy's route is mounted. What its script asks of that route:
 *
 * | Request | Response | The page |
 * |---|---|---|
 * | `GET ?shown=<user code>`, `Accept: application/json`, every `interval` seconds and when the tab is looked at again | JSON `{ status: 'pending', expires_in, interval }` | waits on |
 * | | JSON `{ status: 'ended' }` | says so; does not ask again |
 * | | any other 2xx, or a redirect, which `fetch` follows | goes where the redirect led, else to `homeURL` |
 * | | 4xx without a redirect | says that nobody is signed in, and why; does not ask again |
 * | | 5xx, 408, 429, none | says so, offers to begin anew, and asks again after a longer pause |
 * | `POST ?restart`, the form of "Get a new code" | a page | – |
 *
 * A refusal or error in JSON may say why in `message`; the page shows that as text. Other parameters of the query stay
 * in these requests. Without JavaScript the page loads itself again, with `?shown` as well, so that a forgotten tab
 * begins nothing.
 */
export function buildDevicePage(page: DevicePage): PageResponse {
  const { userCode, verificationURI, verificationURIComplete, interval } = page
  const { title = 'This application', homeURL = '/', query } = page
  const reload = buildAddress(query, `shown=${encodeURIComponent(userCode)}`)
  const minutes = Math.max(1, Math.round(page.expiresIn / 60))
  return buildPage({
    title: 'Confirm this code at xAI',
    site: page.title,
    policy: { 'connect-src': "'self'", 'form-action': "'self'" },
    head: html`<noscript><meta http-equiv="refresh" content="${interval}; url=${reload}"></noscript>\n`,
    script: `${copyScript}${deviceScript}`,
    content: html`<div id="waiting" data-shown="${userCode}" data-expires-in="${page.expiresIn}" data-interval="${interval}" data-home="${homeURL}">
<p class="lead"><strong>${title}</strong> asks to sign you in with xAI. Go on only if you began this here yourself, and give the code to nobody.</p>
${buildCopyable('code', buildGroups(userCode), 'big')}
${buildContinueLink(verificationURIComplete ?? verificationURI)}
<p class="quiet">Or open <a href="${verificationURI}" target="_blank" rel="noopener noreferrer">${buildBreakable(hostAndPathOf(verificationURI))}</a> on any device and type the code.</p>
<div class="section">
<p class="status"><span role="status">Waiting for xAI.</span> <span role="timer" class="quiet">${minutes} min left</span></p>
<p class="quiet">Check there that the code is the same, and allow access. Then come back: this page goes on by itself.</p>
<p class="unseen" role="status"></p>
<noscript><p class="quiet">Without JavaScript, this page loads itself again every few seconds. <a href="${reload}">Look now</a></p></noscript>
<div id="trouble" hidden>${buildRestart('', query)}</div>
</div>
</div>
<div id="over" hidden>
<p class="lead"></p>
${buildRestart('primary', query)}
</div>
${buildWayBack(homeURL)}`,
  })
}

/** The page for a code that is not pending any more: it was used in another tab, has expired, or gave way to a new one. */
export function buildEndedDevicePage({
  title,
  homeURL = '/',
  query,
}: Pick<DevicePage, 'title' | 'homeURL' | 'query'>): PageResponse {
  return buildPage({
    title: 'This code has ended',
    site: title,
    policy: { 'form-action': "'self'" },
    content: html`<p class="lead">It was used in another tab, has expired, or gave way to a new one.</p>
<p><a class="button primary wide" href="${homeURL}">Back to the application</a></p>
${buildRestart('', query)}`,
  })
}

/** An address of the page's own route, relative to wherever that is mounted. */
const buildAddress = (query: string | undefined, parameter: string): string =>
  `?${[query, parameter].filter(Boolean).join('&')}`

const buildRestart = (rank: 'primary' | '', query: string | undefined): HTML =>
  html`<form method="post" action="${buildAddress(query, 'restart')}"><button class="${rank && 'primary '}wide">Get a new code</button></form>`

/** The code in groups, so that it can be read out and is never broken within one. Nothing is added to its text. */
const buildGroups = (userCode: string): HTML =>
  html`${(userCode.match(/[^-]{1,4}-?|-/g) ?? []).map((group) => html`<span>${group}</span>`)}`

const hostAndPathOf = (url: string): string => url.replace(/^https?:\/\//, '')

import { randomBytes } from 'node:crypto'
import { HTML, html } from './html.js'
import { stylesheet } from './stylesheet.js'

/** A response as a value, before anything sends it. */
export interface PageResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Headers of every response: nothing caches it, takes it for something else, or learns its address from a link on it. */
export const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** What a page shows and may do. */
export interface PageParts {
  /** The heading, and the beginning of the document's title. */
  readonly title: string
  /** What follows the heading; build it with the tag `html`. */
  readonly content: HTML
  /** The end of the document's title, e.g. the name of the application. */
  readonly site?: string | undefined
  /** A line above the page that says what kind of page this is. */
  readonly banner?: HTML | undefined
  /** More elements of the document's head. */
  readonly head?: HTML | undefined
  /** JavaScript that runs when the page is there. It is a constant: what it has to know stands in `data-` attributes. */
  readonly script?: string | undefined
  /** HTTP status; default 200. */
  readonly status?: number | undefined
  /** Directives of the Content-Security-Policy besides the strict ones, e.g. `{ 'img-src': "'self'" }`. */
  readonly policy?: Readonly<Record<string, string>> | undefined
}

/**
 * Builds a page in the look that all pages of the library share: the relay's, the emulator's and the device page.
 *
 *     const { status, headers, body } = buildPage({
 *       title: 'Choose an account',
 *       content: html`<p>Hello ${name}</p>`,
 *       policy: { 'form-action': "'self'" },
 *     })
 *
 * The page allows nothing but its own style and script, which carry a nonce: no form, image, or request without a
 * directive in `policy`, never a frame around it or a `<base>` in it. Style attributes and `on…` attributes do not
 * work. Nothing caches the page. `stylesheet.ts` lists the classes.
 */
export function buildPage(parts: PageParts): PageResponse {
  const { title, content, site, banner, head, script, status = 200, policy } = parts
  const nonce = randomBytes(16).toString('base64url')
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}${site && ` · ${site}`}</title>
<style nonce="${nonce}">${new HTML(stylesheet)}</style>
${head}</head>
<body>
${banner && html`<header>${banner}</header>\n`}<main>
<h1 tabindex="-1">${title}</h1>
${content}
</main>
${script && html`<script nonce="${nonce}">${new HTML(script)}</script>\n`}</body>
</html>
`
  const directives = {
    'default-src': "'none'",
    'style-src': `'nonce-${nonce}'`,
    ...(script && { 'script-src': `'nonce-${nonce}'` }),
    'form-action': "'none'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
    ...policy,
  }
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': Object.entries(directives)
        .map(([name, sources]) => `${name} ${sources}`)
        .join('; '),
      ...privateHeaders,
    },
    body: `${page}`,
  }
}

/** The one action of a page that sends the person to xAI, and stays open meanwhile. */
export const buildContinueLink = (url: string): HTML =>
  html`<p><a class="button primary wide" href="${url}" target="_blank" rel="noopener noreferrer">Continue at xAI <span aria-hidden="true">↗</span><span class="unseen">(new tab)</span></a></p>`

/** The way out at the end of a page. */
export const buildWayBack = (homeURL: string): HTML =>
  html`<p class="quiet"><a href="${homeURL}">Back to the application</a></p>`

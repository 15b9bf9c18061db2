import { type HTML, html } from '../page/html.js'
import type { Answer } from './answer.js'

/**
 * No third party, no inline script or style. Forms may lead to any web page, because a browser applies
 * `form-action` to every redirect that follows, and those lead to the application and wherever it sends people.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "script-src 'self'",
  'connect-src http:',
  "form-action 'self' http: https:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const stylesheetPath = '/emulator.css'
export const iconPath = '/emulator.svg'

/** A page of the emulator, which always says that it is one. */
export function buildPage(status: number, title: string, content: HTML, scriptPath?: string): Answer {
  const script = scriptPath === undefined ? '' : html`\n<script src="${scriptPath}" defer></script>`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Emulator</title>
<link rel="icon" href="${iconPath}">
<link rel="stylesheet" href="${stylesheetPath}">${script}
</head>
<body>
<header><p><strong>Emulator</strong> for development and tests. This is not xAI.</p></header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: `${page}`,
  }
}

/** A page that says what went wrong, in the server's words. */
export const buildErrorPage = (status: number, error: string, description: string): Answer =>
  buildPage(
    status,
    'This sign-in cannot go on',
    html`<p>${description}</p>
<p class="quiet">Error <code>${error}</code>. Go back to the application and start again.</p>`,
  )

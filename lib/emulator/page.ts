import { html } from '../page/html.js'
import { buildPage, type PageParts } from '../page/page.js'
import { type EmulatorAccount, labelOf } from './account.js'
import type { Context } from './oidc-provider.js'
import type { Handler } from './state.js'

/** The paths of xAI's OAuth server, by oidc-provider's names; the last one is at `accounts.x.ai` there. */
export const paths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  revocation: '/oauth2/revoke',
  device_authorization: '/oauth2/device/code',
  code_verification: '/oauth2/device',
} as const

/** Whether a path belongs to the device authorization grant; `/device` is its page under a name that is short to type. */
export const isDevicePath = (path: string): boolean => /^(\/oauth2)?\/device\b/.test(path)

/** The path of the picture that the emulator serves for an account. */
export const picturePath = ({ id }: EmulatorAccount): string => `/pictures/${encodeURIComponent(id)}.svg`

/** Responds with a page of the emulator, which always says that it is one. */
export function showPage(ctx: Context, { policy, ...parts }: PageParts): void {
  const { status, headers, body } = buildPage({
    ...parts,
    site: 'Emulator',
    banner: html`<p><strong>Emulator</strong> for development and tests. This is not xAI.</p>`,
    policy: {
      'img-src': "'self'",
      // A browser applies this to every redirect that follows: to the application, and wherever it sends people.
      'form-action': "'self' http: https:",
      ...policy,
    },
  })
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}

/** Says on a page what went wrong, in the server's words. */
export const showErrorPage = (ctx: Context, error: string, description: string, status = ctx.status): void =>
  showPage(ctx, {
    status,
    title: 'This sign-in cannot go on',
    content: html`<p class="lead">${description}</p>
<p class="quiet">Error <code>${error}</code>. Go back to the application and start again.</p>`,
  })

/** Responds with a picture of an account, its initial on a colour of its own. Applications may show it. */
export const showPicture: Handler = ({ settings }, ctx) => {
  const account = settings.accounts.find((known) => picturePath(known) === ctx.path)
  if (!account) return showErrorPage(ctx, 'not_found', 'This is the picture of nobody.', 404)
  const hue = [...account.id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 11)
  ctx.set({ 'content-type': 'image/svg+xml; charset=utf-8', 'cross-origin-resource-policy': 'cross-origin' })
  ctx.body = `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">
<rect width="96" height="96" fill="hsl(${hue} 55% 32%)"/>
<text x="48" y="50" fill="#fff" font-family="system-ui, sans-serif" font-size="44" text-anchor="middle" dominant-baseline="central">${labelOf(account).slice(0, 1).toUpperCase()}</text>
</svg>
`}`
}

/** Whether no person looks at the response, as with `decide`. */
export const wantsJSON = (ctx: Context): boolean => ctx.accepts('html', 'json') === 'json'

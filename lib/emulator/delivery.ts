import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buildCopyable, copyScript } from '../page/copyable.js'
import { type HTML, html } from '../page/html.js'
import { isLoopbackURL } from './client.js'
import type { Context } from './oidc-provider.js'
import { showPage, wantsJSON } from './page.js'
import type { EmulatorState } from './state.js'

/** The response mode of every authorization request. */
export const responseMode = 'xai'

/** Fetches as xAI's consent page does, and shows the part of the page that says how it went. */
const script = `
{
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
}
`

const isGranted = ({ statusCode = 0, headers }: IncomingMessage, origin: string): boolean =>
  statusCode >= 200 &&
  statusCode < 300 &&
  [origin, '*'].some((allowed) => headers['access-control-allow-origin'] === allowed) &&
  headers['access-control-allow-private-network'] === 'true'

/**
 * Sends the preflight with which a browser asks a loopback address whether a public site may fetch from it (Private
 * Network Access), and returns whether it may. The emulator's own page is on loopback, so no browser would ask.
 * Gives up after 5 seconds.
 */
async function requestPreflight({ issuer, closing }: EmulatorState, target: URL): Promise<boolean> {
  const headers = {
    origin: issuer,
    'access-control-request-method': 'GET',
    'access-control-request-private-network': 'true',
  }
  const signal = AbortSignal.any([closing, AbortSignal.timeout(5000)])
  try {
    const preflight = request(target, { method: 'OPTIONS', headers, agent: false, signal }).end()
    const [response] = (await once(preflight, 'response')) as [IncomingMessage]
    response.destroy()
    return isGranted(response, issuer)
  } catch {
    return false
  }
}

const buildCode = (callback: URL): HTML => {
  const code = callback.searchParams.get('code')
  return code === null
    ? html`<p>The application was not told that the sign-in failed: <code>${callback.searchParams.get('error')}</code>.</p>`
    : html`<p>The application could not be reached. If it asks for a code, copy this one into it:</p>
${buildCopyable('code', code)}`
}

/**
 * The page that delivers to a callback on loopback by `fetch`, and that shows the bare code, without the state, when
 * that fails. When it is known already that it will (`isReachable` false), nothing is fetched.
 */
const showDeliveryPage = (ctx: Context, callback: URL, isReachable: boolean): void =>
  showPage(ctx, {
    title: 'Back to the application',
    content: html`<div role="status"${isReachable && html` data-deliver="${callback.href}"`}>
<p data-state="delivering" hidden>Telling the application…</p>
<p data-state="delivered" hidden>The application knows. You can close this tab and return to it.</p>
</div>
<div data-state="undelivered">${buildCode(callback)}</div>`,
    script: `${copyScript}${script}`,
    policy: { 'connect-src': 'http:' },
  })

/** Sends the outcome of an authorization request to the callback: by a redirect, or as xAI does on loopback. */
export async function deliver(
  emulator: EmulatorState,
  ctx: Context,
  redirectURI: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { issOnCallback, loopbackDelivery } = emulator.settings
  const callback = new URL(redirectURI)
  for (const [name, value] of Object.entries(parameters))
    if (name !== 'iss' || issOnCallback) callback.searchParams.set(name, `${value}`)
  const byFetch = loopbackDelivery === 'fetch' && isLoopbackURL(redirectURI) && !wantsJSON(ctx)
  if (byFetch) return showDeliveryPage(ctx, callback, await requestPreflight(emulator, callback))
  ctx.status = 303
  ctx.redirect(callback.href)
}

import { html } from '../page/html.js'
import type { Answer } from './answer.js'
import { buildPage } from './page.js'

export const scriptPath = '/emulator.js'

const buildCode = (callback: URL) => {
  const code = callback.searchParams.get('code')
  return code === null
    ? html`<p>The application was not told that the sign-in failed: <code>${callback.searchParams.get('error')}</code>.</p>`
    : html`<p>The application could not be reached. If it asks for a code, copy this one into it:</p>
<p><code class="code" id="code">${code}</code></p>`
}

/**
 * The page that delivers to a callback on loopback by `fetch`, and that shows the bare code, without the state, when
 * that fails. When it is known already that it will (`isReachable` false), nothing is fetched.
 */
export function buildDeliveryPage(callback: URL, isReachable: boolean): Answer {
  const target = isReachable ? html` data-deliver="${callback.href}"` : ''
  return buildPage(
    200,
    'Back to the application',
    html`<div role="status"${target}>
<p data-state="delivering" hidden>Telling the application…</p>
<div data-state="delivered" hidden><p>The application knows. You can close this tab and return to it.</p></div>
<div data-state="undelivered">${buildCode(callback)}</div>
</div>`,
    scriptPath,
  )
}

import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { buildCopyable, copyScript } from '../page/copyable.js'
import { html } from '../page/html.js'
import type { Account } from './account.js'
import type { Context, ErrorOut, Grant } from './oidc-provider.js'
import { showPage, wantsJSON } from './page.js'
import type { EmulatorState, Handler } from './state.js'

/** What a person decides: the account grants all that is asked for, or the request is denied with an error code. */
export interface Decision {
  readonly account: Account
  readonly denial?: string | undefined
}

export const declined = 'The person declined the request'

/** What a Team is never granted: no id_token and no userinfo follow from it. */
const refusedToTeam = new Set(['openid', 'email'])

/** What a decision comes to: the account grants what is asked for as far as xAI lets it, or there is an OAuth error. */
export async function settle(
  { provider }: EmulatorState,
  { account, denial }: Decision,
  clientId: string,
  scopes: readonly string[],
): Promise<Grant | ErrorOut> {
  const isTeam = account.principal !== undefined
  if (denial !== undefined) return { error: denial, error_description: declined }
  if (scopes.includes('team:read') && !isTeam)
    return { error: 'invalid_scope', error_description: 'team:read is not available to a User principal' }
  const grant = new provider.Grant({ accountId: account.sub, clientId })
  grant.addOIDCScope(scopes.filter((scope) => !isTeam || !refusedToTeam.has(scope)))
  if (isTeam) grant.rejectOIDCScope(refusedToTeam)
  await grant.save()
  return grant
}

/** No application on the same host has cookies of these names. */
export const cookieNames = {
  session: 'xai_emulator_session',
  interaction: 'xai_emulator_interaction',
  resume: 'xai_emulator_resume',
} as const

/** The session of a browser in which a person has decided, for a request that shows no pages. */
export async function buildSessionCookie({ provider }: EmulatorState, decision: Decision): Promise<string> {
  const session = new provider.Session()
  session.loginAccount({ accountId: decision.account.sub })
  session.state = { denial: decision.denial }
  await session.save(60)
  return `${cookieNames.session}=${session.jti}`
}

/** What whoever is signed in grants: they have consented already. */
export async function loadGrant(emulator: EmulatorState, { oidc }: Context): Promise<Grant> {
  const account = emulator.findAccount('sub', oidc.account?.accountId) as Account
  const decision = { account, denial: oidc.session?.state?.denial as Decision['denial'] }
  const outcome = await settle(emulator, decision, `${oidc.client?.clientId}`, [
    ...oidc.requestParamOIDCScopes,
  ])
  if (!('error' in outcome)) return outcome
  throw new emulator.module.errors.CustomOIDCProviderError(outcome.error, outcome.error_description)
}

/** The response mode of every authorization request. */
export const responseMode = 'xai'

/** What xAI's own client sends; everything else is ignored (RFC 6749 §3.1), because nobody has seen it honoured. */
const honoured =
  'response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method'.split(' ')

/** The parameters as oidc-provider needs them for what xAI's server does. */
function buildQuery(sent: string): string {
  const query = new URLSearchParams(
    [...new URLSearchParams(sent)].filter(([name]) => honoured.includes(name)),
  )
  // oidc-provider refuses a nonce without `openid`, and issues no refresh token without this prompt.
  if (!`${query.get('scope')}`.split(' ').includes('openid')) query.delete('nonce')
  query.set('prompt', 'consent')
  query.set('response_mode', responseMode)
  return `${query}`
}

/** The authorization endpoint, which takes the parameters as a query and as a form (OpenID Connect Core §3.1.2.1). */
export const authorize: Handler = async (emulator, ctx, next) => {
  const { signInAs: account } = emulator.settings
  const { headers } = ctx.req
  ctx.querystring = buildQuery(ctx.method === 'POST' ? ctx.state.request.body : ctx.querystring)
  ctx.method = 'GET'
  if (account && !headers.cookie?.includes(cookieNames.session))
    headers.cookie = await buildSessionCookie(emulator, { account })
  await next()
}

/** Whether a URL is http on a loopback host, any port, any path. */
export function isLoopbackURL(value: string): boolean {
  const { protocol, hostname } = new URL(URL.canParse(value) ? value : 'about:blank')
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** Sends a request without a body; not by `fetch`, which tests of applications replace. */
export async function send(url: string | URL, options: RequestOptions): Promise<IncomingMessage> {
  const [response] = await once(request(url, { agent: false, ...options }).end(), 'response')
  return response
}

/**
 * Sends the preflight with which a browser asks a loopback address whether a public site may fetch from it (Private
 * Network Access), and returns whether it may. The emulator's own page is on loopback, so no browser would ask.
 */
async function requestPreflight({ issuer, closing }: EmulatorState, target: URL): Promise<boolean> {
  const preflight = {
    origin: issuer,
    'access-control-request-method': 'GET',
    'access-control-request-private-network': 'true',
  }
  const signal = AbortSignal.any([closing, AbortSignal.timeout(5000)])
  try {
    const response = await send(target, { method: 'OPTIONS', headers: preflight, signal })
    const { statusCode = 0, headers } = response.destroy()
    return (
      Math.floor(statusCode / 100) === 2 &&
      [issuer, '*'].includes(`${headers['access-control-allow-origin']}`) &&
      headers['access-control-allow-private-network'] === 'true'
    )
  } catch {
    return false
  }
}

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

/**
 * The page that delivers to a callback on loopback by `fetch`, and that shows the bare code, without the state, when
 * that fails. When it is known already that it will (`isReachable` false), nothing is fetched.
 */
function showDeliveryPage(ctx: Context, { href, searchParams }: URL, isReachable: boolean): void {
  const code = searchParams.get('code')
  const undelivered =
    code === null
      ? html`<p>The application was not told that the sign-in failed: <code>${searchParams.get('error')}</code>.</p>`
      : html`<p>The application could not be reached. If it asks for a code, copy this one into it:</p>
${buildCopyable('code', code)}`
  showPage(ctx, {
    title: 'Back to the application',
    content: html`<div role="status"${isReachable && html` data-deliver="${href}"`}>
<p data-state="delivering" hidden>Telling the application…</p>
<p data-state="delivered" hidden>The application knows. You can close this tab and return to it.</p>
</div>
<div data-state="undelivered">${undelivered}</div>`,
    script: `${copyScript}${script}`,
    policy: { 'connect-src': 'http:' },
  })
}

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
  if (loopbackDelivery === 'fetch' && isLoopbackURL(redirectURI) && !wantsJSON(ctx))
    return showDeliveryPage(ctx, callback, await requestPreflight(emulator, callback))
  ctx.status = 303
  ctx.redirect(callback.href)
}

import type { EmulatorAccount } from './account.js'
import { type Answer, buildRedirect } from './answer.js'
import { isLoopbackURL } from './client.js'
import { buildConsent } from './decision.js'
import { buildDeliveryPage } from './delivery-page.js'
import { clientOf, type EmulatorState } from './emulator-state.js'
import { paths } from './metadata.js'
import { cookiePrefix, signInPath } from './oidc-configuration.js'
import { buildErrorPage } from './page.js'
import { requestPreflight } from './preflight.js'
import type { ReceivedRequest } from './received-request.js'

/** What xAI's own client sends; everything else is ignored (RFC 6749 §3.1), because nobody has seen it honoured. */
const honoured = new Set([
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
])

/** The request as oidc-provider needs it to ask for consent always, which it wants for `offline_access`. */
function buildTarget(target: string): string {
  const url = new URL(target, 'http://127.0.0.1')
  const parameters = new URLSearchParams([...url.searchParams].filter(([name]) => honoured.has(name)))
  const isOpenID = `${parameters.get('scope')}`.split(' ').includes('openid')
  if (!isOpenID) parameters.delete('nonce')
  parameters.set('prompt', 'consent')
  return `${url.pathname}?${parameters}`
}

const isOwnCookie = (cookie: string): boolean => !cookie.startsWith(`${cookiePrefix}session`)

/** Every sign-in begins anew, as in several browsers: the cookie that would remember the account stays here. */
const keptCookies = ({ headers }: Answer): string[] =>
  [headers['set-cookie'] ?? []].flat().map(String).filter(isOwnCookie)

async function deliver(
  { issuer, settings, closing }: EmulatorState,
  location: string,
  cookies: string[],
): Promise<Answer> {
  const callback = new URL(location)
  if (!settings.issOnCallback) callback.searchParams.delete('iss')
  if (settings.loopbackDelivery === 'redirect' || !isLoopbackURL(location))
    return buildRedirect(callback.href, { 'set-cookie': cookies })
  const page = buildDeliveryPage(callback, await requestPreflight(callback, issuer, closing))
  return { ...page, headers: { ...page.headers, 'set-cookie': cookies } }
}

async function signInAtOnce(
  emulator: EmulatorState,
  account: EmulatorAccount,
  page: string,
): Promise<Answer> {
  const uid = page.slice(signInPath.length + 1)
  const cookie = ['interaction', 'resume'].map((name) => `${cookiePrefix}${name}=${uid}`).join('; ')
  const request = { method: 'GET', target: page, headers: { cookie } }
  const interaction = await emulator.server.interaction(request)
  const next = await emulator.server.decide(
    request,
    await buildConsent(emulator.server, interaction, account),
  )
  return emulator.server.answer({ ...request, target: new URL(next).pathname })
}

/** Answers `/oauth2/authorize`, and the URLs below it at which a decided request goes on. */
export async function answerAuthorization(
  emulator: EmulatorState,
  request: ReceivedRequest,
): Promise<Answer> {
  const { cookie } = request.headers
  const isNew = request.path === paths.authorization
  const { client_id: clientID } = request.query
  if (clientID !== undefined && clientOf(emulator, clientID) === undefined)
    return buildErrorPage(400, 'invalid_client', `Unknown or disabled client: ${clientID}`)
  const target = isNew ? buildTarget(request.target) : request.path
  const answer = await emulator.server.answer({ method: 'GET', target, headers: { cookie } })
  const { location } = answer.headers
  if (typeof location !== 'string') {
    const { error, error_description: description } = JSON.parse(`${answer.body}`) as Record<string, string>
    return buildErrorPage(answer.status, `${error}`, `${description}`)
  }
  if (!location.startsWith(signInPath)) return deliver(emulator, location, keptCookies(answer))
  const { signInAs } = emulator.settings
  if (signInAs === undefined) return buildRedirect(location, { 'set-cookie': keptCookies(answer) })
  const { headers } = await signInAtOnce(emulator, signInAs, location)
  return deliver(emulator, `${headers.location}`, [])
}

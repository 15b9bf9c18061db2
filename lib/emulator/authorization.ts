import { subjectOf } from './account.js'
import type { Decision } from './decision.js'
import { responseMode } from './delivery.js'
import type { Context } from './oidc-provider.js'
import type { EmulatorState, Handler } from './state.js'

/** No application on the same host has cookies of these names. */
export const cookieNames = {
  session: 'xai_emulator_session',
  interaction: 'xai_emulator_interaction',
  resume: 'xai_emulator_resume',
} as const

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

/** The parameters as oidc-provider needs them for what xAI's server does. */
function buildQuery(sent: string): string {
  const parameters = new URLSearchParams(
    [...new URLSearchParams(sent)].filter(([name]) => honoured.has(name)),
  )
  // oidc-provider refuses a nonce without `openid`, and issues no refresh token without this prompt.
  if (!`${parameters.get('scope')}`.split(' ').includes('openid')) parameters.delete('nonce')
  parameters.set('prompt', 'consent')
  parameters.set('response_mode', responseMode)
  return `${parameters}`
}

/** The session of a browser in which a person has decided, for a request that shows no pages. */
export async function buildSessionCookie(
  { provider }: EmulatorState,
  { account, denial }: Decision,
): Promise<string> {
  const session = new provider.Session()
  session.loginAccount({ accountId: subjectOf(account) })
  session.state = { denial }
  await session.save(60)
  return `${cookieNames.session}=${session.jti}`
}

/** Every sign-in begins anew, as in several browsers: no cookie that would remember the account gets out. */
function dropSessionCookies(ctx: Context): void {
  const cookies = [ctx.response.headers['set-cookie'] ?? []].flat().map(String)
  const kept = cookies.filter((cookie) => !cookie.startsWith(cookieNames.session))
  if (kept.length > 0) ctx.set('set-cookie', kept)
  else ctx.remove('set-cookie')
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
  dropSessionCookies(ctx)
}

/** Where the authorization request goes on when a person has decided on the pages. */
export const resume: Handler = async (_emulator, ctx, next) => {
  await next()
  dropSessionCookies(ctx)
}

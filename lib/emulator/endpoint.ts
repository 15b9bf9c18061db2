import type { Context } from './oidc-provider.js'
import { formType, mediaTypeOf } from './request-body.js'
import { digestOf } from './signing-key.js'
import type { EmulatorState, Handler } from './state.js'

/** An OAuth error response (RFC 6749 §5.2). */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status
  ctx.set('cache-control', 'no-store')
  ctx.body = { error, error_description: description }
}

/**
 * xAI's response to a code exchange that does not repeat the challenge (hermes-agent#26990, #27573), in its words.
 * A repeated challenge that is not the verifier's is refused as a wrong verifier is.
 */
function findEchoError(
  form: Readonly<Record<string, string>>,
): [error: string, description: string] | undefined {
  if (!form.code_challenge) return ['invalid_request', 'code_challenge is required']
  if (form.code_challenge_method !== 'S256') return ['invalid_request', 'code_challenge_method must be S256']
  return form.code_challenge === digestOf(form.code_verifier ?? '')
    ? undefined
    : ['invalid_grant', 'code_challenge does not match code_verifier']
}

async function respondToToken(
  emulator: EmulatorState,
  ctx: Context,
  next: () => Promise<void>,
): Promise<void> {
  const { forger, signingKey, settings } = emulator
  const { parameters = {} } = ctx.state.request
  if (settings.refuseJSON && mediaTypeOf(ctx.headers) !== formType)
    return refuse(ctx, 415, 'invalid_request', `Content-Type must be ${formType}`)
  const isEchoNeeded = settings.requireCodeChallengeEcho && parameters.grant_type === 'authorization_code'
  const echoError = isEchoNeeded ? findEchoError(parameters) : undefined
  if (echoError) return refuse(ctx, 400, ...echoError)
  await next()
  const tokens = ctx.body as { id_token?: string }
  if (tokens.id_token) ctx.body = { ...tokens, id_token: forger.buildIDToken(tokens.id_token, signingKey) }
}

/** The token endpoint, one request after the other. */
export const token: Handler = (emulator, ctx, next) => {
  const turn = emulator.lastTokenRequest.then(() => respondToToken(emulator, ctx, next))
  emulator.lastTokenRequest = turn.catch(() => undefined)
  return turn
}

/** The revocation endpoint: oidc-provider leaves JWTs to resource servers, and xAI's access tokens are JWTs. */
export const revocation: Handler = async ({ provider }, ctx, next) => {
  await next()
  if ((ctx.body as { error?: string }).error !== 'unsupported_token_type') return
  const accessToken = await provider.AccessToken.find(ctx.state.request.parameters.token)
  if (accessToken && accessToken.clientId === ctx.oidc.client?.clientId) {
    await provider.AccessToken.revokeByGrantId(accessToken.grantId)
    await provider.RefreshToken.revokeByGrantId(accessToken.grantId)
  }
  ctx.status = 200
  ctx.body = ''
}

/** The userinfo endpoint. */
export const userinfo: Handler = async ({ forger }, ctx, next) => {
  await next()
  if (ctx.status === 200 && forger.take(['userinfo of another sub']))
    ctx.body = { ...(ctx.body as object), sub: 'another-subject' }
}

/** The device authorization endpoint: oidc-provider leaves out the interval (RFC 8628 §3.2). */
export const deviceAuthorization: Handler = async ({ settings }, ctx, next) => {
  await next()
  if (ctx.status === 200) ctx.body = { ...(ctx.body as object), interval: settings.deviceFlow?.interval }
}

/** What captures of xAI's discovery document show (OpenID Connect Discovery §3). */
const seen = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'revocation_endpoint',
  'device_authorization_endpoint',
  'jwks_uri',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'code_challenge_methods_supported',
  'id_token_signing_alg_values_supported',
  'scopes_supported',
]

/** What OpenID Connect Discovery §3 demands besides. */
const demanded = ['response_types_supported', 'subject_types_supported']

/** The discovery document. */
export const discovery: Handler = async ({ settings }, ctx, next) => {
  await next()
  const metadata = ctx.body as Record<string, unknown>
  const names = settings.completeDiscovery ? [...seen, ...demanded] : seen
  ctx.body = Object.fromEntries(names.map((name) => [name, metadata[name]]))
}

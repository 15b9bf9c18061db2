import type { Context, Middleware } from './oidc-provider.js'
import { formType, mediaTypeOf } from './request-body.js'
import { digestOf } from './signing-key.js'
import type { EmulatorState } from './state.js'

/** An OAuth error response (RFC 6749 §5.2). */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status
  ctx.set('cache-control', 'no-store')
  ctx.body = { error, error_description: description }
}

/**
 * xAI's response to a code exchange that does not repeat the challenge (hermes-agent#26990, #27573), in its words.
 * A repeated challenge that is not the verifier's is refused as a wrong verifier is.
 *
 * @returns whether the exchange is refused
 */
function refuseMissingEcho(ctx: Context, parameters: Readonly<Record<string, string>>): boolean {
  const {
    code_challenge: challenge,
    code_challenge_method: method,
    code_verifier: verifier = '',
  } = parameters
  if (!challenge) refuse(ctx, 400, 'invalid_request', 'code_challenge is required')
  else if (method !== 'S256') refuse(ctx, 400, 'invalid_request', 'code_challenge_method must be S256')
  else if (challenge !== digestOf(verifier))
    refuse(ctx, 400, 'invalid_grant', 'code_challenge does not match code_verifier')
  else return false
  return true
}

/** The token endpoint, one request after the other. */
export const token =
  (emulator: EmulatorState): Middleware =>
  (ctx, next) => {
    const { forger, keys, settings } = emulator
    const respond = async (): Promise<void> => {
      const { parameters = {} } = ctx.state.request
      if (settings.refuseJSON && mediaTypeOf(ctx.headers) !== formType)
        return refuse(ctx, 415, 'invalid_request', `Content-Type must be ${formType}`)
      const isExchange = parameters.grant_type === 'authorization_code'
      if (settings.requireCodeChallengeEcho && isExchange && refuseMissingEcho(ctx, parameters)) return
      await next()
      const { id_token: idToken } = ctx.body as { id_token?: string }
      if (idToken !== undefined)
        ctx.body = { ...(ctx.body as object), id_token: forger.buildIDToken(idToken, keys.signing) }
    }
    const turn = emulator.lastTokenRequest.then(respond)
    emulator.lastTokenRequest = turn.catch(() => undefined)
    return turn
  }

/** The revocation endpoint: oidc-provider leaves JWTs to resource servers, and xAI's access tokens are JWTs. */
export const revocation =
  (emulator: EmulatorState): Middleware =>
  async (ctx, next) => {
    await next()
    if ((ctx.body as { error?: string }).error !== 'unsupported_token_type') return
    const { AccessToken, RefreshToken } = emulator.provider
    const accessToken = await AccessToken.find(ctx.state.request.parameters.token)
    if (accessToken && accessToken.clientId === ctx.oidc.client?.clientId) {
      await AccessToken.revokeByGrantId(accessToken.grantId)
      await RefreshToken.revokeByGrantId(accessToken.grantId)
    }
    ctx.status = 200
    ctx.body = ''
  }

/** The userinfo endpoint. */
export const userinfo =
  ({ forger }: EmulatorState): Middleware =>
  async (ctx, next) => {
    await next()
    if (ctx.status === 200 && forger.take(['userinfo of another sub']))
      ctx.body = { ...(ctx.body as object), sub: 'another-subject' }
  }

/** The device authorization endpoint: oidc-provider leaves out the interval (RFC 8628 §3.2). */
export const deviceAuthorization =
  ({ settings }: EmulatorState): Middleware =>
  async (ctx, next) => {
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
export const discovery =
  ({ settings }: EmulatorState): Middleware =>
  async (ctx, next) => {
    await next()
    const metadata = ctx.body as Record<string, unknown>
    const names = settings.completeDiscovery ? [...seen, ...demanded] : seen
    ctx.body = Object.fromEntries(names.map((name) => [name, metadata[name]]))
  }

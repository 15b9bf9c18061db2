import { createHash } from 'node:crypto'
import { emitWarning } from 'node:process'
import { isTooSoon } from './device.js'
import type { Context, ErrorOut, Provider } from './oidc-provider.js'
import { paths, showErrorPage, wantsJSON } from './page.js'
import type { EmulatorState, Handler } from './state.js'
import type { Claims } from './token.js'

/** An OAuth error response (RFC 6749 §5.2). */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status
  ctx.set('cache-control', 'no-store')
  ctx.body = { error, error_description: description }
}

const respondToToken: Handler = async ({ settings, forger, keys }, ctx, next) => {
  const { parameters: form } = ctx.state.request
  if (settings.refuseJSON && form === undefined)
    return refuse(ctx, 415, 'invalid_request', 'Content-Type must be application/x-www-form-urlencoded')
  if (settings.requireCodeChallengeEcho && form?.grant_type === 'authorization_code') {
    const { code_challenge: challenge, code_challenge_method: method, code_verifier: verifier = '' } = form
    // xAI's words (hermes-agent#26990, #27573). A challenge that is not the verifier's is refused as a wrong verifier is.
    if (!challenge) return refuse(ctx, 400, 'invalid_request', 'code_challenge is required')
    if (method !== 'S256') return refuse(ctx, 400, 'invalid_request', 'code_challenge_method must be S256')
    if (challenge !== createHash('sha256').update(verifier).digest('base64url'))
      return refuse(ctx, 400, 'invalid_grant', 'code_challenge does not match code_verifier')
  }
  await next()
  const tokens = ctx.body as { id_token?: string }
  if (tokens.id_token) ctx.body = { ...tokens, id_token: forger.buildIDToken(tokens.id_token, keys[0]) }
}

/** The token endpoint, one request after the other. */
export const token: Handler = (emulator, ctx, next) => {
  const turn = emulator.lastTokenRequest.then(() => respondToToken(emulator, ctx, next))
  emulator.lastTokenRequest = turn.catch(() => undefined)
  return turn
}

/** The revocation endpoint: oidc-provider leaves JWTs to resource servers, and xAI's access tokens are JWTs. */
export const revocation: Handler = async ({ provider: { AccessToken, RefreshToken } }, ctx, next) => {
  await next()
  if ((ctx.body as { error?: string }).error !== 'unsupported_token_type') return
  const accessToken = await AccessToken.find(ctx.state.request.parameters.token)
  if (accessToken && accessToken.clientId === ctx.oidc.client?.clientId)
    for (const model of [AccessToken, RefreshToken]) await model.revokeByGrantId(accessToken.grantId)
  ctx.status = 200
  ctx.body = ''
}

/** What captures of xAI's discovery document show (OpenID Connect Discovery §3). */
const shown =
  'issuer authorization_endpoint token_endpoint userinfo_endpoint revocation_endpoint device_authorization_endpoint ' +
  'jwks_uri grant_types_supported token_endpoint_auth_methods_supported code_challenge_methods_supported ' +
  'id_token_signing_alg_values_supported scopes_supported'

/** What OpenID Connect Discovery §3 demands besides. */
const demanded = 'response_types_supported subject_types_supported'

/** Changes what oidc-provider responds with when all is well. */
const edited =
  (edit: (body: Claims, emulator: EmulatorState) => Claims): Handler =>
  async (emulator, ctx, next) => {
    await next()
    if (ctx.status === 200) ctx.body = edit(ctx.body as Claims, emulator)
  }

export const discovery = edited((metadata, { settings }) => {
  const names = settings.completeDiscovery ? `${shown} ${demanded}` : shown
  return Object.fromEntries(names.split(' ').map((name) => [name, metadata[name]]))
})

export const userinfo = edited((claims, { forger }) => forger.buildUserinfo(claims))

/** oidc-provider leaves out the interval (RFC 8628 §3.2). */
export const deviceAuthorization = edited((body, { settings }) => ({
  ...body,
  interval: settings.deviceFlow?.interval,
}))

type ProviderError = Error & { readonly error_detail?: string | undefined }

/** The words for a defect, in the place of oidc-provider's "oops". */
const describeDefect = (defect: Error): ErrorOut => ({
  error: 'server_error',
  error_description: `${defect}`,
})

/** Renders an error that is not sent to a callback: as a page to whoever signs in, as JSON to everybody else. */
export function renderError(ctx: Context, out: ErrorOut, cause: ProviderError): void {
  const { error, error_description = '' } = out.error === 'server_error' ? describeDefect(cause) : out
  if (wantsJSON(ctx) || !ctx.path.startsWith(paths.authorization)) ctx.body = { error, error_description }
  else showErrorPage(ctx, error, [error_description, cause.error_detail].filter(Boolean).join(': '))
}

/** Puts errors into xAI's words, as far as these are known. */
export function rewordErrors(emulator: EmulatorState, provider: Provider): void {
  provider.on('grant.error', (ctx, { error }) => {
    const form = ctx.oidc.params ?? {}
    const reword = (words: string, code = error): void => {
      ctx.body = { error: code, error_description: words }
    }
    if (error === 'authorization_pending' && isTooSoon(emulator, `${form.device_code}`))
      reword('Polling too frequently', 'slow_down')
    else if (error === 'authorization_pending') reword('User has not yet authorized')
    else if (error === 'invalid_grant' && form.grant_type === 'refresh_token') {
      const isRevoked = emulator.store.revokedRefreshTokens.has(`${form.refresh_token}`)
      reword(`Refresh token ${isRevoked ? 'has been revoked' : 'not found or invalid'}`)
    }
  })
  provider.on('server_error', (ctx, error) => {
    ctx.body = describeDefect(error)
    emitWarning(error)
  })
  // Koa prints when a connection breaks. Defects do not get here: the router responds to them.
  provider.onerror = () => undefined
}

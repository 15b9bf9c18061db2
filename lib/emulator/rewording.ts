import type { EventEmitter } from 'node:events'
import { emitWarning } from 'node:process'
import type { Context, Provider } from './oidc-provider.js'
import { showErrorPage, wantsJSON } from './page.js'
import type { EmulatorState } from './state.js'

interface ErrorOut {
  readonly error: string
  readonly error_description: string
}

/** What oidc-provider adds to the errors that are not defects. */
interface ProviderError extends Error {
  readonly expose?: boolean | undefined
  readonly error?: string | undefined
  readonly error_description?: string | undefined
  readonly error_detail?: string | undefined
}

type Form = Readonly<Record<string, unknown>>

const isUnknownClient = (error: ProviderError): boolean => error.error_detail === 'client not found'

/** The words for an error; of a defect its own, in the place of oidc-provider's "oops". */
function describe(error: ProviderError): ErrorOut {
  if (isUnknownClient(error))
    return { error: 'invalid_client', error_description: 'Unknown or disabled client' }
  const { error: code = 'server_error', error_description = '' } = error
  return error.expose
    ? { error: code, error_description }
    : { error: 'server_error', error_description: `${error}` }
}

/** Renders the errors that are not sent to a callback: as a page, and as JSON for `decide`. */
export function renderError(ctx: Context, _out: unknown, error: ProviderError): void {
  const out = describe(error)
  if (wantsJSON(ctx)) ctx.body = out
  else if (isUnknownClient(error))
    showErrorPage(ctx, out.error, `${out.error_description}: ${ctx.query.client_id}`)
  else showErrorPage(ctx, out.error, out.error_description)
}

/** How long before the interval is over a poll may come, in milliseconds: clocks and networks are not exact. */
const grace = 100

/** Whether a device code is asked for too soon; from then on 5 seconds more must pass (RFC 8628 §3.5). */
function isTooSoon({ polls, settings }: EmulatorState, deviceCode: string): boolean {
  const at = Date.now()
  const { at: last = 0, interval = settings.deviceFlow?.interval ?? 0 } = polls.get(deviceCode) ?? {}
  const tooSoon = at - last < interval * 1000 - grace
  polls.set(deviceCode, { at, interval: tooSoon ? interval + 5 : interval })
  return tooSoon
}

/** The words of xAI's server for what may differ from one request to the next; undefined where none are known. */
function describeGrant(emulator: EmulatorState, { error }: ProviderError, form: Form): ErrorOut | undefined {
  if (error === 'authorization_pending')
    return isTooSoon(emulator, `${form.device_code}`)
      ? { error: 'slow_down', error_description: 'Polling too frequently' }
      : { error, error_description: 'User has not yet authorized' }
  if (error !== 'invalid_grant' || form.grant_type !== 'refresh_token') return undefined
  const isRevoked = emulator.store.hasRevokedRefreshToken(`${form.refresh_token}`)
  return {
    error,
    error_description: `Refresh token ${isRevoked ? 'has been revoked' : 'not found or invalid'}`,
  }
}

/** Puts the errors of the endpoints that applications call into xAI's words, as far as these are known. */
export function registerRewording(emulator: EmulatorState, provider: Provider): void {
  const reword = (ctx: Context, error: ProviderError): void => {
    ctx.body = describeGrant(emulator, error, ctx.oidc.params ?? {}) ?? describe(error)
    if (isUnknownClient(error)) {
      ctx.status = 400
      ctx.remove('www-authenticate')
    }
  }
  provider.on('grant.error', reword)
  provider.on('revocation.error', reword)
  provider.on('device_authorization.error', reword)
  provider.on('userinfo.error', reword)
  provider.on('server_error', (ctx, error) => {
    ctx.body = describe(error)
    emitWarning(error)
  })
  // Koa prints when a connection breaks. Defects do not get here: the router responds to them.
  const koa: EventEmitter = provider
  koa.on('error', () => undefined)
}

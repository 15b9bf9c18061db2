import { buildAuthorizationURL, checkAuthorizationParams, randomToken } from '../oauth/authorization-url.js'
import { saveSignIn } from '../state/state-store.js'
import { metadataOf, type SignInContext, scopeOf } from './context.js'
import type { Outcome } from './passport-action.js'

/** Sends the browser to xAI with an authorization request (RFC 6749 §4.1.1). */
export async function beginSignIn(context: SignInContext): Promise<Outcome> {
  const { settings, identity, req, options } = context
  const { authorizationURL, clientID, store } = settings
  const meta = metadataOf(context)
  const scope = scopeOf(context)
  const extras = extrasOf(context)
  const codeVerifier = randomToken()
  const state = await saveSignIn(store, req, codeVerifier, options.state, meta)
  void identity.prepare(scope)
  const redirectURI = meta.callbackURL
  const request = { authorizationURL, clientID, redirectURI, scope, state, codeVerifier, extras }
  return { kind: 'redirect', location: buildAuthorizationURL(request) }
}

/** Parameters of the application's own, from wherever it may set them. */
function extrasOf({ settings, strategy, req, options }: SignInContext): Record<string, unknown> {
  const { authorizationParams } = settings
  const own =
    typeof authorizationParams === 'function' ? authorizationParams(req, options) : authorizationParams
  checkAuthorizationParams(own)
  const { prompt, loginHint: login_hint } = options
  const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
  return { ...strategy.authorizationParams(options), ...own, ...perRequest }
}

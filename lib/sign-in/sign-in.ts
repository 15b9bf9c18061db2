import { parseCallbackRequest } from '../oauth/authorization-response.js'
import { buildAuthorizationURL, checkAuthorizationParams } from '../oauth/authorization-url.js'
import { randomToken } from '../oauth/pkce.js'
import { saveSignIn } from '../state/state-store.js'
import { finishSignIn } from './callback.js'
import { metadataOf, type SignInContext, scopeOf } from './context.js'
import type { Outcome } from './passport-action.js'
import { findPurposeProblem, refuse } from './refusal.js'

/** Answers one request to XaiStrategy: begins a sign-in, or ends one. @throws what is to end as Passport's `error` */
export async function signIn(context: SignInContext): Promise<Outcome> {
  const purposeProblem = findPurposeProblem(context.req)
  if (purposeProblem) return refuse(purposeProblem)
  const callback = parseCallbackRequest(context.req)
  switch (callback.kind) {
    case 'begin':
      return beginSignIn(context)
    case 'invalid':
      return refuse(callback.problem)
    case 'callback':
      return finishSignIn(context, callback.parameters)
  }
}

/** Sends the browser to xAI with an authorization request (RFC 6749 §4.1.1). */
async function beginSignIn(context: SignInContext): Promise<Outcome> {
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
  checkAuthorizationParams('XaiStrategy', own)
  const { prompt, loginHint: login_hint } = options
  const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
  return { ...strategy.authorizationParams(options), ...own, ...perRequest }
}

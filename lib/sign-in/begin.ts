import {
  buildAuthorizationURL,
  checkAuthorizationParams,
  hasOpenID,
  parseScope,
  randomToken,
} from '../oauth/authorization-url.js'
import { checkSecureURL } from '../oauth/endpoint.js'
import { type StateMetadata, saveSignIn } from '../state/state-store.js'
import type { SignInContext } from './context.js'
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

/** What this sign-in is bound to. @throws {TypeError} for a callback URL or scopes of the request's that are wrong */
export function metadataOf(context: SignInContext): StateMetadata {
  const { settings, options } = context
  const { authorizationURL, tokenURL, clientID, issuer } = settings
  const { callbackURL = settings.callbackURL } = options
  checkSecureURL('XaiStrategy', 'callbackURL', callbackURL)
  // With openid at the beginning and without it at the callback, nobody would demand the id_token.
  const asksForIDToken = hasOpenID(scopeOf(context))
  return { authorizationURL, tokenURL, clientID, issuer, callbackURL, asksForIDToken }
}

/** The scopes that this request asks for, space-separated. @throws {TypeError} when they are not strings */
export const scopeOf = ({ settings, options }: SignInContext): string =>
  options.scope === undefined ? settings.scope : parseScope('XaiStrategy', options.scope)

import { type XaiErrorDetail, XaiOAuthError } from '../error.js'
import { redact, secretUnlessWord } from '../http/redaction.js'
import {
  type CallbackParameters,
  findPurposeProblem,
  parseCallbackRequest,
} from '../oauth/authorization-response.js'
import {
  buildAuthorizationURL,
  checkAuthorizationParams,
  nonceOf,
  randomToken,
} from '../oauth/authorization-url.js'
import { saveSignIn, takeSignIn } from '../state/state-store.js'
import { exchangeCode } from '../token/code-exchange.js'
import { completeSignIn } from './completion.js'
import { metadataOf, type SignInContext, scopeOf } from './context.js'
import { type Outcome, refuse } from './passport-action.js'

/** Handles one request to XaiStrategy: begins a sign-in, or ends one. @throws what is to end as Passport's `error` */
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
  checkAuthorizationParams(own)
  const { prompt, loginHint: login_hint } = options
  const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
  return { ...strategy.authorizationParams(options), ...own, ...perRequest }
}

/**
 * Ends a sign-in. State first, then `iss`, then `error`, then `code`: nothing is believed of a callback that is
 * not ours, and nothing is sent for it.
 */
async function finishSignIn(context: SignInContext, parameters: CallbackParameters): Promise<Outcome> {
  const { settings, req } = context
  const { state, code, iss, error } = parameters
  const meta = metadataOf(context)
  const scope = scopeOf(context)
  const taken = await takeSignIn(settings.store, req, state ?? '', meta)
  if ('failure' in taken) {
    return { kind: 'fail', info: { code: 'xai_state_invalid', ...taken.failure }, status: 403 }
  }
  if (iss !== undefined && iss !== settings.issuer) {
    const received = redact(iss, [secretUnlessWord(code), state]).slice(0, 200)
    const message = `This callback has an unexpected iss: expected "${settings.issuer}", received "${received}".`
    return { kind: 'fail', info: { code: 'xai_callback_invalid', message }, status: 403 }
  }
  if (error !== undefined) return concludeRefusal(parameters)
  const codeVerifier = taken.codeVerifier as string
  const { strategy, options } = context
  const tokens = await exchangeCode(strategy, code as string, {
    ...strategy.tokenParams(options),
    grant_type: 'authorization_code',
    redirect_uri: meta.callbackURL,
    code_verifier: codeVerifier,
  })
  return completeSignIn(context, {
    tokens,
    nonce: nonceOf(codeVerifier),
    scope,
    applicationState: taken.state,
  })
}

function concludeRefusal({ code, ...refusal }: CallbackParameters): Outcome {
  const clean = (words: string | undefined) => words && redact(words, [secretUnlessWord(code)])
  const [error, description] = [clean(refusal.error), clean(refusal.error_description)]
  if (error === 'access_denied') {
    const message = description ?? 'Access was denied at xAI.'
    return { kind: 'fail', info: { code: 'access_denied', message }, status: 403 }
  }
  const message = `xAI refused the authorization: ${[error, description].filter(Boolean).join(': ')}`
  const detail = { error, error_description: description, error_uri: clean(refusal.error_uri) }
  return {
    kind: 'error',
    error: new XaiOAuthError('xai_authorization_failed', message, detail as XaiErrorDetail),
  }
}

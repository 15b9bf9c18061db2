import { buildAuthorizationURL, checkAuthorizationParams, hasOpenID } from './authorization-request.js'
import { finishSignIn } from './callback.js'
import { parseCallbackRequest } from './callback-request.js'
import { IdentityReader } from './identity.js'
import type { XaiOAuth2 } from './oauth2-client.js'
import type { Outcome } from './passport-action.js'
import { buildCodeVerifier } from './pkce.js'
import { buildProfile, type XaiProfile } from './profile.js'
import { metadataOf, type SignInContext, scopeOf } from './sign-in-context.js'
import { saveSignIn } from './state/state-store.js'
import type { StrategySettings } from './strategy-option.js'

/** The sign-ins of one strategy. */
export class SignIns {
  private readonly strategy: Pick<SignInContext, 'settings' | 'identity' | 'verify'>

  constructor(client: XaiOAuth2, settings: StrategySettings, verify: SignInContext['verify']) {
    this.strategy = { settings, identity: new IdentityReader(client, settings), verify }
  }

  /** Decides how a request to the strategy ends. @throws what is to end as Passport's `error` */
  decide(request: Pick<SignInContext, 'req' | 'options' | 'hooks'>): Promise<Outcome> {
    return decideSignIn({ ...this.strategy, ...request })
  }

  /** What userinfo says of whom an access token stands for. @throws {XaiOAuthError} */
  async requestProfile(accessToken: string, expectedSub?: string): Promise<XaiProfile> {
    const { claims, raw } = await this.strategy.identity.requestUserinfo(accessToken, expectedSub)
    return buildProfile(claims, raw)
  }
}

async function decideSignIn(context: SignInContext): Promise<Outcome> {
  const callback = parseCallbackRequest(context.req)
  switch (callback.kind) {
    case 'begin':
      return beginSignIn(context)
    case 'invalid': {
      const info = { code: 'xai_callback_invalid', message: callback.message }
      return { kind: 'fail', info, status: 400 }
    }
    case 'callback':
      return finishSignIn(context, callback.parameters)
  }
}

async function beginSignIn(context: SignInContext): Promise<Outcome> {
  const { settings, identity, req, options } = context
  const { authorizationURL, clientID, store, prepare } = settings
  const meta = metadataOf(context)
  const scope = scopeOf(context)
  const extras = extrasOf(context)
  const codeVerifier = buildCodeVerifier(hasOpenID(scope))
  const state = await saveSignIn(store, req, codeVerifier, options.state, meta)
  if (prepare) void identity.prepare(scope)
  const redirectURI = meta.callbackURL
  const request = { authorizationURL, clientID, redirectURI, scope, state, codeVerifier, extras }
  return { kind: 'redirect', location: buildAuthorizationURL(request) }
}

function extrasOf({ settings, hooks, req, options }: SignInContext): Record<string, unknown> {
  const { authorizationParams } = settings
  const own =
    typeof authorizationParams === 'function' ? authorizationParams(req, options) : authorizationParams
  checkAuthorizationParams(own)
  const { prompt, loginHint: login_hint } = options
  const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
  return { ...hooks.authorizationParams(options), ...own, ...perRequest }
}

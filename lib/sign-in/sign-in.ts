import { IdentityReader } from '../identity/identity.js'
import { buildProfile, type XaiProfile } from '../identity/profile.js'
import { buildAuthorizationURL, checkAuthorizationParams } from '../oauth/authorization-url.js'
import { randomToken } from '../oauth/pkce.js'
import { saveSignIn } from '../state/state-store.js'
import type { XaiOAuth2 } from '../token/client.js'
import { finishSignIn } from './callback.js'
import { parseCallbackRequest } from './callback-request.js'
import { metadataOf, type SignInContext, scopeOf } from './context.js'
import type { Outcome } from './passport-action.js'

type Setting = Pick<SignInContext, 'settings' | 'verify' | 'stockUserProfile'>

/** The sign-ins of one strategy. */
export class SignIns {
  private readonly setting: Setting & Pick<SignInContext, 'identity'>

  constructor(client: XaiOAuth2, setting: Setting) {
    this.setting = { ...setting, identity: new IdentityReader(client, setting.settings) }
  }

  /** Decides how a request to the strategy ends. @throws what is to end as Passport's `error` */
  decide(request: Pick<SignInContext, 'req' | 'options' | 'strategy'>): Promise<Outcome> {
    return decideSignIn({ ...this.setting, ...request })
  }

  /** What userinfo says of whom an access token stands for. @throws {XaiOAuthError} */
  async requestProfile(accessToken: string, expectedSub?: string): Promise<XaiProfile> {
    const { claims, raw } = await this.setting.identity.requestUserinfo(accessToken, expectedSub)
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
  const codeVerifier = randomToken()
  const state = await saveSignIn(store, req, codeVerifier, options.state, meta)
  if (prepare) void identity.prepare(scope)
  const redirectURI = meta.callbackURL
  const request = { authorizationURL, clientID, redirectURI, scope, state, codeVerifier, extras }
  return { kind: 'redirect', location: buildAuthorizationURL(request) }
}

function extrasOf({ settings, strategy, req, options }: SignInContext): Record<string, unknown> {
  const { authorizationParams } = settings
  const own =
    typeof authorizationParams === 'function' ? authorizationParams(req, options) : authorizationParams
  checkAuthorizationParams(own)
  const { prompt, loginHint: login_hint } = options
  const perRequest = { ...(prompt && { prompt }), ...(login_hint && { login_hint }) }
  return { ...strategy.authorizationParams(options), ...own, ...perRequest }
}

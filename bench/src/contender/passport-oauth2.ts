import OAuth2Strategy, { InternalOAuthError } from 'passport-oauth2'
import type { ContenderInstance, ContenderSettings } from '../contender.js'
import { clientID, endpointsOf, scopes } from '../setting.js'

type ProfileCallback = (error?: unknown, profile?: unknown) => void

/** passport-oauth2 as its users configure it: state, PKCE, and a profile from userinfo. No id_token is looked at. */
class PlainStrategy extends OAuth2Strategy {
  private readonly userInfoURL: string

  constructor(
    { userInfoURL, ...options }: OAuth2Strategy.StrategyOptions & { userInfoURL: string },
    verify: OAuth2Strategy.VerifyFunction,
  ) {
    super(options, verify)
    this.userInfoURL = userInfoURL
    this._oauth2.useAuthorizationHeaderforGET(true)
  }

  override userProfile(accessToken: string, done: ProfileCallback): void {
    this._oauth2.get(this.userInfoURL, accessToken, (error, body) => {
      if (error) return done(new InternalOAuthError('failed to fetch the profile', error))
      const { sub, name, email } = JSON.parse(String(body))
      done(null, { provider: 'plain', id: sub, displayName: name, emails: [{ value: email }] })
    })
  }

  refresh(refreshToken: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this._oauth2.getOAuthAccessToken(refreshToken, { grant_type: 'refresh_token' }, (error, accessToken) =>
        error ? reject(error) : resolve(accessToken),
      )
    })
  }
}

/** Sets up passport-oauth2. */
export function build({ issuer, callbackURL }: ContenderSettings): ContenderInstance {
  const { authorizationURL, tokenURL, userInfoURL } = endpointsOf(issuer)
  const options = { authorizationURL, tokenURL, userInfoURL, clientID, clientSecret: '', callbackURL }
  const strategy = new PlainStrategy(
    { ...options, scope: scopes, state: true, pkce: true },
    (...[, , profile, done]: [string, string, { id: string; displayName: string }, ProfileCallback]) =>
      done(null, { id: profile.id, name: profile.displayName }),
  )
  return { strategy, refresh: (refreshToken) => strategy.refresh(refreshToken) }
}

import OpenIDConnectStrategy from 'passport-openidconnect'
import type { ContenderInstance, ContenderSettings } from '../contender.js'
import { clientID, endpointsOf } from '../setting.js'

/** passport-openidconnect with a nonce and a profile from userinfo. It checks the id_token's claims, no signature. */
export function build({ issuer, callbackURL }: ContenderSettings): ContenderInstance {
  const strategy = new OpenIDConnectStrategy(
    {
      issuer,
      ...endpointsOf(issuer),
      clientID,
      clientSecret: '',
      callbackURL,
      scope: ['profile', 'email'],
      nonce: true,
      skipUserProfile: false,
    },
    (_issuer, profile, done) => done(null, { id: profile.id, name: profile.displayName }),
  )
  return { strategy }
}

import {
  allowInsecureRequests,
  Configuration,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  refreshTokenGrant,
} from 'openid-client'
import { Strategy, type VerifyFunction } from 'openid-client/passport'
import type { ContenderInstance, ContenderSettings } from '../contender.js'
import { clientID, endpointsOf, scopes } from '../setting.js'

/** openid-client's own Passport strategy, its signature check switched on, with a profile from userinfo. */
export function build({ issuer, callbackURL }: ContenderSettings): ContenderInstance {
  const { authorizationURL, tokenURL, userInfoURL, jwksURL } = endpointsOf(issuer)
  const config = new Configuration(
    {
      issuer,
      authorization_endpoint: authorizationURL,
      token_endpoint: tokenURL,
      userinfo_endpoint: userInfoURL,
      jwks_uri: jwksURL,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
    },
    clientID,
    { id_token_signed_response_alg: 'ES256' },
    None(),
  )
  enableNonRepudiationChecks(config)
  if (issuer.startsWith('http:')) allowInsecureRequests(config)
  const verify: VerifyFunction = async (tokens, verified) => {
    try {
      const { sub = '' } = tokens.claims() ?? {}
      const { name } = await fetchUserInfo(config, tokens.access_token, sub)
      verified(null, { id: sub, name } as Express.User)
    } catch (error) {
      verified(error)
    }
  }
  const strategy = new Strategy({ config, callbackURL, scope: scopes.join(' ') }, verify)
  return {
    // Its types and those of passport disagree about `this`.
    strategy: strategy as unknown as ContenderInstance['strategy'],
    refresh: (refreshToken) => refreshTokenGrant(config, refreshToken),
  }
}

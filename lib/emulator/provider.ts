import { randomBytes, randomUUID } from 'node:crypto'
import { buildClaims, claimNames } from './account.js'
import { cookieNames, deliver, isLoopbackURL, loadGrant, responseMode } from './authorization.js'
import { renderError, rewordErrors } from './endpoint.js'
import type { Configuration, Provider } from './oidc-provider.js'
import { paths } from './page.js'
import { receive } from './router.js'
import { scopes } from './sign-in.js'
import type { EmulatorState } from './state.js'

const month = 30 * 86_400

const grantTypes = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']

/** Everything in which xAI's server differs from oidc-provider's defaults, as far as options go. */
function buildConfiguration(emulator: EmulatorState): Configuration {
  const { issuer, settings, module, store, keys } = emulator
  const { clients, idTokenClaims, tokenLifetime, deviceFlow } = settings
  const policy = module.interactionPolicy.base()
  // Whoever is signed in has consented already: see `loadGrant`.
  policy.get('consent')?.checks.remove('consent_prompt')
  return {
    adapter: (kind) => store.buildAdapter(kind),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    clients: clients.map(({ clientID, clientSecret }) => ({
      client_id: clientID,
      ...(clientSecret !== undefined && { client_secret: clientSecret }),
      token_endpoint_auth_method: clientSecret === undefined ? 'none' : 'client_secret_basic',
      // Demanded, and never looked at: the emulator compares redirect URIs itself.
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: deviceFlow ? grantTypes : grantTypes.slice(0, 2),
      response_types: ['code'],
    })),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: () => true,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    responseTypes: ['code'],
    scopes: Object.keys(scopes),
    claims: {
      openid: ['sub', 'at_hash'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name', 'picture'],
    },
    conformIdTokenClaims: false,
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    cookies: { names: cookieNames },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: deviceFlow !== undefined },
      resourceIndicators: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
    },
    routes: paths,
    // Seconds. A code lives for a minute, so that a person may paste it by hand.
    ttl: {
      AccessToken: tokenLifetime,
      AuthorizationCode: 60,
      DeviceCode: deviceFlow?.expiresIn ?? 1,
      Grant: month,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: month,
      Session: 60,
    },
    interactions: { policy, url: (_ctx, { uid }) => `/sign-in/${uid}` },
    findAccount: ({ oidc }, sub) => {
      const account = emulator.findAccount('sub', sub)
      if (account?.tier === 'denied' && oidc.route === 'token')
        throw Object.assign(new module.errors.OIDCProviderError(403, 'not_entitled'), {
          error_description: 'This account is not entitled to sign in with OAuth on its current plan',
        })
      return (
        account && {
          accountId: sub,
          claims: (use) => ({
            ...buildClaims(account, issuer, use === 'id_token' ? idTokenClaims : claimNames),
            sub,
            // oidc-provider makes the hash of it (OpenID Connect Core §3.1.3.6).
            at_hash: use === 'id_token' ? oidc.accessToken?.jti : undefined,
          }),
        }
      )
    },
    loadExistingGrant: (ctx) => loadGrant(emulator, ctx),
    renderError,
  }
}

type AccessToken = InstanceType<Provider['AccessToken']>

/** oidc-provider as xAI's server; a new one is needed when the keys change, and goes on with what the last one stored. */
export function buildProvider(emulator: EmulatorState): Provider {
  const { issuer, settings, module, forger, keys } = emulator
  const provider: Provider = new module.Provider(issuer, buildConfiguration(emulator))
  const { Client, AccessToken, RefreshToken } = provider
  const { CustomOIDCProviderError } = module.errors
  const find = Client.find.bind(Client)
  Client.find = async (id) => {
    const client = await find(id)
    if (client) return client
    throw new CustomOIDCProviderError('invalid_client', 'Unknown or disabled client', { detail: id })
  }
  Client.prototype.redirectUriAllowed = function (redirectURI) {
    const { redirectURIs } = settings.clients.find(({ clientID }) => clientID === this.clientId) ?? {}
    // To the letter (RFC 9700 §2.1).
    return redirectURIs?.includes(redirectURI) ?? isLoopbackURL(redirectURI)
  }
  Object.assign(RefreshToken.prototype, {
    generateTokenId: () => `OR-${randomBytes(32).toString('base64url')}`,
  })
  // A JWT that is opaque to oidc-provider: its own are for resource servers, and it does not take them at userinfo.
  Object.assign(AccessToken.prototype, {
    generateTokenId(this: AccessToken) {
      Object.assign(this, { format: 'opaque' })
      const { accountId: sub, clientId, scope = '', expiration } = this
      const { type, id } = emulator.findAccount('sub', sub)?.principal ?? { type: 'User', id: sub }
      const iat = Math.floor(Date.now() / 1000)
      const times = { iat, exp: iat + expiration, jti: randomUUID() }
      const principal = { principal_type: type, principal_id: id }
      const claims = { iss: issuer, aud: clientId, sub, client_id: clientId, scope, ...times, ...principal }
      return forger.buildAccessToken(claims, keys[0])
    },
  })
  provider.registerResponseMode(responseMode, (...response) => deliver(emulator, ...response))
  rewordErrors(emulator, provider)
  provider.use(receive(emulator))
  return provider
}

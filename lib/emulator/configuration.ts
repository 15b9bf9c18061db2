import { buildClaims, type EmulatorAccount } from './account.js'
import { cookieNames } from './authorization.js'
import type { EmulatorClient } from './client.js'
import { grantScopes, refusalOf } from './decision.js'
import type { AccountClaims, Context, OIDCProviderModule } from './oidc-provider.js'
import { paths, scopes, signInPath } from './path.js'
import { renderError } from './rewording.js'
import type { EmulatorState } from './state.js'

type Configuration = NonNullable<ConstructorParameters<OIDCProviderModule['Provider']>[1]>

const day = 86_400
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const buildClient = ({ clientID, clientSecret }: EmulatorClient, grantTypes: readonly string[]) => ({
  client_id: clientID,
  // Demanded, and never looked at: the emulator compares redirect URIs itself.
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: grantTypes,
  response_types: ['code' as const],
  ...(clientSecret === undefined
    ? { token_endpoint_auth_method: 'none' as const }
    : { token_endpoint_auth_method: 'client_secret_basic' as const, client_secret: clientSecret }),
})

/** Everything in which xAI's server differs from oidc-provider's defaults, as far as options go. */
export function buildConfiguration(emulator: EmulatorState): Configuration {
  const { issuer, settings, module, store, keys } = emulator
  const { clients, idTokenClaims, tokenLifetime, deviceFlow } = settings
  const policy = module.interactionPolicy.base()
  // Whoever is signed in has consented already: see `loadExistingGrant`.
  policy.get('consent')?.checks.remove('consent_prompt')

  const claimsFor = (ctx: Context, use: string, account: EmulatorAccount): AccountClaims => {
    const claims = buildClaims(account, issuer)
    if (use !== 'id_token') return claims
    const shown = Object.entries(claims).filter(([name]) => idTokenClaims.some((claim) => claim === name))
    // oidc-provider makes the hash of it (OpenID Connect Core §3.1.3.6).
    return { ...Object.fromEntries(shown), sub: claims.sub, at_hash: ctx.oidc.accessToken?.jti }
  }

  return {
    adapter: (kind) => store.buildAdapter(kind),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    clients: clients.map((client) =>
      buildClient(client, ['authorization_code', 'refresh_token', ...(deviceFlow ? [deviceGrant] : [])]),
    ),
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
      Grant: 30 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 30 * day,
      Session: 60,
    },
    interactions: { policy, url: (_ctx, { uid }) => `${signInPath}/${uid}` },
    findAccount: (ctx, subject) => {
      const account = emulator.findSubject(subject)
      if (account?.tier === 'denied' && ctx.oidc.route === 'token')
        throw Object.assign(new module.errors.OIDCProviderError(403, 'not_entitled'), {
          error_description: 'This account is not entitled to sign in with OAuth on its current plan',
        })
      return account && { accountId: subject, claims: (use) => claimsFor(ctx, use, account) }
    },
    loadExistingGrant: ({ oidc }) => {
      const account = emulator.findSubject(oidc.account?.accountId) as EmulatorAccount
      const decision = { account, denial: oidc.session?.state?.denial }
      const scopes = [...oidc.requestParamOIDCScopes]
      const refusal = refusalOf(decision, scopes)
      if (refusal) throw new module.errors.CustomOIDCProviderError(refusal.error, refusal.error_description)
      return grantScopes(emulator, decision, `${oidc.client?.clientId}`, scopes)
    },
    renderError,
  }
}

import { randomUUID } from 'node:crypto'
import { buildClaims, type EmulatorAccount, subjectOf } from './account.js'
import type { EmulatorClient } from './client.js'
import type { MemoryStore } from './memory-store.js'
import { paths, scopesSupported } from './metadata.js'
import type { OIDCConfiguration, OIDCProviderModule } from './oidc-provider-module.js'
import type { EmulatorSettings } from './option.js'
import { buildSigningKey } from './signing-key.js'

interface TokenContext {
  readonly oidc: { readonly route: string }
}

const day = 86_400

const buildClientMetadata = ({ clientID, clientSecret }: EmulatorClient) => ({
  client_id: clientID,
  // Demanded, and never looked at: the emulator compares redirect URIs itself.
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...(clientSecret === undefined
    ? { token_endpoint_auth_method: 'none' }
    : { token_endpoint_auth_method: 'client_secret_basic', client_secret: clientSecret }),
})

/** The HTTP path of the pages on which a person decides about one authorization request. */
export const signInPath = '/sign-in'

/** The name of every cookie begins with this, so that applications on the same host keep theirs. */
export const cookiePrefix = 'xai_emulator_'

/** Everything in which xAI's server differs from oidc-provider's defaults, as far as oidc-provider can do it. */
export async function buildConfiguration(
  { accounts, clients, tokenLifetime }: EmulatorSettings,
  issuer: string,
  store: MemoryStore,
  { OIDCProviderError }: OIDCProviderModule['errors'],
): Promise<OIDCConfiguration> {
  const { exportJWK } = await import('jose')
  const { privateKey } = await buildSigningKey()

  const checkTier = ({ tier }: EmulatorAccount, route: string): void => {
    if (tier !== 'denied' || route !== 'token') return
    const error_description = 'This account is not entitled to sign in with OAuth on its current plan'
    throw Object.assign(new OIDCProviderError(403, 'access_denied'), { error_description })
  }

  return {
    adapter: (kind) => store.buildAdapter(kind),
    clients: clients.map(buildClientMetadata),
    // Only for oidc-provider itself: what leaves the emulator is signed with keys that can rotate.
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' }] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name', 'picture'],
    },
    scopes: [...scopesSupported],
    conformIdTokenClaims: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    responseTypes: ['code'],
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    cookies: {
      names: {
        session: `${cookiePrefix}session`,
        interaction: `${cookiePrefix}interaction`,
        resume: `${cookiePrefix}resume`,
      },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_context: unknown, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
    },
    routes: {
      authorization: paths.authorization,
      jwks: paths.jwks,
      revocation: paths.revocation,
      token: paths.token,
      userinfo: paths.userinfo,
    },
    // Seconds. A code lives for a minute, so that a person may paste it by hand.
    ttl: {
      AccessToken: tokenLifetime,
      AuthorizationCode: 60,
      Grant: 30 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 30 * day,
      Session: 3600,
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `${signInPath}/${uid}` },
    findAccount: async ({ oidc }: TokenContext, subject: string) => {
      const account = accounts.find((candidate) => subjectOf(candidate) === subject) as EmulatorAccount
      checkTier(account, oidc.route)
      return { accountId: subject, claims: () => buildClaims(account, issuer) }
    },
    renderError: async (context: { body: unknown }, error: unknown) => {
      context.body = error
    },
  }
}

/** The paths of xAI's OAuth server. */
export const paths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  revocation: '/oauth2/revoke',
} as const

/** The scopes that captures of xAI's discovery document show. */
export const scopesSupported = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'grok-cli:access',
  'team:read',
  'org:read',
  'api:access',
  'office-addins:access',
] as const

/**
 * The discovery document (OpenID Connect Discovery §3) with what captures of xAI's show, and nothing else; without
 * the device grant, which the emulator does not have.
 */
export const buildMetadata = (issuer: string): Readonly<Record<string, string | readonly string[]>> => ({
  issuer,
  authorization_endpoint: `${issuer}${paths.authorization}`,
  token_endpoint: `${issuer}${paths.token}`,
  userinfo_endpoint: `${issuer}${paths.userinfo}`,
  revocation_endpoint: `${issuer}${paths.revocation}`,
  jwks_uri: `${issuer}${paths.jwks}`,
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['ES256'],
  scopes_supported: scopesSupported,
})

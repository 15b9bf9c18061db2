/** The one client that the bench's server knows. */
export const clientID = 'bench-client'

/** The one person who signs in. */
export const person = {
  sub: '7d3f6c1e-0000-4000-8000-000000000001',
  name: 'Example Person',
  given_name: 'Example',
  family_name: 'Person',
  email: 'person@example.com',
  email_verified: true,
  picture: 'https://pictures.example/person.png',
}

/** What every contender asks for. */
export const scopes = ['openid', 'profile', 'email']

/** Where the authorization server's endpoints are. */
export const endpointsOf = (issuer: string) => ({
  authorizationURL: `${issuer}/authorize`,
  tokenURL: `${issuer}/token`,
  userInfoURL: `${issuer}/userinfo`,
  jwksURL: `${issuer}/jwks`,
})

/** What the pages of a pending device sign-in say. */
export const deviceAuthorization = (issuer: string) => ({
  device_code: 'bench-device-code-0123456789',
  user_code: 'BNCH-0001',
  verification_uri: `${issuer}/device`,
  verification_uri_complete: `${issuer}/device?user_code=BNCH-0001`,
  expires_in: 1800,
  interval: 60,
})

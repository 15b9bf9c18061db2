/** What can be wrong with an id_token. */
export const idTokenForgeries = [
  'alg none',
  'HS256 with the public key as secret',
  'RS256',
  'unknown kid',
  'kid absent',
  'wrong signature',
  'truncated',
  'wrong iss',
  'near-miss iss',
  'wrong aud',
  'extra aud',
  'wrong azp',
  'missing nonce',
  'wrong nonce',
  'nonce of another sign-in',
  'expired',
  'missing exp',
  'iat in the far future',
  'missing sub',
  'empty sub',
  'non-string sub',
  'wrong at_hash',
  'encrypted',
  '1 MiB long',
] as const

/** What can be wrong with an access token, which is read when it belongs to a Team. */
export const accessTokenForgeries = [
  'access token: wrong typ',
  'access token: wrong aud',
  'access token: wrong iss',
  'access token: expired',
  'access token: wrong signature',
] as const

export type IDTokenForgery = (typeof idTokenForgeries)[number]
export type AccessTokenForgery = (typeof accessTokenForgeries)[number]

/**
 * What `forgeNext` can forge, each named after what is wrong: the id_token or, where the name begins with
 * "access token", the access token of the next answer of the token endpoint, or the next answer of userinfo.
 */
export type Forgery = IDTokenForgery | AccessTokenForgery | 'missing id_token' | 'userinfo of another sub'

/** Every forgery, for tests that go through them all. */
export const forgeries: readonly Forgery[] = [
  ...idTokenForgeries,
  'missing id_token',
  'userinfo of another sub',
  ...accessTokenForgeries,
]

export const isIDTokenForgery = (name: Forgery): name is IDTokenForgery =>
  idTokenForgeries.some((known) => known === name)

export const isAccessTokenForgery = (name: Forgery): name is AccessTokenForgery =>
  accessTokenForgeries.some((known) => known === name)

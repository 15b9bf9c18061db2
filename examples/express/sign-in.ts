import type { XaiProfile } from 'passport-xai'

/** Somebody who is signed in, in one browser. */
export interface SignIn {
  id: string
  /** Together with `profile.id` the key of the account. The e-mail address is none: it can change hands. */
  issuer: string
  profile: XaiProfile
  tokens: Tokens
}

/** What xAI issued for a sign-in, or for its latest refresh. */
export interface Tokens {
  accessToken: string
  /** Only with the scope `offline_access`. */
  refreshToken?: string | undefined
  /** Unknown when xAI does not say it. */
  expiresAt?: Date | undefined
  /** Space-separated. */
  scope?: string | undefined
}

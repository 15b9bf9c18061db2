/** Claims of a person, from the id_token, from userinfo, or both. */
export type Claims = Readonly<Record<string, unknown>>

/** Passport's portable profile; what xAI does not say is absent. */
export interface XaiProfile {
  provider: 'xai'
  /** xAI's `sub`: with the issuer, the only key for an account. Never use the e-mail address for that. */
  id: string
  displayName?: string
  name?: { givenName?: string; familyName?: string }
  emails?: Array<{ value: string; verified?: boolean }>
  photos?: Array<{ value: string }>
  /** Only with `allowTeamPrincipal`, for whom the person acts. */
  principal?: { type: string; id: string }
  /** All claims; those of a verified id_token have precedence over userinfo. */
  _json: Claims
  /** The JSON text of userinfo or, if it was not asked, of the id_token's claims. */
  _raw: string
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Shapes OpenID Connect claims (Core §5.1) as Passport documents profiles; nothing is invented. */
export function buildProfile(claims: Claims & { sub: string }, raw: string): XaiProfile {
  const { sub, name, given_name, family_name, email, email_verified, picture } = claims
  const profile: XaiProfile = { provider: 'xai', id: sub, _json: claims, _raw: raw }
  if (isText(name)) profile.displayName = name
  if (isText(given_name)) profile.name = { givenName: given_name }
  if (isText(family_name)) profile.name = { ...profile.name, familyName: family_name }
  if (isText(email)) {
    profile.emails = [
      { value: email, ...(typeof email_verified === 'boolean' && { verified: email_verified }) },
    ]
  }
  if (isText(picture)) profile.photos = [{ value: picture }]
  return profile
}

/** Whether claims show a person: a name, an e-mail address or a picture. */
export const hasPersonalClaims = ({ name, given_name, family_name, email, picture }: Claims): boolean =>
  [name, given_name, family_name, email, picture].some(isText)

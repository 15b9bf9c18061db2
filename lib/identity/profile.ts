import { isText } from '../check.js'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import { parseObject, parseUtf8 } from '../http/response.js'
import type { XaiOAuth2 } from '../token/client.js'

/** Claims of a person, from the id_token, from userinfo, or both. */
export type Claims = Readonly<Record<string, unknown>>

/** Passport's portable profile; what xAI does not say is absent. */
export interface XaiProfile {
  provider: 'xai'
  /** xAI's `sub`: with the issuer, the only key for an account. Never use the e-mail address for that. */
  id: string
  displayName?: string
  name?: { givenName?: string; familyName?: string }
  /** `preferred_username`: a name to show. It may change, and others may have had it before. */
  username?: string
  emails?: Array<{ value: string; verified?: boolean }>
  photos?: Array<{ value: string }>
  /** Only with `allowTeamPrincipal`, for whom the person acts. */
  principal?: { type: string; id: string }
  /** All claims; those of a verified id_token have precedence over userinfo. */
  _json: Claims
  /** The JSON text of userinfo or, if it was not asked, of the id_token's claims. */
  _raw: string
}

/** Claims that say whom they are about, from a verified JWT or from userinfo. */
export interface ClaimsSet {
  claims: Claims & { sub: string }
  /** The JSON text as received. */
  raw: string
}

/**
 * Asks userinfo, with the access token in the `Authorization` header (OpenID Connect Core §5.3).
 *
 * @param expectedSub the `sub` of the id_token, which userinfo's must equal (§5.3.2)
 * @throws {XaiOAuthError} `xai_userinfo_failed` for a refusal or no response; `xai_userinfo_invalid` for a response
 * that is not a JSON object, has no `sub`, or is about somebody else
 */
export async function requestUserinfo(
  client: Pick<XaiOAuth2, 'send'>,
  url: string,
  accessToken: string,
  expectedSub?: string,
): Promise<ClaimsSet> {
  const names: FailureNames = {
    what: 'xAI userinfo request',
    failed: 'xai_userinfo_failed',
    invalid: 'xai_userinfo_invalid',
    secrets: [accessToken],
  }
  const headers = { Accept: 'application/json', Authorization: `Bearer ${accessToken}` }
  const response = await client.send(names, { method: 'GET', url, headers })
  if (response.status !== 200) throw buildRefusalError(names, response)
  const raw = parseUtf8(response)
  const claims = parseObject(raw)
  if (raw === undefined || claims === undefined)
    throw buildInvalidResponseError(names, response, 'it is not a JSON object')
  const { sub } = claims
  if (!isText(sub)) throw buildInvalidResponseError(names, response, 'it has no sub')
  if (expectedSub !== undefined && sub !== expectedSub) {
    throw buildInvalidResponseError(names, response, 'its sub is not that of the id_token')
  }
  return { claims: { ...claims, sub }, raw }
}

/** Shapes OpenID Connect claims (Core §5.1) as Passport documents profiles; nothing is invented. */
export function buildProfile({ claims, raw }: ClaimsSet): XaiProfile {
  const { sub, name, given_name, family_name, preferred_username, email, email_verified, picture } = claims
  const profile: XaiProfile = { provider: 'xai', id: sub, _json: claims, _raw: raw }
  if (isText(name)) profile.displayName = name
  if (isText(given_name)) profile.name = { givenName: given_name }
  if (isText(family_name)) profile.name = { ...profile.name, familyName: family_name }
  if (isText(preferred_username)) profile.username = preferred_username
  if (isText(email)) {
    profile.emails = [
      { value: email, ...(typeof email_verified === 'boolean' && { verified: email_verified }) },
    ]
  }
  if (isText(picture)) profile.photos = [{ value: picture }]
  return profile
}

/**
 * The claims of userinfo and of an id_token, which comes first where it says something. That an address is verified
 * counts for that address alone.
 */
export function mergeClaims(
  userinfo: ClaimsSet['claims'],
  idToken: ClaimsSet['claims'],
): ClaimsSet['claims'] {
  const said = Object.entries(idToken).filter(([, value]) => isSaid(value))
  const { email_verified, ...merged }: ClaimsSet['claims'] = { ...userinfo, ...Object.fromEntries(said) }
  const sources = [idToken, userinfo].filter(({ email }) => email === merged.email)
  const verified = sources.map((source) => source.email_verified).find(isSaid)
  return { ...merged, ...(verified !== undefined && { email_verified: verified }) }
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/** Whether claims show a person: a name, an e-mail address or a picture. */
export const hasPersonalClaims = ({ name, given_name, family_name, email, picture }: Claims): boolean =>
  [name, given_name, family_name, email, picture].some(isText)

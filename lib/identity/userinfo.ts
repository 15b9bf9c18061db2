import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import { parseObject, parseUtf8 } from '../http/response.js'
import type { XaiOAuth2 } from '../token/client.js'

/** Claims that userinfo gave about the person whom the access token stands for. */
export interface Userinfo {
  claims: Record<string, unknown> & { sub: string }
  /** The JSON text as received. */
  raw: string
}

/**
 * Asks userinfo, with the access token in the `Authorization` header (OpenID Connect Core §5.3).
 *
 * @param expectedSub the `sub` of the id_token, which userinfo's must equal (§5.3.2)
 * @throws {XaiOAuthError} `xai_userinfo_failed`, or `xai_userinfo_invalid` for another person's claims
 */
export async function requestUserinfo(
  client: XaiOAuth2,
  url: string,
  { accessToken, expectedSub }: { accessToken: string; expectedSub?: string | undefined },
): Promise<Userinfo> {
  const names: FailureNames = {
    what: 'xAI userinfo request',
    failed: 'xai_userinfo_failed',
    invalid: 'xai_userinfo_failed',
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
  const isOther = expectedSub === undefined ? typeof sub !== 'string' || sub === '' : sub !== expectedSub
  if (isOther) {
    const why = expectedSub === undefined ? 'it has no sub' : 'its sub is not the one of the id_token'
    throw buildInvalidResponseError({ ...names, invalid: 'xai_userinfo_invalid' }, response, why)
  }
  return { claims: { ...claims, sub: sub as string }, raw }
}

import { buildRefusalError, type FailureNames } from '../http/failure.js'
import type { HttpResponse } from '../http/request.js'
import type { XaiOAuth2 } from './client.js'
import { checkToken } from './token-argument.js'

/** How a token is revoked. */
export interface XaiRevokeOptions {
  /** What kind of token it is, for a server that keeps them apart. */
  hint?: 'access_token' | 'refresh_token'
  /** Ends the wait, with the signal's reason; whether the token is revoked then, nobody knows. */
  signal?: AbortSignal
}

/**
 * Revokes a token (RFC 7009); any 2xx is success.
 *
 * @throws {XaiOAuthError} `xai_revocation_failed`
 */
export async function requestRevocation(
  client: XaiOAuth2,
  url: string,
  { token, hint, signal }: XaiRevokeOptions & { token: string },
): Promise<void> {
  checkToken('revoke', token)
  signal?.throwIfAborted()
  const names: FailureNames = {
    what: 'xAI token revocation',
    failed: 'xai_revocation_failed',
    invalid: 'xai_revocation_failed',
    secrets: [token],
  }
  const protocol = { token, ...(hint && { token_type_hint: hint }) }
  const revoked = client.postForm(names, { url, protocol, signal }, checkRevoked)
  await revoked.catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error
  })
}

function checkRevoked(names: FailureNames, response: HttpResponse): void {
  if (response.status < 200 || response.status > 299) throw buildRefusalError(names, response)
}

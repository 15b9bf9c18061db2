/** Compiled, never run: errors as a discriminated union by `code`. */
import { type XaiErrorCode, type XaiErrorResponse, XaiOAuthError } from '../../lib/index.js'
import { exactly } from './exactly.js'

/** What an application may do; a code that is added and not treated here does not compile. */
export function adviceOn(error: XaiOAuthError): 'sign in again' | 'try later' | 'ask the operator' {
  exactly<XaiErrorCode>()(error.code)
  switch (error.code) {
    case 'xai_state_invalid':
    case 'xai_callback_invalid':
    case 'xai_authorization_failed':
    case 'xai_refresh_token_revoked':
    case 'xai_sign_in_needed':
      return 'sign in again'
    case 'xai_token_exchange_failed':
    case 'xai_userinfo_failed':
    case 'xai_refresh_failed':
    case 'xai_revocation_failed':
    case 'xai_device_authorization_failed':
      exactly<number | undefined>()(error.retryAfter)
      return 'try later'
    case 'xai_pkce_verifier_missing':
    case 'xai_token_exchange_invalid':
    case 'xai_oauth_tier_denied':
    case 'xai_id_token_invalid':
    case 'xai_identity_missing':
    case 'xai_userinfo_invalid':
    case 'xai_refresh_invalid':
      return 'ask the operator'
    default:
      return error.code satisfies never
  }
}

const error = new XaiOAuthError('xai_refresh_failed', 'words')
exactly<number>()(error.status)
exactly<number>()(error.statusCode)
exactly<XaiErrorResponse | undefined>()(error.response)
exactly<string | undefined>()(error.error_description)
exactly<unknown>()(error.cause)

// @ts-expect-error the set of codes is closed
new XaiOAuthError('xai_something_else', 'words')
// @ts-expect-error a code stays what it is
error.code = 'xai_refresh_failed'

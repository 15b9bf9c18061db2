import type { IncomingHttpHeaders } from 'node:http'

/** Every `code` an {@link XaiOAuthError} can carry; the set is closed. */
export type XaiErrorCode =
  | 'xai_pkce_verifier_missing'
  | 'xai_token_exchange_failed'
  | 'xai_token_exchange_invalid'
  | 'xai_oauth_tier_denied'
  | 'xai_authorization_failed'
  | 'xai_callback_invalid'
  | 'xai_state_invalid'
  | 'xai_id_token_invalid'
  | 'xai_identity_missing'
  | 'xai_userinfo_failed'
  | 'xai_userinfo_invalid'
  | 'xai_refresh_failed'
  | 'xai_refresh_invalid'
  | 'xai_refresh_token_revoked'
  | 'xai_revocation_failed'
  | 'xai_device_authorization_failed'
  | 'xai_sign_in_needed'

/** xAI's response, as received; `body` is cut at 64 KiB, and secrets in it read `[redacted]`. */
export interface XaiErrorResponse {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** What an {@link XaiOAuthError} may carry beside its code and message. */
export interface XaiErrorDetail {
  /** HTTP status to surface; 502 when left out. */
  status?: number
  response?: XaiErrorResponse
  error?: string
  error_description?: string
  error_uri?: string
  /** Seconds. */
  retryAfter?: number
  cause?: unknown
}

/**
 * Whatever goes wrong between the application and xAI. No field of it, nor its `stack`, holds an authorization
 * code, a token, a code verifier or a client secret.
 */
export class XaiOAuthError extends Error {
  /** What went wrong, from a closed set; branch on this, never on the message. */
  readonly code: XaiErrorCode
  /** xAI's HTTP status when it is 4xx or 5xx; else 502 (unusable response, no connection), 504 (timeout), 500 (the application's mistake). */
  readonly status: number
  /** The same as `status`, where frameworks look for it. */
  readonly statusCode: number
  /** xAI's response; absent when there was none. */
  declare readonly response?: XaiErrorResponse
  /** The server's own error code (RFC 6749 §5.2). */
  declare readonly error?: string
  /** The server's own words (RFC 6749 §5.2). */
  declare readonly error_description?: string
  /** The server's own link (RFC 6749 §5.2). */
  declare readonly error_uri?: string
  /** Seconds to wait, from `Retry-After`. */
  declare readonly retryAfter?: number
  /** The message is for operators: frameworks that know `expose` (http-errors) show people the status alone. */
  declare readonly expose: boolean

  constructor(code: XaiErrorCode, message: string, detail: XaiErrorDetail = {}) {
    const { status = 502, cause, ...rest } = detail
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
    this.statusCode = status
    for (const [name, value] of Object.entries(rest)) {
      if (value !== undefined) Object.assign(this, { [name]: value })
    }
  }
}

// On the prototype, where they are found and not listed; writable, because frameworks write them.
Object.defineProperties(XaiOAuthError.prototype, {
  name: { value: 'XaiOAuthError', writable: true, configurable: true },
  expose: { value: false, writable: true, configurable: true },
})

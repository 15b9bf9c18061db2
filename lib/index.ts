export type { XaiAuthenticateCallback, XaiFailure, XaiInfo } from './authenticate-callback.js'
export type { ClientAuthenticationMethod } from './client-authentication.js'
export { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from './error.js'
export { loopbackRelay } from './loopback-relay/loopback-relay.js'
export type { LoopbackRelayOptions, SignInHolder } from './loopback-relay/option.js'
export type { Claims as XaiClaims, XaiProfile } from './profile.js'
export type { XaiRefreshOptions, XaiTokens } from './refresh.js'
export type { XaiRevokeOptions } from './revocation.js'
export { CookieStateStore, type CookieStateStoreOptions } from './state/cookie-state-store.js'
export { SessionStateStore } from './state/session-state-store.js'
export type { StateFailure, StateFailureReason } from './state/state-failure.js'
export type {
  StateLoadedCallback,
  StateMetadata,
  StateStore,
  StateStoredCallback,
} from './state/state-store.js'
export { XaiStrategy, XaiStrategy as Strategy } from './strategy.js'
export type {
  XaiAuthenticateOptions,
  XaiAuthorizationParams,
  XaiStrategyOptions,
  XaiStrategyOptionsWithRequest,
} from './strategy-option.js'
export type { XaiTokenResponse } from './token-response.js'
export type {
  XaiVerifyCallback,
  XaiVerifyFunction,
  XaiVerifyFunctionWithParams,
  XaiVerifyFunctionWithRequest,
  XaiVerifyFunctionWithRequestAndParams,
} from './verify-call.js'

export { XaiDeviceStrategy } from './device-strategy.js'
export { type XaiErrorCode, type XaiErrorDetail, type XaiErrorResponse, XaiOAuthError } from './error.js'
export type { Claims as XaiClaims, XaiProfile } from './identity/profile.js'
export { type LoopbackRelayOptions, loopbackRelay } from './loopback-relay/loopback-relay.js'
export type { SignInHolder } from './loopback-relay/relay.js'
export type { ClientAuthenticationMethod } from './oauth/token-request.js'
export type { XaiTokenResponse } from './oauth/token-response.js'
export type { XaiDeviceStrategyOptions, XaiStrategyOptions, XaiStrategyOptionsWithRequest } from './option.js'
export type {
  XaiAuthenticateCallback,
  XaiAuthenticateOptions,
  XaiAuthorizationParams,
  XaiDeviceAuthenticateOptions,
  XaiFailure,
  XaiInfo,
} from './sign-in/context.js'
export type { XaiDevicePage, XaiDevicePending } from './sign-in/device-response.js'
export type {
  XaiSignIn,
  XaiVerdict,
  XaiVerify,
  XaiVerifyCallback,
  XaiVerifyFunction,
  XaiVerifyFunctionWithParams,
  XaiVerifyFunctionWithRequest,
  XaiVerifyFunctionWithRequestAndParams,
} from './sign-in/verify.js'
export { CookieStateStore, type CookieStateStoreOptions } from './state/cookie-state-store.js'
export type { DeviceMetadata, DeviceStore, PendingDevice } from './state/pending-device.js'
export { SessionStateStore } from './state/session-state-store.js'
export type {
  StateFailure,
  StateFailureReason,
  StateLoadedCallback,
  StateMetadata,
  StateStore,
  StateStoredCallback,
} from './state/state-store.js'
export { XaiStrategy, XaiStrategy as Strategy } from './strategy.js'
export type { XaiRevokeOptions } from './token/client.js'
export type { XaiRefreshOptions, XaiTokens } from './token/refresh.js'
export type { GivenTokens } from './token/stored-tokens.js'
export {
  type SaveOptions,
  TokenManager,
  type TokenManagerOptions,
  type TokenStrategy,
} from './token/token-manager.js'
export { MemoryTokenStore, sealTokens, type TokenStore } from './token/token-store.js'

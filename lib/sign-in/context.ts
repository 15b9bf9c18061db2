import type { Request } from 'express'
import type { IdentityReader } from '../identity/identity.js'
import { parseScope } from '../oauth/authorization-url.js'
import { checkSecureURL } from '../oauth/endpoint.js'
import type { StrategySettings, XaiAuthenticateOptions } from '../option.js'
import type { StateMetadata } from '../state/state-store.js'
import type { CodeExchanger } from '../token/code-exchange.js'

/** What applications may replace on a strategy, by a subclass or by assignment (passport-oauth2). */
export interface ReplaceableStrategy extends CodeExchanger {
  authorizationParams(options: XaiAuthenticateOptions): object
  tokenParams(options: XaiAuthenticateOptions): object
  userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void
}

/** Everything that one request to the strategy is decided from. */
export interface SignInContext {
  settings: StrategySettings
  identity: IdentityReader
  verify: (...args: unknown[]) => unknown
  /** As it is at the time of the request. */
  strategy: ReplaceableStrategy
  /** The `userProfile` that nobody has replaced. */
  stockUserProfile: ReplaceableStrategy['userProfile']
  req: Request
  options: XaiAuthenticateOptions
}

/** What this sign-in is bound to. @throws {TypeError} for a callback URL of the request's that is not secure */
export function metadataOf({ settings, options }: SignInContext): StateMetadata {
  const { authorizationURL, tokenURL, clientID, issuer } = settings
  const { callbackURL = settings.callbackURL } = options
  if (callbackURL !== settings.callbackURL) checkSecureURL('callbackURL', callbackURL)
  return { authorizationURL, tokenURL, clientID, issuer, callbackURL }
}

/** The scopes that this request asks for, space-separated. @throws {TypeError} when they are no strings */
export const scopeOf = ({ settings, options }: SignInContext): string =>
  options.scope === undefined ? settings.scope : parseScope(options.scope)

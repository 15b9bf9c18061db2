/** What the README's fragments of code take for granted, because the text around them says so. */
declare global {
  namespace Express {
    interface User {
      id: string
      name?: string
    }
  }
  const app: import('express').Express
  const passport: import('passport').PassportStatic
  const session: typeof import('express-session')
  const strategy: import('passport-xai').XaiStrategy
  const emulator: import('passport-xai/emulator').Emulator
  const options: import('passport-xai').XaiStrategyOptions
  const verify: import('passport-xai').XaiVerifyFunction
  const refreshToken: string
  const secret: string
  const clientID: string
  const callbackURL: string
  const error: import('passport-xai').XaiOAuthError
  const CookieStateStore: typeof import('passport-xai').CookieStateStore
  const SessionStateStore: typeof import('passport-xai').SessionStateStore
  const XaiStrategy: typeof import('passport-xai').XaiStrategy
  const XaiOAuthError: typeof import('passport-xai').XaiOAuthError
  const loopbackRelay: typeof import('passport-xai').loopbackRelay
  const startEmulator: typeof import('passport-xai/emulator').startEmulator
}

export {}

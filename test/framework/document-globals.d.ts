/** What fragments of code in the documents take for granted, because the text around them says so. */
declare global {
  namespace Express {
    interface User {
      id: string
      name?: string
    }
    interface Request {
      account?: unknown
    }
  }
  const app: import('express').Express
  const passport: import('passport').PassportStatic
  const session: typeof import('express-session')
  const strategy: import('passport-xai').XaiStrategy
  const emulator: import('passport-xai/emulator').Emulator
  const options: import('passport-xai').XaiStrategyOptions
  const verify: import('passport-xai').XaiVerify
  const tokens: import('passport-xai').TokenManager
  const profile: import('passport-xai').XaiProfile
  const response: import('passport-xai').XaiTokenResponse
  const user: Express.User
  const users: { findOrCreate(key: { issuer: string; sub: string }): Promise<Express.User> }
  const refreshToken: string
  const secret: string
  const tokenSecret: string
  const issuer: string
  const clientID: string
  const callbackURL: string
  const error: import('passport-xai').XaiOAuthError
  const CookieStateStore: typeof import('passport-xai').CookieStateStore
  const SessionStateStore: typeof import('passport-xai').SessionStateStore
  const XaiStrategy: typeof import('passport-xai').XaiStrategy
  const XaiDeviceStrategy: typeof import('passport-xai').XaiDeviceStrategy
  const XaiOAuthError: typeof import('passport-xai').XaiOAuthError
  const TokenManager: typeof import('passport-xai').TokenManager
  const PostgresTokenStore: new (pool: object, locks: object) => import('passport-xai').TokenStore
  const loopbackRelay: typeof import('passport-xai').loopbackRelay
  const startEmulator: typeof import('passport-xai/emulator').startEmulator
}

export {}

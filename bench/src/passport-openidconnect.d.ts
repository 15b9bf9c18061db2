declare module 'passport-openidconnect' {
  import type { Strategy } from 'passport'

  type Done = (error?: unknown, user?: unknown) => void

  export default class OpenIDConnectStrategy extends Strategy {
    constructor(
      options: object,
      verify: (issuer: string, profile: { id: string; displayName: string }, done: Done) => void,
    )
  }
}

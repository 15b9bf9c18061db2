import type { Request } from 'express'
import type { StateMetadata } from '../../lib/index.js'
import { CookieJar } from '../support/cookie-jar.js'

/** What a sign-in at an application on https is bound to. */
export const meta: StateMetadata = {
  authorizationURL: 'https://auth.x.ai/oauth2/authorize',
  tokenURL: 'https://auth.x.ai/oauth2/token',
  clientID: 'client',
  callbackURL: 'https://app.example/callback',
  issuer: 'https://auth.x.ai',
  asksForIDToken: true,
}

/** A browser, as far as a state store sees it: requests that carry a session, or keep cookies. */
export interface Browser {
  request(): Request
}

/** A browser whose session the application keeps as JSON between requests, as session middleware does. */
export class SessionBrowser implements Browser {
  private kept: string
  private current: { session: Record<string, unknown>; headers: object } | undefined

  constructor(session: Record<string, unknown> = {}) {
    this.kept = JSON.stringify(session)
  }

  request(): Request {
    if (this.current) this.kept = JSON.stringify(this.current.session)
    this.current = { session: JSON.parse(this.kept), headers: {} }
    return this.current as unknown as Request
  }
}

/** A browser that keeps cookies; by default at the https address of {@link meta}. */
export class CookieBrowser implements Browser {
  readonly jar = new CookieJar()
  /** The `Set-Cookie` headers that it got, oldest first. */
  readonly received: string[] = []

  constructor(private readonly url = new URL(meta.callbackURL)) {}

  get cookie(): string | undefined {
    return this.jar.headerFor(this.url)
  }

  request(cookie = this.cookie): Request {
    const appendHeader = (name: string, value: string): void => {
      if (name !== 'Set-Cookie') throw new Error(`unexpected header ${name}`)
      this.received.push(value)
      this.jar.keep([value], this.url)
    }
    return {
      headers: { ...(cookie !== undefined && { cookie }) },
      res: { appendHeader },
    } as unknown as Request
  }
}

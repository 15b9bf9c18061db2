import { expect } from 'chai'
import type { XaiSignIn, XaiStrategy, XaiStrategyOptions, XaiTokenResponse } from '../../lib/index.js'
import { Application, type Ending, load } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'

/** What the application keeps of a person. */
export interface User {
  readonly id: string
  readonly name: string | undefined
  readonly tokens: XaiTokenResponse
}

/** Keeps what the tests look at. */
export const verify = async ({ profile, tokens }: XaiSignIn) => ({
  id: profile.id,
  name: profile.displayName,
  tokens,
})

/** An application that signs people in at a foreign server, and a browser. */
export class RelyingParty {
  readonly browser = new CookieClient()
  private current: XaiStrategy

  private constructor(readonly application: Application) {
    this.current = application.strategy
  }

  /** The application is there before the server, because servers want to know its callback URL. */
  static async start(): Promise<RelyingParty> {
    const application = await Application.start({
      issuer: 'http://127.0.0.1:9',
      extend: (app, application) => {
        app.get('/device', (req, res, next) => application.finish('xai-device')(req, res, next))
      },
    })
    return new RelyingParty(application)
  }

  get strategy(): XaiStrategy {
    return this.current
  }

  /** Signs people in at this server from now on. */
  connect(issuer: string, clientID: string, strategy: Partial<XaiStrategyOptions>): void {
    this.current = this.application.buildStrategy({ issuer, clientID, strategy, verify })
    this.application.passport.use(this.current)
  }

  close(): Promise<void> {
    return this.application.close()
  }

  readonly isCallback = (location: string): boolean => location.startsWith(this.application.callbackURL)

  /** Begins a sign-in, and gives the first page of the server. */
  begin() {
    return this.browser.open(`${this.application.origin}/sign-in`, this.isCallback)
  }

  endingAt(callback: string): Promise<Ending> {
    return load(this.browser, callback)
  }

  /** Loads the callback, and gives the user that the application then has. */
  async userAt(callback: string): Promise<User> {
    const ending = await this.endingAt(callback)
    expect(ending, JSON.stringify(ending)).to.include({ outcome: 'success' })
    return ending.user as unknown as User
  }
}

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import passport from 'passport'
import {
  CookieStateStore,
  type XaiDeviceAuthenticateOptions,
  XaiDeviceStrategy,
  type XaiDeviceStrategyOptions,
  type XaiOAuthError,
  type XaiSignIn,
} from '../../lib/index.js'
import { buildSession, cookieSecret } from './application.js'
import type { ClientResponse, CookieClient } from './browserless-client.js'

/** Where a pending device sign-in is kept. */
export type DeviceStoreName = 'session' | 'cookie'

export interface DeviceApplicationOptions {
  readonly issuer: string
  readonly store: DeviceStoreName
  /** Further options of the strategy. */
  readonly strategy?: Partial<XaiDeviceStrategyOptions>
  readonly verify?: (signIn: XaiSignIn) => unknown
  /** What the route passes to passport.authenticate. */
  readonly authenticate?: XaiDeviceAuthenticateOptions
  /** Default: express-session in memory; with the cookie store none. `false`: none. */
  readonly session?: RequestHandler | false
  /** Where the application is mounted; default `/`. */
  readonly mount?: string
  /** Routes and middleware of a test's own, before those of the application. */
  readonly extend?: (app: Express) => void
}

/** How a request to the route ended, or that it goes on. */
export interface DeviceEnding {
  /** HTTP status. */
  readonly http: number
  readonly status?: 'pending' | 'ended'
  readonly user_code?: string
  readonly verification_uri?: string
  readonly verification_uri_complete?: string
  readonly expires_in?: number
  readonly interval?: number
  readonly outcome?: 'success' | 'fail' | 'error'
  readonly user?: { readonly id: string }
  readonly info?: { readonly code?: string; readonly message?: string; readonly state?: unknown }
  readonly error?: { readonly code?: string; readonly message: string; readonly name: string }
}

const sendError: ErrorRequestHandler = (error: XaiOAuthError, _req, res, _next) => {
  const { code, message, name, status = 500 } = error
  res.status(status).json({ outcome: 'error', error: { code, message, name } })
}

const asksForJSON = { headers: { accept: 'application/json' } }

/** An application that signs people in by a code, at `/connect`. */
export class DeviceApplication {
  readonly passport = new passport.Passport()
  readonly strategy: XaiDeviceStrategy
  /** What the application was told as errors, which a response shows in part. */
  readonly errors: XaiOAuthError[] = []

  private constructor(
    private readonly server: Server,
    private readonly options: DeviceApplicationOptions,
  ) {
    const { issuer, store, strategy, verify = async ({ profile: { id } }: XaiSignIn) => ({ id }) } = options
    this.strategy = new XaiDeviceStrategy(
      {
        issuer,
        clientID: 'app',
        ...(store === 'cookie' && { store: new CookieStateStore({ secret: cookieSecret }) }),
        ...strategy,
      },
      verify as (signIn: XaiSignIn) => { id: string },
    )
    this.passport.use(this.strategy)
    this.passport.serializeUser((user, done) => done(null, user))
    this.passport.deserializeUser((user: Express.User, done) => done(null, user))
    server.on('request', this.buildExpress())
  }

  static async start(options: DeviceApplicationOptions): Promise<DeviceApplication> {
    // Longer than any test, so that no browser meets the end of an idle connection.
    const server = createServer({ keepAliveTimeout: 120_000 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new DeviceApplication(server, options)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The route that does it all, with a query if wanted. */
  at(query = ''): string {
    return `${this.origin}${(this.options.mount ?? '/').replace(/\/$/, '')}/connect${query}`
  }

  /** What the route says to a browser that asks for JSON. */
  async ask(browser: CookieClient, query = ''): Promise<DeviceEnding> {
    return endingOf(await browser.get(this.at(query), asksForJSON))
  }

  /** The same of a form. */
  async post(
    browser: CookieClient,
    query: string,
    headers: Record<string, string> = {},
  ): Promise<DeviceEnding> {
    return endingOf(
      await browser.post(this.at(query), {}, { headers: { ...asksForJSON.headers, ...headers } }),
    )
  }

  /** The page that a browser is shown. */
  async open(browser: CookieClient, query = ''): Promise<ClientResponse> {
    return browser.get(this.at(query), { headers: { accept: 'text/html,*/*;q=0.8' } })
  }

  private buildExpress(): Express {
    const { store, session = store === 'session' && buildSession(), mount = '/', extend } = this.options
    const app = express()
    if (session) app.use(session, this.passport.session())
    extend?.(app)
    app.use(mount, this.buildRouter())
    app.get('/me', (req, res) => void res.json(req.user ?? null))
    app.use(sendError)
    return app
  }

  private buildRouter(): express.Router {
    const router = express.Router()
    router.all('/connect', (req, res, next) => {
      const ended = (error: unknown, user?: Express.User | false, info?: object, status?: number): void => {
        if (error) {
          this.errors.push(error as XaiOAuthError)
          return next(error)
        }
        if (!user) return void res.status(status ?? 401).json({ outcome: 'fail', info })
        req.logIn(user, { session: 'session' in req } as never, (failure: unknown) =>
          failure ? next(failure) : res.json({ outcome: 'success', user, info }),
        )
      }
      this.passport.authenticate('xai-device', this.options.authenticate as object, ended)(req, res, next)
    })
    return router
  }
}

const endingOf = ({ status, body }: ClientResponse): DeviceEnding => ({ ...JSON.parse(body), http: status })

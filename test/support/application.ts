import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import expressSession from 'express-session'
import passport from 'passport'
import {
  CookieStateStore,
  type XaiAuthenticateOptions,
  type XaiOAuthError,
  type XaiSignIn,
  XaiStrategy,
  type XaiStrategyOptions,
} from '../../lib/index.js'
import type { ClientResponse, CookieClient } from './browserless-client.js'

/** Long enough for a CookieStateStore, and secret to nobody. */
export const cookieSecret = 'a secret of the tests that is no secret'

export interface ApplicationOptions {
  readonly issuer: string
  readonly clientID?: string
  /** Default: pending sign-ins in the session. `'cookie'`: a CookieStateStore with the {@link cookieSecret}. */
  readonly store?: 'cookie' | object
  /** Default: express-session in memory; `false`: the application has no sessions. */
  readonly session?: RequestHandler | false
  /** Further options of the strategy. */
  readonly strategy?: Partial<XaiStrategyOptions>
  /** Default: the user is the `id` and `displayName` of the profile. */
  readonly verify?: (...args: never[]) => unknown
  /** What Passport keeps of a user in the session; default: all of it. */
  readonly serialize?: (user: unknown, done: (error: unknown, kept?: unknown) => void) => void
  /** What `/sign-in` passes to passport.authenticate; default: the query's `keep` as `state`. */
  readonly begin?: (query: Readonly<Record<string, string>>) => XaiAuthenticateOptions
  /** What the callback passes to passport.authenticate. */
  readonly finish?: XaiAuthenticateOptions
  /** Bytes of headers that the server takes; default: Node's. */
  readonly maxHeaderSize?: number
  /** Routes and middleware of a test's own, before those of the application. */
  readonly extend?: (app: Express, application: Application) => void
}

/** How an application says that a request to it ended. */
export interface Ending {
  /** HTTP status. */
  readonly status: number
  readonly outcome: 'success' | 'fail' | 'error'
  readonly user?: { readonly id: string; readonly name: string }
  readonly info?: {
    readonly code?: string
    readonly reason?: string
    readonly message?: string
    readonly state?: unknown
  }
  readonly error?: { readonly code?: string; readonly message: string }
}

type User = { id: string; name: string | undefined }

const defaultVerify = async ({ profile: { id, displayName } }: XaiSignIn) =>
  ({ id, name: displayName }) satisfies User

const sendError: ErrorRequestHandler = (error: XaiOAuthError, _req, res, _next) => {
  const { code, message, status = 500 } = error
  res.status(status).json({ outcome: 'error', error: { code, message } })
}

/** An application that signs people in with xAI as its README says: Express, Passport and, by default, sessions. */
export class Application {
  readonly passport = new passport.Passport()
  readonly origin: string
  readonly callbackURL: string
  readonly strategy: XaiStrategy

  private constructor(
    private readonly server: Server,
    private readonly options: ApplicationOptions,
  ) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.callbackURL = `${this.origin}/callback`
    this.strategy = this.buildStrategy()
    this.passport.use(this.strategy)
    this.passport.serializeUser(options.serialize ?? ((user, done) => done(null, user)))
    this.passport.deserializeUser((user: Express.User, done) => done(null, user))
    server.on('request', this.buildExpress())
  }

  static async start(options: ApplicationOptions): Promise<Application> {
    const { maxHeaderSize } = options
    const server = createServer({ ...(maxHeaderSize && { maxHeaderSize }) })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Application(server, options)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get issuer(): string {
    return this.options.issuer
  }

  /** A strategy of this application, with changes to its options. */
  buildStrategy(changes: Partial<ApplicationOptions> = {}): XaiStrategy {
    const { issuer, clientID, store, strategy, verify } = { ...this.options, ...changes }
    const kept = store === 'cookie' ? new CookieStateStore({ secret: cookieSecret }) : store
    const options: XaiStrategyOptions = {
      issuer,
      clientID: clientID ?? 'emulator-public',
      callbackURL: this.callbackURL,
      ...(kept && { store: kept }),
      ...strategy,
    }
    return new XaiStrategy(options, (verify ?? defaultVerify) as typeof defaultVerify)
  }

  /** The callback route of a strategy: says how the sign-in ended, after Passport's own `logIn`. */
  finish(strategy: string | XaiStrategy, options: XaiAuthenticateOptions = {}): RequestHandler {
    return (req, res, next) => {
      const ended = (error: unknown, user?: Express.User | false, info?: object, status?: number): void => {
        if (error) return next(error)
        if (!user) return void res.status(status ?? 401).json({ outcome: 'fail', info })
        const keepsSession = 'session' in req
        req.logIn(user, { session: keepsSession } as never, (failure: unknown) => {
          if (failure) next(failure)
          else res.json({ outcome: 'success', user, info })
        })
      }
      this.passport.authenticate(strategy as string, options as object, ended)(req, res, next)
    }
  }

  /** Opens a page and goes as far as xAI's redirect back: the URL of the callback, which is not loaded yet. */
  async arrive(browser: CookieClient, path = '/sign-in'): Promise<string> {
    const { headers, status, body } = await browser.open(`${this.origin}${path}`, (location) =>
      location.startsWith(this.origin),
    )
    if (headers.location === undefined) throw new Error(`no redirect back, but HTTP ${status}: ${body}`)
    return headers.location
  }

  private buildExpress(): Express {
    const { begin = ({ keep }) => ({ state: keep }), finish, session, extend } = this.options
    const app = express()
    if (session !== false) app.use(session ?? buildSession(), this.passport.session())
    app.use(express.urlencoded({ extended: true }))
    extend?.(app, this)
    app.get('/sign-in', (req, res, next) => {
      const asked = begin(req.query as Record<string, string>) as object
      this.passport.authenticate('xai', asked)(req, res, next)
    })
    app.all('/callback', this.finish('xai', finish))
    app.get('/me', (req, res) => void res.json(req.user ?? null))
    app.use(sendError)
    return app
  }
}

/** Sessions in memory, as express-session has them by default. */
export const buildSession = (): RequestHandler =>
  expressSession({ secret: 'a session secret of the tests', resave: false, saveUninitialized: false })

/** How a request of a browser to an application ended. */
export const endingOf = ({ status, body }: ClientResponse): Ending => ({ status, ...JSON.parse(body) })

/** Loads a URL of an application, and says how that ended. */
export const load = async (browser: CookieClient, url: string): Promise<Ending> =>
  endingOf(await browser.get(url))

import { randomBytes, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import session from 'express-session'
import { type AuthenticateCallback, Passport } from 'passport'
import { loopbackRelay, XaiStrategy, type XaiVerifyFunctionWithParams } from 'passport-xai'
import { icon, stylesheet } from './asset.js'
import { buildErrorPage, buildProfilePage, buildStartPage } from './page.js'
import { checkForm, formTokenOf, protectPages } from './page-protection.js'
import { Problem } from './problem.js'
import type { SignIn } from './sign-in.js'

/** What the application has to know; `main.ts` reads it from the environment. */
export interface ApplicationSettings {
  clientID: string
  /** None for a public client. */
  clientSecret?: string | undefined
  /** To the letter as registered at xAI. */
  callbackURL: string
  /** Space-separated, `openid` among them; by default, whatever the pages can show. */
  scope?: string | undefined
  /** xAI's by default; the emulator's address to sign in there. */
  issuer?: string | undefined
  /** How the consent page reaches a callback on loopback: xAI's does by `fetch`, the emulator's by redirect. */
  delivery?: 'redirect' | 'fetch' | undefined
  /** Gets a line for every problem that a person sees; `console.error` by default. */
  log?: ((line: string) => void) | undefined
}

/** Builds the application; nothing listens yet. */
export function createApplication(settings: ApplicationSettings): Express {
  const { clientID, clientSecret, callbackURL, log = console.error } = settings
  const { issuer = 'https://auth.x.ai', scope = 'openid profile email offline_access' } = settings
  const { delivery = settings.issuer ? 'redirect' : 'fetch' } = settings
  const callback = new URL(callbackURL)
  // The strategy accepts http on loopback only.
  const isLoopback = callback.protocol === 'http:'
  const usesRelay = isLoopback && delivery === 'fetch'
  const signInLink = usesRelay ? `${callback.pathname}?relay=begin` : '/auth/xai'

  // In memory, where a real application has its database. Tokens stay here: no page and no cookie shows them.
  const signIns = new Map<string, SignIn>()

  const verify: XaiVerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
    const expiresAt = params.expires_in ? new Date(Date.now() + params.expires_in * 1000) : undefined
    const tokens = { accessToken, refreshToken, expiresAt, scope: params.scope }
    const signIn = { id: randomUUID(), issuer, profile, tokens }
    signIns.set(signIn.id, signIn)
    done(null, signIn)
  }
  const strategy = new XaiStrategy({ clientID, clientSecret, callbackURL, issuer, scope }, verify)

  const passport = new Passport()
  passport.use(strategy)
  passport.serializeUser((user, done) => done(null, (user as SignIn).id))
  passport.deserializeUser((id: string, done) => done(null, signIns.get(id) ?? false))

  const app = express()
  app.disable('x-powered-by')
  // With an https callback, a proxy that ends TLS stands before the application.
  app.set('trust proxy', isLoopback ? false : 1)
  app.use(protectPages(new URL(issuer).origin))
  app.get('/style.css', (_req, res) => void res.type('css').send(stylesheet))
  app.get('/icon.svg', (_req, res) => void res.type('svg').send(icon))
  app.use(
    session({
      name: 'example.session',
      // A new secret at every start signs everybody out; a real application keeps one.
      secret: randomBytes(32).toString('base64url'),
      cookie: { httpOnly: true, sameSite: 'lax', secure: !isLoopback },
      resave: false,
      saveUninitialized: false,
    }),
  )
  app.use(passport.session())

  /** Begins a sign-in, or ends one: what the request carries decides. */
  const signIn: RequestHandler = (req, res, next) => {
    const conclude: AuthenticateCallback = (error, user, info, status) => {
      if (error) return next(error)
      if (!user) return next(Problem.fromRefusal(info, status))
      req.login(user, (error) => (error ? next(error) : res.redirect('/profile')))
    }
    passport.authenticate('xai', conclude)(req, res, next)
  }
  app.get('/auth/xai', signIn)
  // Takes what xAI's consent page delivers by fetch, without cookies, to the browser that waits for it.
  if (isLoopback) app.use(callback.pathname, loopbackRelay({ consentOrigin: consentOriginOf(settings) }))
  app.get(callback.pathname, signIn)

  app.get('/', (req, res) => {
    // A cookie belongs to one host name, and the callback has one: localhost is not 127.0.0.1.
    if (req.hostname === 'localhost' && callback.hostname === '127.0.0.1')
      return res.redirect(callback.origin)
    if (req.user) return res.redirect('/profile')
    res.send(buildStartPage({ issuer, signInLink }))
  })

  app.get('/profile', (req, res) => {
    if (!req.user) return res.redirect('/')
    const notice = req.query.refreshed === undefined ? undefined : 'The token was refreshed.'
    res.send(buildProfilePage({ signIn: signInOf(req), formToken: formTokenOf(req), notice }))
  })

  const form = [express.urlencoded({ extended: false }), checkForm]

  app.post('/refresh', form, async (req: Request, res: Response) => {
    const signIn = signInOf(req)
    const { refreshToken, scope } = signIn.tokens
    if (!refreshToken) throw new Problem('refresh_token_missing', 'xAI issued no refresh token.', 409)
    // xAI spends the old token with this: the new one is saved before anything else happens.
    signIn.tokens = { scope, ...(await strategy.refresh(refreshToken)) }
    res.redirect(303, '/profile?refreshed')
  })

  const signOut: RequestHandler = (req, res, next) => {
    signIns.delete(signInOf(req).id)
    req.logout((error) => (error ? next(error) : res.redirect(303, '/')))
  }
  app.post('/sign-out', form, signOut)

  /** Ends the account's sign-ins in every browser, and what xAI granted with them. */
  const revoke: RequestHandler = async (req, _res, next) => {
    const { issuer, profile } = signInOf(req)
    const all = [...signIns.values()].filter((one) => one.issuer === issuer && one.profile.id === profile.id)
    await Promise.all(all.map(({ tokens }) => strategy.revoke(tokens.refreshToken ?? tokens.accessToken)))
    for (const { id } of all) signIns.delete(id)
    next()
  }
  app.post('/sign-out-everywhere', form, revoke, signOut)

  app.use((req) => {
    throw new Problem('not_found', `There is no page at ${req.path}.`, 404)
  })
  app.use(showProblem(signInLink, log))
  return app
}

/** The emulator's consent page is its own; where xAI's is, the relay knows. */
const consentOriginOf = ({ issuer }: ApplicationSettings): string | undefined =>
  issuer && new URL(issuer).origin

const signInOf = (req: Request): SignIn => req.user as SignIn

/** Express knows an error handler by its four parameters. */
const showProblem =
  (signInLink: string, log: (line: string) => void): ErrorRequestHandler =>
  (error, _req, res, next) => {
    if (res.headersSent) return next(error)
    const problem = Problem.fromError(error)
    log(
      problem.code === 'unexpected'
        ? inspect(error)
        : `${problem.status} ${problem.code}: ${problem.message}`,
    )
    if (problem.retryAfter !== undefined) res.set('Retry-After', String(problem.retryAfter))
    res.status(problem.status).send(buildErrorPage({ problem, signInLink }))
  }

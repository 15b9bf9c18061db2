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
import { loopbackRelay, XaiDeviceStrategy, type XaiProfile, XaiStrategy, type XaiVerify } from 'passport-xai'
import type { EmulatorAccount } from 'passport-xai/emulator'
import { icon, script, stylesheet } from './asset.js'
import { showMetrics } from './metrics.js'
import { buildProblemPage, buildProfilePage, buildStartPage, type Way } from './page.js'
import { adviceOn, Problem } from './problem.js'

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
  /** Who can sign in, when an emulator stands in for xAI. */
  accounts?: readonly EmulatorAccount[] | undefined
  /** How the consent page reaches a callback on loopback: xAI's does by `fetch`, the emulator's by redirect. */
  delivery?: 'redirect' | 'fetch' | undefined
  /** Whether `/metrics` shows what happens; not by default. */
  metrics?: boolean | undefined
  /** Aborted when the application ends; default: never. */
  ended?: AbortSignal | undefined
  /** Gets an entry for every problem that a person sees; `console.error` by default. */
  log?: ((entry: string) => void) | undefined
}

/** Somebody who is signed in, in one browser. */
interface SignIn {
  id: string
  profile: XaiProfile
  tokens: Tokens
}

/** What xAI issued for a sign-in, or for its latest refresh. */
interface Tokens {
  accessToken: string
  /** Only with the scope `offline_access`. */
  refreshToken?: string | undefined
  /** Unknown when xAI does not say it. */
  expiresAt?: Date | undefined
  /** Space-separated. */
  scope?: string | undefined
}

declare module 'express-session' {
  interface SessionData {
    formToken: string
    notice: string
  }
}

/** Where people sign in by a code. */
const devicePath = '/connect/xai'

/** Builds the application; nothing listens yet. */
export function createApplication(settings: ApplicationSettings): Express {
  const { clientID, clientSecret, callbackURL, accounts, log = console.error } = settings
  const { issuer = 'https://auth.x.ai', scope = 'openid profile email offline_access' } = settings
  const { delivery = settings.issuer ? 'redirect' : 'fetch' } = settings
  const callback = new URL(callbackURL)
  // The strategy accepts http on loopback only.
  const isLoopback = callback.protocol === 'http:'
  const usesRelay = isLoopback && delivery === 'fetch'
  const signInLink = usesRelay ? `${callback.pathname}?relay=begin` : '/auth/xai'
  const ways: Way[] = [
    { label: 'Sign in with xAI', href: signInLink },
    { label: 'Use a code instead', href: devicePath },
  ]

  // In memory, where a real application has its database. Tokens stay here: no page and no cookie shows them.
  const signIns = new Map<string, SignIn>()

  const verify: XaiVerify = ({ profile, tokens }) => {
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: lifetime } = tokens
    const expiresAt = lifetime ? new Date(Date.now() + lifetime * 1000) : undefined
    const signIn = {
      id: randomUUID(),
      profile,
      tokens: { accessToken, refreshToken, expiresAt, scope: tokens.scope },
    }
    signIns.set(signIn.id, signIn)
    return signIn
  }
  const client = { clientID, clientSecret, issuer, scope }
  const strategy = new XaiStrategy({ ...client, callbackURL }, verify)
  const page = { title: 'Express Example', homeURL: '/' }

  const passport = new Passport()
  passport.use(strategy)
  passport.use(new XaiDeviceStrategy({ ...client, page }, verify))
  passport.serializeUser((user, done) => done(null, (user as SignIn).id))
  passport.deserializeUser((id: string, done) => done(null, signIns.get(id) ?? false))

  const app = express()
  app.disable('x-powered-by')
  // With an https callback, a proxy that ends TLS stands before the application.
  app.set('trust proxy', isLoopback ? false : 1)
  app.use(protectPages(new URL(issuer).origin))
  app.get('/style.css', (_req, res) => void res.type('css').send(stylesheet))
  app.get('/script.js', (_req, res) => void res.type('js').send(script))
  if (settings.metrics) app.get('/metrics', showMetrics(settings.ended ?? new AbortController().signal))
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
  const signInBy =
    (strategyName: 'xai' | 'xai-device'): RequestHandler =>
    (req, res, next) => {
      const conclude: AuthenticateCallback = (error, user, info, status) => {
        if (error) return next(error)
        if (!user) return next(Problem.fromRefusal(info, status))
        req.login(user, (error) => (error ? next(error) : res.redirect('/profile')))
      }
      passport.authenticate(strategyName, conclude)(req, res, next)
    }
  app.get('/auth/xai', signInBy('xai'))
  // Takes what xAI's consent page delivers by fetch, without cookies, to the browser that waits for it.
  if (isLoopback) app.use(callback.pathname, loopbackRelay({ consentOrigin: consentOriginOf(settings) }))
  app.get(callback.pathname, signInBy('xai'))

  // One route for the code: it begins, is asked by the page that waits, and ends the sign-in.
  const sendOn: RequestHandler = (req, res, next) => (req.user ? res.redirect('/profile') : next())
  app.all(devicePath, sendOn, signInBy('xai-device'))

  app.get('/', (req, res) => {
    // A cookie belongs to one host name, and the callback has one: localhost is not 127.0.0.1.
    if (req.hostname === 'localhost' && callback.hostname === '127.0.0.1')
      return res.redirect(callback.origin)
    if (req.user) return res.redirect('/profile')
    res.send(buildStartPage({ issuer, ways, accounts }))
  })

  app.get('/profile', (req, res) => {
    if (!req.user) return res.redirect('/')
    const { profile, tokens } = signInOf(req)
    const { scope, expiresAt, refreshToken } = tokens
    const canRefresh = refreshToken !== undefined
    const view = { issuer, profile, scope, expiresAt, canRefresh }
    res.send(buildProfilePage({ ...view, formToken: formTokenOf(req), notice: takeNotice(req) }))
  })

  const form = [express.urlencoded({ extended: false }), checkForm]

  app.post('/refresh', form, async (req: Request, res: Response) => {
    const signIn = signInOf(req)
    const { refreshToken, scope } = signIn.tokens
    if (!refreshToken) throw new Problem('refresh_token_missing', 'xAI issued no refresh token.', 409)
    // xAI spends the old token with this: the new one is saved before anything else happens.
    signIn.tokens = { scope, ...(await strategy.refresh(refreshToken)) }
    req.session.notice = 'The token was refreshed.'
    res.redirect(303, '/profile')
  })

  const signOut: RequestHandler = (req, res, next) => {
    signIns.delete(signInOf(req).id)
    req.logout((error) => (error ? next(error) : res.redirect(303, '/')))
  }
  app.post('/sign-out', form, signOut)

  /** Ends the person's sign-ins in every browser: first what xAI granted, so that nothing is forgotten that still works. */
  const signOutEverywhere: RequestHandler = async (req, _res, next) => {
    const { profile } = signInOf(req)
    const all = [...signIns.values()].filter((one) => one.profile.id === profile.id)
    await Promise.all(all.map(({ tokens }) => strategy.revoke(tokens.refreshToken ?? tokens.accessToken)))
    for (const { id } of all) signIns.delete(id)
    next()
  }
  app.post('/sign-out-everywhere', form, signOutEverywhere, signOut)

  app.use((req) => {
    throw new Problem('not_found', `There is no page at ${req.path}.`, 404)
  })
  app.use(showProblem(signInLink, log))
  return app
}

/** No third party, no inline script or style, no frame, and nothing that a cache keeps. */
function protectPages(pictureOrigin: string): RequestHandler {
  const contentSecurityPolicy = [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    `img-src 'self' https: ${pictureOrigin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': contentSecurityPolicy,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    })
    next()
  }
}

/** The emulator's consent page is its own; where xAI's is, the relay knows. */
const consentOriginOf = ({ issuer }: ApplicationSettings): string | undefined =>
  issuer && new URL(issuer).origin

const signInOf = (req: Request): SignIn => req.user as SignIn

/** The session's token, which every form carries: another site can submit a form here, but does not know this. */
function formTokenOf({ session }: Request): string {
  session.formToken ??= randomUUID()
  return session.formToken
}

/** Refuses a form that is not one of the session's own. */
const checkForm: RequestHandler = (req, _res, next) => {
  const { formToken } = req.session
  if (!req.user || !formToken || req.body?.form_token !== formToken) {
    throw new Problem('form_invalid', 'The form does not belong to the present session.', 403)
  }
  next()
}

/** What has just been done; it is said once. */
function takeNotice({ session }: Request): string | undefined {
  const { notice } = session
  delete session.notice
  return notice
}

/** Express knows an error handler by its four parameters. */
const showProblem =
  (signInLink: string, log: (entry: string) => void): ErrorRequestHandler =>
  (error, req, res, next) => {
    if (res.headersSent) return next(error)
    const problem = Problem.fromError(error)
    const { code, status, reason, message, retryAfter } = problem
    log(
      code === 'unexpected'
        ? buildLogEntry(inspect(error))
        : buildLogEntry(`${status} ${reason ? `${code} (${reason})` : code}: ${message}`),
    )
    // A second tab, or "back" after the sign-in: there is nothing that this person has to mend.
    if (req.user && code === 'xai_state_invalid') return res.redirect(303, '/profile')
    if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
    // The page that waits for a code asks for JSON, and shows the message.
    if (req.accepts('html', 'json') === 'json') {
      const { title, person } = adviceOn(problem)
      return res.status(status).json({ code, message: `${title}. ${person}` })
    }
    const again = req.path === devicePath ? devicePath : signInLink
    res.status(status).send(buildProblemPage({ problem, signInLink: again }))
  }

/** An entry may quote what somebody sent: its further lines are indented, so that none looks like an entry of its own. */
const buildLogEntry = (text: string): string =>
  text
    .replaceAll(/\r\n|[\r\n\v\f\u0085\u2028\u2029]/g, '\n  ')
    .replaceAll(
      /(?!\n)\p{Cc}/gu,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )

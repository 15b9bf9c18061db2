import { RedisStore } from 'connect-redis'
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express'
import session from 'express-session'
import { Passport } from 'passport'
import { XaiStrategy, type XaiVerifyFunctionWithParams } from 'passport-xai'
import { buildPage } from './page.js'
import { freshTokens, type Refreshing, refreshOnce } from './refresh-once.js'
import { TokenLock } from './token-lock.js'
import { type Redis, TokenStore } from './token-store.js'

/** What every process of the application is told alike; `main.ts` reads it from the environment. */
export interface ApplicationSettings {
  clientID: string
  clientSecret?: string | undefined
  /** The one address at which people reach all processes. */
  callbackURL: string
  issuer: string
  sessionSecret: string
  /** Milliseconds; see {@link TokenLock}. */
  lease?: number | undefined
}

/** What a session knows of a person; the tokens are found by the key. */
interface User {
  /** Issuer and `sub`: nothing else names an account for good. */
  key: string
  name: string
}

/** Builds the application; nothing listens yet. */
export function createApplication(redis: Redis, settings: ApplicationSettings): Express {
  const { clientID, clientSecret, callbackURL, issuer, sessionSecret, lease } = settings
  const tokens = new TokenStore(redis)
  const lock = new TokenLock(redis, lease)

  const verify: XaiVerifyFunctionWithParams = async (accessToken, refreshToken, params, profile, done) => {
    const user: User = { key: `${issuer} ${profile.id}`, name: profile.displayName ?? profile.id }
    const expiresAt = params.expires_in === undefined ? undefined : Date.now() + params.expires_in * 1000
    await tokens.save(user.key, { accessToken, refreshToken, expiresAt })
    done(null, user)
  }
  const scope = 'openid profile email offline_access'
  const strategy = new XaiStrategy({ clientID, clientSecret, callbackURL, issuer, scope }, verify)
  const refreshing: Refreshing = { strategy, tokens, lock }

  const passport = new Passport()
  passport.use(strategy)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: User, done) => done(null, user))

  const isHTTPS = callbackURL.startsWith('https:')
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', isHTTPS ? 1 : false)
  app.use(
    session({
      name: 'example.session',
      store: new RedisStore({ client: redis }),
      // The same in every process, or one would not accept the cookies of the other.
      secret: sessionSecret,
      // SameSite keeps other sites' forms away from the POSTs below.
      cookie: { httpOnly: true, sameSite: 'lax', secure: isHTTPS },
      resave: false,
      saveUninitialized: false,
    }),
  )
  app.use(passport.session())

  app.get('/', (req, res) => void res.send(buildPage(userOf(req)?.name)))
  app.get('/auth/xai', passport.authenticate('xai'))
  app.get(new URL(callbackURL).pathname, passport.authenticate('xai', { successRedirect: '/' }))

  /** Whatever needs an access token takes it this way, each time. */
  app.get('/token', demandUser, async (req, res) => {
    const { expiresAt } = await freshTokens(refreshing, keyOf(req))
    res.json({ expiresAt: expiresAt && new Date(expiresAt) })
  })

  /** For an access token that xAI refuses before it expires. */
  app.post('/refresh', demandUser, async (req, res) => {
    await refreshOnce(refreshing, keyOf(req))
    res.redirect(303, '/token')
  })

  /** Ends the sign-ins of this person everywhere: other sessions find no tokens. */
  app.post('/sign-out', demandUser, async (req, res) => {
    const key = keyOf(req)
    await lock.hold(key, async () => {
      const stored = await tokens.read(key)
      if (!stored) return
      await tokens.replace(key, stored)
      await strategy.revoke(stored.refreshToken ?? stored.accessToken)
    })
    req.logout(() => res.redirect(303, '/'))
  })

  app.use(showError)
  return app
}

const userOf = (req: Request): User | undefined => req.user as User | undefined
const keyOf = (req: Request): string => (req.user as User).key

const demandUser: RequestHandler = (req, res, next) => {
  if (req.user) next()
  else res.status(401).send('Please sign in.')
}

const showError: ErrorRequestHandler = (error, _req, res, _next) => {
  console.error(error)
  const status = error.status ?? 500
  res.status(status).send(status === 401 ? 'Please sign in again.' : `It did not work (HTTP ${status}).`)
}

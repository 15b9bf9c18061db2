import { randomUUID } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express'
import session from 'express-session'
import { Passport } from 'passport'
import { TokenManager, XaiStrategy } from 'passport-xai'
import { buildPage } from './page.js'
import { type Redis, RedisTokenStore } from './redis-token-store.js'
import { SignIns } from './sign-ins.js'

/** What every process of the application is told alike; `main.ts` reads it from the environment. */
export interface ApplicationSettings {
  clientID: string
  clientSecret?: string | undefined
  /** The one address at which people reach all processes. */
  callbackURL: string
  issuer: string
  sessionSecret: string
  /** Milliseconds; see {@link RedisTokenStore}. */
  lease?: number | undefined
}

/** What a session knows of a person; the tokens are found by {@link keyOf}. */
interface User {
  /** Issuer and `sub`: nothing else names an account for good. */
  person: string
  name: string
  /** Which of the person's sign-ins this is. */
  signIn: string
}

/** Seconds that sessions, and what belongs to them, are kept after somebody was last seen. */
const keepFor = 30 * 24 * 3600

/** Builds the application; nothing listens yet. */
export function createApplication(redis: Redis, settings: ApplicationSettings): Express {
  const { clientID, clientSecret, callbackURL, issuer, sessionSecret, lease } = settings
  const scope = 'openid profile email offline_access'
  const strategy = new XaiStrategy(
    { clientID, clientSecret, callbackURL, issuer, scope },
    async ({ profile, tokens: response }): Promise<User> => {
      const person = `${issuer} ${profile.id}`
      const user = { person, name: profile.displayName ?? profile.id, signIn: randomUUID() }
      await tokens.save(keyOf(user), response)
      await signIns.add(person, user.signIn)
      return user
    },
  )
  const store = new RedisTokenStore(redis, { keepFor, ...(lease !== undefined && { lease }) })
  const tokens = new TokenManager({ strategy, store })
  const signIns = new SignIns(redis, keepFor)

  const passport = new Passport()
  passport.use(strategy)
  passport.serializeUser((user, done) => done(null, user))
  // Asked on each request, so that a sign-in that was ended elsewhere has ended here as well.
  passport.deserializeUser((user: User, done) => {
    signIns.has(user.person, user.signIn).then((isListed) => done(null, isListed && user), done)
  })

  const isHTTPS = callbackURL.startsWith('https:')
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', isHTTPS ? 1 : false)
  app.use(
    session({
      name: 'example.session',
      store: new RedisStore({ client: redis, ttl: keepFor }),
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

  /** Whatever asks xAI something in the person's name does it this way. */
  app.get('/profile', demandUser, async (req, res) => {
    const response = await tokens.fetch(keyOf(req.user as User), `${issuer}/oauth2/userinfo`)
    res
      .status(response.status)
      .type('json')
      .send(await response.text())
  })

  /** Ends a sign-in: revoked first and forgotten after, so that what fails can be tried again. */
  const end = async (person: string, signIn: string): Promise<void> => {
    await tokens.revoke(keyOf({ person, signIn }))
    await signIns.remove(person, signIn)
  }

  app.post('/sign-out-everywhere', demandUser, async (req, res) => {
    const { person, signIn } = req.user as User
    const others = (await signIns.list(person)).filter((other) => other !== signIn)
    for (const ended of await Promise.allSettled(others.map((other) => end(person, other))))
      if (ended.status === 'rejected') throw ended.reason
    // Last, so that whoever has to try again is still signed in.
    await end(person, signIn)
    req.logout(() => res.redirect(303, '/'))
  })

  app.use(showError)
  return app
}

const userOf = (req: Request): User | undefined => req.user as User | undefined
const keyOf = ({ person, signIn }: Pick<User, 'person' | 'signIn'>): string => `${person} ${signIn}`

const demandUser: RequestHandler = (req, res, next) => {
  if (req.user) next()
  else res.status(401).send('Please sign in.')
}

const showError: ErrorRequestHandler = (error, _req, res, _next) => {
  console.error(error)
  const status = error.status ?? 500
  res.status(status).send(status === 401 ? 'Please sign in again.' : `It did not work (HTTP ${status}).`)
}

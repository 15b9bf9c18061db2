/**
 * The application of a developer who made one mistake, named by the first argument: README's quickstart, but for
 * that. It prints its port. What else it prints, and its pages, are what the developer sees.
 */
import express, { type Express } from 'express'
import session, { type CookieOptions } from 'express-session'
import passport from 'passport'
import { XaiStrategy } from '../../lib/index.js'

const [, , mistake, issuer = ''] = process.argv
const made = (name: string): boolean => mistake === name

const options = {
  issuer,
  clientID: made('wrong secret') ? 'emulator-confidential' : 'emulator-public',
  ...(made('wrong secret') && { clientSecret: 'another secret' }),
  ...(made('misspelt option') && { callbackUrl: 'http://127.0.0.1/callback' }),
  ...(made('scope with commas') && { scope: 'openid,profile,email' }),
  callbackURL: 'http://127.0.0.1/callback',
}
const finders: Readonly<Record<string, unknown>> = {
  'verify with three parameters': async (_access: string, _refresh: string, profile: object) => profile,
  'verify that returns a user and has done': async (
    _access: string,
    _refresh: string,
    profile: object,
    _done: unknown,
  ) => profile,
}
const find = async ({ profile }: { profile: { id: string } }) => ({ id: profile.id })
const strategy = new XaiStrategy(options, (finders[`${mistake}`] ?? find) as typeof find)
passport.use(strategy)
if (!made('no serializeUser')) passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user: Express.User, done) => done(null, user))

const cookies: Readonly<Record<string, CookieOptions>> = {
  'SameSite=Strict': { sameSite: 'strict' },
  'Secure over http': { secure: true },
}
const cookie = cookies[`${mistake}`] ?? {}
const sessions = session({ secret: 'a test', resave: false, saveUninitialized: false, cookie })

const app: Express = express()
if (!made('no session') && !made('session behind passport') && !made('session behind the routes'))
  app.use(sessions)
if (!made('no session') && !made('session behind the routes')) app.use(passport.session())
if (made('session behind passport')) app.use(sessions)
app.get('/sign-in', (req, res, next) => {
  const callbackURL = `http://127.0.0.1:${req.socket.localPort}/callback`
  passport.authenticate('xai', { callbackURL })(req, res, next)
})
app.get('/callback', (req, res, next) => {
  const callbackURL = `http://127.0.0.1:${req.socket.localPort}/callback`
  passport.authenticate('xai', { callbackURL, successRedirect: '/' })(req, res, next)
})
if (made('session behind the routes')) app.use(sessions)
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))

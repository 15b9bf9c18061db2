import connect from 'connect'
import session from 'express-session'
import passport from 'passport'
import type { XaiStrategy } from 'passport-xai'

export function createApp(xai: XaiStrategy, secret: string): connect.Server {
  passport.use(xai)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  const app = connect()
  // Only for CookieStateStore, which needs the response: Express alone puts it onto the request.
  app.use((req, res, next) => next(void Object.assign(req, { res })))
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }) as never)
  app.use(passport.session())
  app.use('/auth/xai', passport.authenticate('xai'))
  app.use((req, res) => res.end(JSON.stringify((req as { user?: unknown }).user ?? null)))
  return app
}

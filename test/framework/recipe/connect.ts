import connect from 'connect'
import session from 'express-session'
import passport from 'passport'
import type { XaiDeviceStrategy, XaiStrategy } from 'passport-xai'

export function createApp(xai: XaiStrategy, xaiDevice: XaiDeviceStrategy, secret: string): connect.Server {
  passport.use(xai)
  passport.use(xaiDevice)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  const app = connect()
  // For XaiDeviceStrategy and CookieStateStore, which respond: Express alone puts the response onto the request.
  app.use((req, res, next) => next(void Object.assign(req, { res })))
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }) as never)
  app.use(passport.session())
  app.use('/auth/xai', passport.authenticate('xai'))
  app.use('/connect/xai', passport.authenticate('xai-device'))
  app.use('/connect/xai', (_req, res) => res.writeHead(303, { location: '/' }).end())
  app.use((req, res) => res.end(JSON.stringify((req as { user?: unknown }).user ?? null)))
  return app
}

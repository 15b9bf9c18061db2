import type { Express } from 'express'
import session from 'express-session'
import passport from 'passport'
import type { XaiDeviceStrategy, XaiStrategy } from 'passport-xai'

export function addSignIn(
  app: Express,
  xai: XaiStrategy,
  xaiDevice: XaiDeviceStrategy,
  secret: string,
): void {
  passport.use(xai)
  passport.use(xaiDevice)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  app.use(passport.session())
  app.get('/auth/xai', passport.authenticate('xai'))
  app.get('/auth/xai/callback', passport.authenticate('xai', { successRedirect: '/' }))
  app.all('/connect/xai', passport.authenticate('xai-device', { successRedirect: '/' }))
  app.get('/', (req, res) => void res.json(req.user ?? null))
}

import type { Express } from 'express'
import session from 'express-session'
import passport from 'passport'
import type { XaiStrategy } from 'passport-xai'

export function addSignIn(app: Express, xai: XaiStrategy, secret: string): void {
  passport.use(xai)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  app.use(passport.session())
  app.get('/auth/xai', passport.authenticate('xai'))
  app.get('/auth/xai/callback', passport.authenticate('xai', { successRedirect: '/' }))
  app.get('/', (req, res) => void res.json(req.user ?? null))
}

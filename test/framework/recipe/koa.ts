import Koa from 'koa'
import { KoaPassport } from 'koa-passport'
import { createSession } from 'koa-session'
import type { XaiDeviceStrategy, XaiStrategy } from 'passport-xai'

export function createApp(xai: XaiStrategy, xaiDevice: XaiDeviceStrategy, secret: string): Koa {
  const passport = new KoaPassport()
  const app = new Koa()
  app.keys = [secret]
  passport.use(xai)
  passport.use(xaiDevice)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app
    .use(createSession({ sameSite: 'lax' }, app))
    .use(passport.initialize())
    .use(passport.session())
  const signIn = passport.authenticate('xai', { successRedirect: '/' })
  const signInByCode = passport.authenticate('xai-device', { successRedirect: '/' })
  app.use((ctx, next) => (ctx.path.startsWith('/auth/xai') ? signIn(ctx, next) : next()))
  app.use((ctx, next) => (ctx.path === '/connect/xai' ? signInByCode(ctx, next) : next()))
  app.use((ctx) => {
    ctx.body = JSON.stringify(ctx.state.user ?? null)
  })
  return app
}

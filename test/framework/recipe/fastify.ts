import { Authenticator } from '@fastify/passport'
import secureSession from '@fastify/secure-session'
import fastify, { type FastifyInstance } from 'fastify'
import type { XaiStrategy } from 'passport-xai'

export async function createApp(xai: XaiStrategy, key: Buffer): Promise<FastifyInstance> {
  const app = fastify()
  const passport = new Authenticator()
  passport.use(xai)
  passport.registerUserSerializer(async (user) => user)
  passport.registerUserDeserializer(async (user) => user)
  await app.register(secureSession, { key, cookie: { path: '/', sameSite: 'lax' } })
  await app.register(passport.initialize())
  await app.register(passport.secureSession())
  // Only for CookieStateStore, which needs the response: Fastify keeps it apart from the request.
  app.addHook('onRequest', async (request, reply) => void Object.assign(request, { res: reply.raw }))
  app.get('/auth/xai', { preValidation: passport.authenticate('xai') }, async () => null)
  const callback = passport.authenticate('xai', { successRedirect: '/' })
  app.get('/auth/xai/callback', { preValidation: callback }, async () => null)
  app.get('/', async (request) => JSON.stringify(request.user ?? null))
  return app
}

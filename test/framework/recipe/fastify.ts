import { Authenticator } from '@fastify/passport'
import secureSession from '@fastify/secure-session'
import fastify, { type FastifyInstance } from 'fastify'
import type { XaiDeviceStrategy, XaiStrategy } from 'passport-xai'

export async function createApp(
  xai: XaiStrategy,
  xaiDevice: XaiDeviceStrategy,
  key: Buffer,
): Promise<FastifyInstance> {
  const app = fastify()
  const passport = new Authenticator()
  passport.use(xai)
  passport.use(xaiDevice)
  passport.registerUserSerializer(async (user) => user)
  passport.registerUserDeserializer(async (user) => user)
  await app.register(secureSession, { key, cookie: { path: '/', sameSite: 'lax' } })
  await app.register(passport.initialize())
  await app.register(passport.secureSession())
  // For XaiDeviceStrategy and CookieStateStore, which respond: by the reply, which writes the session's cookie as well.
  app.addHook('onRequest', async (request, reply) => {
    const res = {
      set statusCode(status: number) {
        reply.code(status)
      },
      setHeader: (name: string, value: string) => reply.header(name, value),
      // Set-Cookie alone, which Fastify adds to those that are there.
      appendHeader: (name: string, value: string) => reply.header(name, value),
      end: (body: string) => reply.send(body),
    }
    Object.assign(request, { res })
  })
  // The form of "Get a new code" is empty.
  const form = 'application/x-www-form-urlencoded'
  app.addContentTypeParser(form, { parseAs: 'string' }, async () => ({}))
  app.get('/auth/xai', { preValidation: passport.authenticate('xai') }, async () => null)
  const callback = passport.authenticate('xai', { successRedirect: '/' })
  app.get('/auth/xai/callback', { preValidation: callback }, async () => null)
  const signInByCode = passport.authenticate('xai-device', { successRedirect: '/' })
  app.all('/connect/xai', { preValidation: signInByCode }, async () => null)
  app.get('/', async (request) => JSON.stringify(request.user ?? null))
  return app
}

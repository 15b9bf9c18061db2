import express from 'express'
import express4 from 'express4'
import { type Build, buildDeviceStrategy, buildStrategy } from './application.js'
import { buildNest } from './nest-application.js'
import { SignInController } from './nest-controller.js'
import * as connect from './recipe/connect.js'
import { addSignIn } from './recipe/express.js'
import * as fastify from './recipe/fastify.js'
import * as koa from './recipe/koa.js'
import { Xai, XaiDevice } from './recipe/nest.js'

const secret = 'framework tests'

const buildExpress =
  (create: typeof express): Build =>
  (options) => {
    const app = create()
    // Keeps the default error page, and only that, from writing what it shows to the console.
    app.set('env', 'test')
    addSignIn(app, buildStrategy(options), buildDeviceStrategy(options), secret)
    return app
  }

/** Every framework that the strategy is proven in, each built by its recipe. */
export const frameworks = {
  'Express 5': buildExpress(express),
  'Express 4': buildExpress(express4 as unknown as typeof express),
  NestJS: buildNest({ controllers: [SignInController], providers: [Xai, XaiDevice] }),
  Fastify: async (options, onClose) => {
    const app = await fastify.createApp(
      buildStrategy(options),
      buildDeviceStrategy(options),
      Buffer.alloc(32, 1),
    )
    await app.ready()
    onClose(() => app.close())
    return app.routing
  },
  Koa: (options) => {
    const app = koa.createApp(buildStrategy(options), buildDeviceStrategy(options), secret)
    app.silent = true
    return app.callback()
  },
  Connect: (options) => connect.createApp(buildStrategy(options), buildDeviceStrategy(options), secret),
} satisfies Record<string, Build>

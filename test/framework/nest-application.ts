import 'reflect-metadata'
import { type DynamicModule, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { PassportModule } from '@nestjs/passport'
import session from 'express-session'
import passport from 'passport'
import { type Build, deviceOptionsOf } from './application.js'

@Module({})
class ApplicationModule {}

/** What an application of Nest's is made of. */
export interface NestParts {
  controllers: Type[]
  providers: Type[]
}

/** Builds an application of Nest's with a session. */
export const buildNest =
  ({ controllers, providers }: NestParts): Build =>
  async (options, onClose) => {
    const module: DynamicModule = {
      module: ApplicationModule,
      imports: [PassportModule.register({ session: true })],
      controllers,
      providers: [
        { provide: 'xai options', useValue: options },
        { provide: 'xai device options', useValue: deviceOptionsOf(options) },
        ...providers,
      ],
    }
    const app = await NestFactory.create(module, { logger: false })
    app.use(session({ secret: 'framework tests', resave: false, saveUninitialized: false }))
    app.use(passport.session())
    await app.init()
    onClose(() => app.close())
    return app.getHttpAdapter().getInstance()
  }

import expressSession from 'express-session'
import { DeviceApplication, type DeviceStoreName } from './device-application.js'
import { ProcessSessionStore } from './process-session-store.js'

/**
 * An application that signs people in by a code, as a process of its own: to be forked with the issuer and the name of
 * the store. It sends its origin, and ends when its parent does.
 */
async function main([issuer = '', store = '']: string[]): Promise<void> {
  const session = expressSession({
    secret: 'a session secret of the tests',
    resave: false,
    saveUninitialized: false,
    store: new ProcessSessionStore(),
  })
  const application = await DeviceApplication.start({
    issuer,
    store: store as DeviceStoreName,
    ...(store === 'session' && { session }),
    extend: (app) =>
      app.use((_req, res, next) => {
        res.setHeader('Served-By', process.pid)
        next()
      }),
  })
  process.once('disconnect', () => process.exit())
  process.send?.(application.origin)
}

main(process.argv.slice(2))

import { Application } from './application.js'

/**
 * An application as a process of its own, to be forked with the issuer and the redirect URI: it sends its origin, and
 * ends when its parent does. All that it shares with others is the cookie secret.
 */
async function main([issuer = '', callbackURL = '']: string[]): Promise<void> {
  const application = await Application.start({
    issuer,
    store: 'cookie',
    session: false,
    strategy: { callbackURL },
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

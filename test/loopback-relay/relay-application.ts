import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import passport from 'passport'
import {
  type LoopbackRelayOptions,
  loopbackRelay,
  SessionStateStore,
  type SignInHolder,
  type StateStore,
  XaiStrategy,
} from '../../lib/index.js'

/** An application with a relay, on a free port. */
export interface RelayApplication {
  readonly origin: string
  /** Where sign-ins begin. */
  readonly beginURL: string
  /** The ids of those who were signed in. */
  readonly signedIn: string[]
  close(): Promise<void>
}

interface Parts {
  readonly issuer: string
  readonly clientID: string
  readonly relayOptions?: LoopbackRelayOptions
  readonly store?: StateStore & SignInHolder
  /** Runs before the relay. */
  readonly before?: RequestHandler
  /** Stands between the session and the strategy; default: the relay. */
  readonly relay?: RequestHandler
  /** The path that the whole application is mounted under. */
  readonly mountPath?: string
  /** Stands in the place of passport.authenticate when a sign-in begins. */
  readonly begin?: RequestHandler
}

const pass: RequestHandler = (_req, _res, next) => next()

export async function startRelayApplication(parts: Parts): Promise<RelayApplication> {
  const { issuer, clientID, before = pass, mountPath = '', begin } = parts
  const store = parts.store ?? new SessionStateStore()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signedIn: string[] = []
  const instance = new passport.Passport()
  instance.serializeUser((user, done) => done(null, user))
  instance.use(
    new XaiStrategy(
      { issuer, clientID, store, callbackURL: `${origin}${mountPath}/callback` },
      async ({ profile }) => {
        signedIn.push(profile?.id ?? '')
        return { id: profile?.id }
      },
    ),
  )
  const app = express()
  app.use(session({ secret: 'not a secret', resave: false, saveUninitialized: false }))
  app.use(before)
  app.use('/callback', parts.relay ?? loopbackRelay({ consentOrigin: issuer, store, ...parts.relayOptions }))
  app.get('/callback', begin ?? pass, instance.authenticate('xai'), (_req, res) => {
    res.send('signed in')
  })
  app.use(((error, _req, res, _next) => {
    res.status(500).send(`${error.message}`)
  }) as express.ErrorRequestHandler)
  server.on('request', mountPath === '' ? app : express().use(mountPath, app))
  return {
    origin,
    beginURL: `${origin}${mountPath}/callback?relay=begin`,
    signedIn,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

import { createServer } from 'node:http'
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import { BoundedSessionStore } from './bounded-session-store.js'
import { serveParent } from './child.js'
import { type ContenderInstance, loadContender } from './contender.js'
import { listen } from './listen.js'
import { startProfile, stopProfile } from './profile.js'
import { person } from './setting.js'

/** The application around a contender: Express, a session, Passport, and as little else as a sign-in needs. */
interface Start {
  module: string
  variant?: string
  issuer: string
}

/** So many refreshes, so many at a time, of so many different tokens. */
export interface RefreshLoad {
  count: number
  concurrency: number
  tokens: number
}

const sessions = new BoundedSessionStore()
let contender: ContenderInstance

async function start({ module, variant, issuer }: Start): Promise<string> {
  const app = express()
  const base = `http://127.0.0.1:${await listen(createServer(app))}`
  const { build } = await loadContender(module)
  contender = build({ issuer, callbackURL: `${base}/callback`, variant })
  passport.use('contender', contender.strategy)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app.disable('x-powered-by')
  app.use(session({ secret: 'bench', resave: false, saveUninitialized: false, store: sessions }))
  app.use(passport.initialize())
  app.get('/login', passport.authenticate('contender'))
  app.get('/callback', passport.authenticate('contender'), (req, res) => {
    const { id, name } = req.user as { id?: string; name?: string }
    // A contender that did not find out who it is has not signed anybody in.
    if (id === person.sub && name === person.name) res.redirect('/')
    else res.status(500).send('signed in somebody else')
  })
  return base
}

async function refresh({ count, concurrency, tokens }: RefreshLoad): Promise<number> {
  const began = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await contender.refresh?.(`OR-${next++ % tokens}`)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return performance.now() - began
}

serveParent({
  start,
  refresh,
  startProfile,
  stopProfile,
  /** Milliseconds of CPU that the process has used. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  /** Bytes after a garbage collection, without any session. */
  async memory() {
    sessions.forgetAll()
    for (let pass = 0; pass < 3; pass++) {
      await new Promise((resolve) => setImmediate(resolve))
      globalThis.gc?.()
    }
    const { heapUsed, rss } = process.memoryUsage()
    return { heapUsed, rss }
  },
  timers: () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
})

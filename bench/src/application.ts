import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'
import express from 'express'
import session, { type SessionData } from 'express-session'
import passport from 'passport'
import { serveParent } from './child.js'
import { buildContender, type Contender } from './contender.js'
import { listen } from './line.js'
import { startProfile, stopProfile } from './profile.js'
import { deviceAuthorization, person } from './setting.js'

/** Sessions that are kept; more would measure the session store in place of the strategy. */
const maxSessions = 5000

/** express-session's own store, that forgets the oldest sessions; the name is by which it is known to be in memory. */
class MemoryStore extends session.MemoryStore {
  private readonly ids = new Set<string>()

  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    super.set(id, data, done)
    this.ids.add(id)
    const [oldest = ''] = this.ids
    if (this.ids.size > maxSessions && this.ids.delete(oldest)) this.destroy(oldest)
  }
}

const store = new MemoryStore()
let contender: Contender

async function start({ name, issuer }: { name: string; issuer: string }): Promise<string> {
  const app = express()
  const base = `http://127.0.0.1:${await listen(createServer(app))}`
  contender = await buildContender(name, { issuer, callbackURL: `${base}/callback` })
  passport.use('contender', contender.strategy)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app.disable('x-powered-by')
  app.use(session({ secret: 'bench', resave: false, saveUninitialized: false, store }))
  app.use(passport.initialize())
  app.get('/login', passport.authenticate('contender'))
  app.get('/callback', passport.authenticate('contender'), (req, res) => {
    const { id, name } = req.user as { id?: string; name?: string }
    // A contender that did not find out who it is has not signed anybody in.
    if (id === person.sub && name === person.name) res.redirect('/')
    else res.status(500).send('signed in somebody else')
  })
  app.get('/device', passport.authenticate('contender'))
  const { device_code: _, ...pending } = deviceAuthorization(issuer)
  app.get('/alone', (_req, res) => {
    res.json({ status: 'pending', ...pending })
  })
  return base
}

/** Refreshes so many tokens, 16 at a time; gives the milliseconds. */
async function refresh(count: number): Promise<number> {
  const began = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await contender.refresh?.(`OR-${process.pid}-${next++}`)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return performance.now() - began
}

/** Milliseconds of one ES256 check of a JWT as long as ours, by OpenSSL alone. */
function es256(count: number): number {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = Buffer.alloc(560, 'x')
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const began = performance.now()
  for (let left = count; left > 0; left--) {
    verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  }
  return (performance.now() - began) / count
}

serveParent({
  start,
  refresh,
  es256,
  startProfile,
  stopProfile,
  /** Milliseconds of CPU that the process has used. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  /** Bytes of the heap after a garbage collection, without any session. */
  async heap() {
    store.clear()
    for (let pass = 0; pass < 3; pass++) {
      await new Promise((resolve) => setImmediate(resolve))
      globalThis.gc?.()
    }
    return process.memoryUsage().heapUsed
  },
})

/** Signs people in by a code: `npm run start:device`. Without XAI_CLIENT_ID, the emulator stands in for xAI. */
import { randomUUID } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import { XaiDeviceStrategy } from 'passport-xai'
import { startEmulator } from 'passport-xai/emulator'

const { XAI_CLIENT_ID, PORT = '3000' } = process.env

async function main(): Promise<void> {
  const { issuer, publicClient } = XAI_CLIENT_ID
    ? { issuer: 'https://auth.x.ai', publicClient: { clientID: XAI_CLIENT_ID } }
    : await startEmulator({ deviceFlow: { interval: 1 } })

  passport.use(
    new XaiDeviceStrategy(
      { issuer, clientID: publicClient.clientID, page: { title: 'Device Example' } },
      async ({ profile }) => ({ id: profile.id, name: profile.displayName ?? profile.id }),
    ),
  )
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))

  const app = express()
  app.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.all('/connect/xai', passport.authenticate('xai-device', { successRedirect: '/' }))
  app.get('/', (req, res) => {
    const { name } = (req.user ?? {}) as { name?: string }
    if (name === undefined) res.send('<a href="/connect/xai">Sign in with xAI</a>')
    else res.type('text').send(`Hello ${name}`)
  })
  const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
    if (error) throw error
    const { port } = server.address() as { port: number }
    console.log(`Open http://127.0.0.1:${port} (people sign in at ${issuer})`)
  })
}

void main()

import type { AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { createApplication } from './application.js'

/** A setting from the environment; the process ends with one line when it is missing. */
function read(name: string, fallback?: string): string {
  const value = process.env[name]?.trim() || fallback
  if (value !== undefined) return value
  return fail(new Error(`${name} is not set; see examples/redis/README.md`))
}

function fail({ message }: Error): never {
  console.error(message)
  process.exit(1)
}

const settings = {
  clientID: read('XAI_CLIENT_ID'),
  clientSecret: process.env.XAI_CLIENT_SECRET,
  callbackURL: read('XAI_CALLBACK_URL'),
  issuer: read('XAI_ISSUER', 'https://auth.x.ai'),
  sessionSecret: read('SESSION_SECRET'),
  lease: Number(read('REFRESH_LEASE_MS', '30000')),
}

async function main(): Promise<void> {
  const redis = createClient({ url: read('REDIS_URL', 'redis://127.0.0.1:6379') })
  // Without a listener, a lost connection would end the process; the client connects again by itself.
  redis.on('error', (error) => console.error(`Redis: ${error.message || error.code}`))
  await redis.connect()

  const app = createApplication(redis, settings)
  const server = app.listen(Number(read('PORT', '3000')), '127.0.0.1', (error?: Error) => {
    if (error) fail(error)
    console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  const stop = (): void => {
    server.close(() => redis.close())
    server.closeIdleConnections()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

main().catch(fail)

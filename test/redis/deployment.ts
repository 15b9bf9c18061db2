import { createClient } from 'redis'
import type { Redis } from '../../examples/redis/redis-token-store.js'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import type { DatabaseServer } from '../support/database-server.js'
import { ApplicationProcess } from './application-process.js'
import { startRedisServer } from './redis-server.js'

/** Two processes of the Redis example, their Redis and their emulator. */
export class Deployment {
  private constructor(
    private readonly server: DatabaseServer,
    readonly redis: Redis,
    readonly emulator: Emulator,
    readonly processes: readonly [ApplicationProcess, ApplicationProcess],
  ) {}

  static async start(options: EmulatorOptions): Promise<Deployment> {
    const server = await startRedisServer()
    const redis = createClient({ url: server.url })
    redis.on('error', () => {})
    await redis.connect()
    const emulator = await startEmulator(options)
    const start = (): Promise<ApplicationProcess> =>
      ApplicationProcess.start(emulator, { REDIS_URL: server.url })
    try {
      return new Deployment(server, redis, emulator, await Promise.all([start(), start()]))
    } catch (error) {
      // What is left open would keep the test run from its end.
      redis.destroy()
      await Promise.all([emulator.close(), server.stop()])
      throw error
    }
  }

  get redisURL(): string {
    return this.server.url
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.kill()))
    this.redis.destroy()
    await Promise.all([this.emulator.close(), this.server.stop()])
  }

  /** The tokens that Redis keeps of each sign-in of a subject. */
  async tokensOf(sub: string): Promise<Array<{ accessToken: string; refreshToken: string }>> {
    const keys = await this.redis.keys(`xai-tokens:${this.emulator.issuer} ${sub} *`)
    const texts = await Promise.all(keys.map((key) => this.redis.get(key)))
    return texts.map((text) => JSON.parse(`${text}`))
  }

  /** The tokens that the emulator was asked to revoke, oldest first. */
  get revokedTokens(): string[] {
    return this.emulator.requests
      .filter(({ path }) => path === '/oauth2/revoke')
      .map(({ parameters }) => `${parameters?.token}`)
  }

  /** The refresh tokens that the emulator was sent, oldest first. */
  get sentTokens(): string[] {
    return this.emulator.requests
      .filter(({ parameters }) => parameters?.grant_type === 'refresh_token')
      .map(({ parameters }) => `${parameters?.refresh_token}`)
  }
}

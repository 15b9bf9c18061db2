import { createClient } from 'redis'
import type { Redis, StoredTokens } from '../../examples/redis/token-store.js'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { ApplicationProcess } from './application-process.js'
import { type RedisServer, startRedisServer } from './redis-server.js'

/** Milliseconds: about as short as the example allows. */
export const lease = 22_000

/** Two processes of the Redis example, their Redis and their emulator. */
export class Deployment {
  private constructor(
    private readonly server: RedisServer,
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
    const environment = { REDIS_URL: server.url, REFRESH_LEASE_MS: String(lease) }
    const start = (): Promise<ApplicationProcess> => ApplicationProcess.start(emulator, environment)
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

  /** The tokens that Redis keeps for a subject. */
  async tokensOf(sub: string): Promise<StoredTokens | null> {
    return JSON.parse((await this.redis.get(`xai-tokens:${this.emulator.issuer} ${sub}`)) ?? 'null')
  }

  /** The refresh tokens that the emulator was sent, oldest first. */
  get sentTokens(): string[] {
    return this.emulator.requests
      .filter(({ parameters }) => parameters?.grant_type === 'refresh_token')
      .map(({ parameters }) => `${parameters?.refresh_token}`)
  }
}

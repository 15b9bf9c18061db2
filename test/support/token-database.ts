import { Pool } from 'pg'
import { createClient } from 'redis'
import { PostgresTokenStore } from '../../examples/postgresql/postgresql-token-store.js'
import { type Redis, RedisTokenStore } from '../../examples/redis/redis-token-store.js'
import type { TokenStore } from '../../lib/index.js'
import type { TokenProcessSettings } from './token-process.js'

/** A connection to a database of tokens. */
export interface TokenDatabase {
  store: TokenStore
  close(): Promise<void>
}

type Connection = Pick<TokenProcessSettings, 'database' | 'databaseURL' | 'lease' | 'refreshTime'>

/** Connects as an application does. */
export async function connectTokenDatabase({
  database,
  databaseURL,
  lease,
  refreshTime,
}: Connection): Promise<TokenDatabase> {
  if (database === 'redis') {
    const redis: Redis = createClient({ url: databaseURL })
    redis.on('error', () => {})
    await redis.connect()
    return {
      store: new RedisTokenStore(redis, { lease, refreshTime }),
      close: async () => redis.destroy(),
    }
  }
  const pools = [1, 2].map(() => new Pool({ connectionString: databaseURL }))
  for (const pool of pools) pool.on('error', () => {})
  const [pool, locks] = pools as [Pool, Pool]
  await pool.query('create table if not exists xai_tokens (key text primary key, tokens text not null)')
  return {
    store: new PostgresTokenStore(pool, locks, lease, refreshTime),
    close: async () => {
      await Promise.all(pools.map((each) => each.end()))
    },
  }
}

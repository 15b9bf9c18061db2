import type { TokenStore } from 'passport-xai'
import type { Pool } from 'pg'

// create table xai_tokens (key text primary key, tokens text not null)
const upsert = 'insert into xai_tokens values ($1, $2) on conflict (key) do update set tokens = $2'
const update = 'update xai_tokens set tokens = $2 where key = $1 and tokens = $3'
const remove = 'delete from xai_tokens where key = $1 and tokens = coalesce($2, tokens)'

export class PostgresTokenStore implements TokenStore {
  constructor(
    private readonly pool: Pool,
    private readonly locks: Pool,
    private readonly lease = 30_000,
    private readonly refreshTime = 21_000,
  ) {
    for (const each of [pool, locks]) each.on('error', () => {}) // the next query connects again
  }

  async read(key: string): Promise<string | undefined> {
    const { rows } = await this.pool.query('select tokens from xai_tokens where key = $1', [key])
    return rows[0]?.tokens
  }

  async write(key: string, text?: string, expected?: string): Promise<boolean> {
    const { rowCount } = await (text === undefined
      ? this.pool.query(remove, [key, expected])
      : expected === undefined
        ? this.pool.query(upsert, [key, text])
        : this.pool.query(update, [key, text, expected]))
    return rowCount === 1 || expected === undefined
  }

  async lock<Result>(key: string, run: (startWithin: number) => Promise<Result>): Promise<Result> {
    const client = await this.locks.connect()
    client.on('error', () => {}) // the lease was over
    try {
      await client.query('begin')
      await client.query(`set local idle_in_transaction_session_timeout = ${this.lease}`)
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
      return await run(this.lease - this.refreshTime)
    } finally {
      client.release(true) // closes the connection, and so lets the lock go
    }
  }
}

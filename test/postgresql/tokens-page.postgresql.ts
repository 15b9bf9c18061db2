import { expect } from 'chai'
import { sealTokens, TokenManager } from 'passport-xai'
import { Pool } from 'pg'
import { PostgresTokenStore } from '../../examples/postgresql/postgresql-token-store.js'
import type { DatabaseServer } from '../support/database-server.js'
import { readCodeBlocks } from '../support/document.js'
import { RotatingServer } from '../support/rotating-server.js'
import { startPostgresServer } from './postgresql-server.js'

describe('docs/tokens.md with PostgreSQL', () => {
  let server: DatabaseServer
  const { env } = process
  before(async () => {
    server = await startPostgresServer()
    const { hostname, port, username, password, pathname } = new URL(server.url)
    const names = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password }
    process.env = { ...env, ...names, PGDATABASE: pathname.slice(1) }
  })
  after(async () => {
    process.env = env
    await server?.stop()
  })

  it('shows a store that keeps nothing readable, and serves two processes', async () => {
    const tokenSecret = 'a secret of thirty-two characters'
    const xai = new RotatingServer()
    const strategy = xai.strategy()
    const database = new Pool().on('error', () => {})
    const [, create = ''] = /^\/\/ (create table .*)$/m.exec(readCodeBlocks('docs/tokens.md').join()) ?? []
    await database.query(create)

    const store = new PostgresTokenStore(new Pool(), new Pool())
    const tokens = new TokenManager({ strategy, store: sealTokens(store, [tokenSecret]) })

    const other = new TokenManager({ strategy: xai.strategy(), store: sealTokens(store, tokenSecret) })
    await tokens.save('person', { ...xai.signIn('person'), expires_in: 0 })
    const [one, two] = await Promise.all([tokens.accessToken('person'), other.accessToken('person')])
    expect(one).to.equal(two)
    expect(xai.sent).to.have.length(1)
    const { rows } = await database.query('select * from xai_tokens')
    expect(rows).to.have.length(1)
    expect(JSON.stringify(rows)).not.to.match(/access of|refresh of/)
    await database.end()
  })
})

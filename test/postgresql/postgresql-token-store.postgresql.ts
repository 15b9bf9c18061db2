import { expect } from 'chai'
import { TokenManager } from '../../lib/index.js'
import type { DatabaseServer } from '../support/database-server.js'
import { failureOf } from '../support/failure.js'
import { RotatingServer } from '../support/rotating-server.js'
import { describeSeveralProcesses } from '../support/several-processes.js'
import { connectTokenDatabase, type TokenDatabase } from '../support/token-database.js'
import { describeTokenStore } from '../token/token-store-contract.js'
import { startPostgresServer } from './postgresql-server.js'

describeSeveralProcesses('postgresql', startPostgresServer)

describe('PostgresTokenStore', () => {
  let server: DatabaseServer
  let connections: TokenDatabase[]
  const connect = async (lease = 30_000, refreshTime = 21_000): Promise<TokenDatabase> => {
    const connection = await connectTokenDatabase({
      database: 'postgresql',
      databaseURL: server.url,
      lease,
      refreshTime,
    })
    connections.push(connection)
    return connection
  }
  before(async () => {
    server = await startPostgresServer()
    connections = []
  })
  after(async () => {
    await Promise.all((connections ?? []).map((each) => each.close()))
    await server?.stop()
  })

  let shared: TokenDatabase | undefined
  describeTokenStore(async () => {
    shared ??= await connect()
    return shared.store
  })

  it('says how long a refresh may still begin', async () => {
    const { store } = await connect()
    expect(await store.lock('key', async (startWithin) => startWithin)).to.equal(9000)
  })

  it('lets the lock go when its lease is over, and whoever slept through it harms nobody', async () => {
    const { store } = await connect(200, 100)
    const order: string[] = []
    await store.lock('key', async () => {
      await store.lock('key', async () => {
        order.push('next')
      })
      order.push('asleep until now')
    })
    expect(order).to.deep.equal(['next', 'asleep until now'])
  })

  it('serves more people at once than it has connections', async () => {
    const { store } = await connect()
    const xai = new RotatingServer()
    const manager = new TokenManager({ strategy: xai.strategy(), store })
    const people = Array.from({ length: 40 }, (_, index) => `person ${index}`)
    for (const who of people) await manager.save(who, { ...xai.signIn(who), expires_in: 0 })
    const tokens = await Promise.all(people.map((who) => manager.accessToken(who)))
    expect(new Set(tokens)).to.have.property('size', 40)
    expect(xai.sent).to.have.length(40)
  })

  it('fails with the error of the database, and sends nothing, when the database is not there', async () => {
    const { store } = await connectTokenDatabase({
      database: 'postgresql',
      databaseURL: server.url,
      lease: 30_000,
      refreshTime: 21_000,
    }).then(async (connection) => {
      await connection.close()
      return connection
    })
    const xai = new RotatingServer()
    const manager = new TokenManager({ strategy: xai.strategy(), store })
    expect((await failureOf(manager.accessToken('key'))).message).to.match(/pool/)
    expect(xai.sent).to.be.empty
  })
})

import { expect } from 'chai'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { TokenManager, type TokenStore } from '../../lib/index.js'
import type { DatabaseServer } from './database-server.js'
import { connectTokenDatabase, type TokenDatabase } from './token-database.js'
import { type Database, TokenProcess } from './token-process.js'
import { until } from './until.js'

const path = '/oauth2/token'
/** Milliseconds: short, so that the tests see leases end. */
const lease = 3000
const refreshTime = 1000

/** What holds for two processes of an application that keep tokens in one database. */
export function describeSeveralProcesses(
  database: Database,
  startDatabase: () => Promise<DatabaseServer>,
): void {
  describe(`two processes with TokenManager and one ${database}`, () => {
    let server: DatabaseServer
    let emulator: Emulator
    let connection: TokenDatabase
    let store: TokenStore
    let processes: [TokenProcess, TokenProcess]

    const start = (): Promise<TokenProcess> =>
      TokenProcess.start({
        ...{ database, databaseURL: server.url, lease, refreshTime },
        issuer: emulator.issuer,
        clientID: emulator.publicClient.clientID,
      })
    /** The refresh tokens that the emulator was sent, oldest first. */
    const sentTokens = (): string[] =>
      emulator.requests
        .filter(({ parameters }) => parameters?.grant_type === 'refresh_token')
        .map(({ parameters }) => `${parameters?.refresh_token}`)
    const tokensOf = async (
      key: string,
    ): Promise<{ accessToken: string; refreshToken: string } | undefined> =>
      JSON.parse((await store.read(key)) ?? 'null') ?? undefined
    /** Makes somebody's access token one that has to be refreshed. */
    async function expire(key: string): Promise<void> {
      const { accessToken, refreshToken } = (await tokensOf(key)) ?? expect.fail(`no tokens of ${key}`)
      const manager = new TokenManager({ strategy: { refresh: expect.fail, revoke: expect.fail }, store })
      await manager.save(key, { accessToken, refreshToken, expiresAt: new Date(0) })
    }

    before(async () => {
      server = await startDatabase()
      emulator = await startEmulator({ signInAs: 'personal' })
      connection = await connectTokenDatabase({ database, databaseURL: server.url, lease, refreshTime })
      store = connection.store
      processes = await Promise.all([start(), start()])
    })
    after(async () => {
      await Promise.all((processes ?? []).map((each) => each.kill()))
      await connection?.close()
      await Promise.all([emulator?.close(), server?.stop()])
    })
    beforeEach(() => emulator.clearRequests())

    it('refresh each of 500 sign-ins once, which one of them saved and both need', async () => {
      const [left, right] = processes
      const signIn = async (key: string, by: TokenProcess): Promise<void> => {
        await by.ask('signIn', key)
        await expire(key)
      }
      for (let first = 0; first < 500; first += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            signIn(`sign-in ${first + index}`, index % 2 ? left : right),
          ),
        )
      emulator.clearRequests()
      for (let first = 0; first < 500; first += 20)
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const key = `sign-in ${first + index}`
            const [one, two] = await Promise.all([
              left.ask('accessToken', key),
              right.ask('accessToken', key),
            ])
            expect(one).to.equal(two)
          }),
        )
      expect(sentTokens()).to.have.length(500)
      expect(new Set(sentTokens())).to.have.property('size', 500)
    })

    it('refresh once when both want to at the same moment, 20 times over', async () => {
      const key = 'both'
      await processes[0].ask('signIn', key)
      const seen = new Set<string>()
      for (let round = 1; round <= 20; round += 1) {
        await expire(key)
        const former = await tokensOf(key)
        emulator.clearRequests()
        for (const { locking } of processes) locking.length = 0
        let asked: Array<Promise<string>> = []
        // With the lock in foreign hands, both come as far as knowing the same token before either may use it.
        await store.lock(key, async () => {
          asked = processes.map((each) => each.ask('accessToken', key))
          await until(() => processes.every(({ locking }) => locking.includes(key)))
        })
        const [one, two] = await Promise.all(asked)
        expect(one).to.equal(two)
        expect(sentTokens()).to.deep.equal([former?.refreshToken])
        seen.add(`${(await tokensOf(key))?.refreshToken}`)
      }
      expect(seen).to.have.property('size', 20)
    })

    it('refresh once when many callers come to both', async () => {
      await processes[0].ask('signIn', 'many')
      await expire('many')
      const calls = Array.from({ length: 30 }, (_, index) => processes[index % 2]?.ask('accessToken', 'many'))
      expect(new Set(await Promise.all(calls))).to.have.property('size', 1)
      expect(sentTokens()).to.have.length(1)
    })

    it('ask xAI once about a token that is dead', async () => {
      await processes[0].ask('signIn', 'dead')
      await expire('dead')
      const text = `${await store.read('dead')}`
      await processes[1].ask('revoke', 'dead')
      await store.write('dead', text)
      emulator.clearRequests()
      const calls = Array.from({ length: 10 }, (_, index) =>
        processes[index % 2]?.tell('accessToken', 'dead'),
      )
      expect(new Set(await Promise.all(calls))).to.deep.equal(new Set(['xai_sign_in_needed']))
      expect(sentTokens()).to.have.length(1)
      expect(await tokensOf('dead')).to.equal(undefined)
    })

    it('go on for everybody else when one is killed in the middle of a refresh, and for its person after the lease', async () => {
      const [victim, survivor] = processes
      for (const key of ['spent', 'unspent', 'bystander']) {
        await survivor.ask('signIn', key)
        await expire(key)
      }
      const former = await tokensOf('unspent')
      emulator.clearRequests()

      // xAI has carried out the first refresh when the process dies, and not the second.
      const lost: Array<Promise<string>> = []
      for (const [key, carriedOut] of [['spent', true] as const, ['unspent', false] as const]) {
        emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY, carriedOut })
        lost.push(victim.tell('accessToken', key))
        await until(() => sentTokens().length === lost.length)
      }
      await victim.kill()
      const killed = performance.now()
      expect(await Promise.all(lost)).to.deep.equal(['the process is gone', 'the process is gone'])

      const waiting = ['spent', 'unspent'].map((key) => survivor.tell('accessToken', key))
      expect(await survivor.tell('accessToken', 'bystander')).to.equal(
        (await tokensOf('bystander'))?.accessToken,
      )
      const [spent, unspent] = await Promise.all(waiting)
      expect(performance.now() - killed).to.be.below(lease + 5000)

      // The new token died with the process, and the old one is worth nothing: the person signs in again.
      expect(spent).to.equal('xai_sign_in_needed')
      expect(await tokensOf('spent')).to.equal(undefined)
      await survivor.ask('signIn', 'spent')
      expect(await survivor.ask('accessToken', 'spent')).to.equal((await tokensOf('spent'))?.accessToken)

      // The old token had not been used, and the other process uses it.
      expect(unspent).to.equal((await tokensOf('unspent'))?.accessToken)
      expect((await tokensOf('unspent'))?.refreshToken).not.to.equal(former?.refreshToken)
      processes[0] = await start()
    })

    it('wait no longer than the lease for one that stands still', async () => {
      const [frozen, other] = processes
      await other.ask('signIn', 'frozen')
      await expire('frozen')
      emulator.clearRequests()
      emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY, carriedOut: false })
      void frozen.tell('accessToken', 'frozen')
      await until(() => sentTokens().length === 1)
      frozen.freeze()
      const began = performance.now()
      expect(await other.ask('accessToken', 'frozen')).to.equal((await tokensOf('frozen'))?.accessToken)
      expect(performance.now() - began).to.be.below(lease + 5000)
      await frozen.kill()
      processes[0] = await start()
    })
  })
}

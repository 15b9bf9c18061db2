import { mock } from 'node:test'
import { expect } from 'chai'
import { TokenManager } from '../../lib/index.js'
import { lostResponse, RotatingServer } from '../support/rotating-server.js'
import { type ProcessStore, SharedDatabase } from '../support/shared-database.js'
import { until } from '../support/until.js'

const person = 'https://auth.x.ai person'
const bystander = 'https://auth.x.ai bystander'

/** Never: what becomes of a process that was killed. */
const killed = (): Promise<never> => new Promise(() => {})

/** A gate that is shut until `open` is called. */
class Gate {
  open = (): void => {}
  readonly passed = new Promise<void>((resolve) => {
    this.open = resolve
  })
}

/** One process of an application: its own way to the database, its own manager, its own memory of nothing. */
interface Process {
  store: ProcessStore
  manager: TokenManager
}

/** Two processes, and what a person's request at each ends with: an access token, or the code or message of an error. */
class Scene {
  readonly server = new RotatingServer()
  readonly database = new SharedDatabase()
  /** The refresh token that lay in the store at the beginning. */
  first = ''

  /** Each use of a refresh token, by the lock under which it was sent. */
  readonly uses: Array<{ holder: object | undefined; refreshToken: string }> = []

  private start(): Process {
    const store = this.database.connect()
    const strategy = this.server.strategy()
    const refresh = (refreshToken: string): ReturnType<typeof strategy.refresh> => {
      this.uses.push({ holder: this.database.holderOf(person), refreshToken })
      return strategy.refresh(refreshToken)
    }
    return { store, manager: new TokenManager({ strategy: { ...strategy, refresh }, store }) }
  }

  readonly a = this.start()
  readonly b = this.start()

  /** Everybody is signed in, and nobody's access token is good any more. */
  async begin(): Promise<void> {
    for (const who of [person, bystander])
      await this.a.manager.save(who, { ...this.server.signIn(who), expires_in: 0 })
    this.first = this.stored()?.refreshToken ?? ''
  }

  ask({ manager }: Process): Promise<string> {
    return manager.accessToken(person).catch((error) => error.code ?? error.message)
  }

  stored(): { accessToken: string; refreshToken: string } | undefined {
    return JSON.parse(this.database.texts.get(person) ?? 'null') ?? undefined
  }

  /** Whether the first process is waiting for xAI, and the second one for the lock. */
  async untilBothWait(): Promise<void> {
    await until(() => this.server.sent.length === 1 && this.database.countTurns(person) === 2)
  }
}

/** Lets no time pass while something pauses. */
async function withoutPauses<Result>(result: Promise<Result>): Promise<Result> {
  mock.timers.enable({ apis: ['setTimeout'] })
  let isDone = false
  const end = (): void => {
    isDone = true
  }
  result.then(end, end)
  await until(() => {
    mock.timers.tick(1000)
    return isDone
  })
  return result
}

const isToken = /^access of https:\/\/auth\.x\.ai person, /

describe('two processes that need one person’s token', () => {
  let scene: Scene
  beforeEach(async () => {
    scene = new Scene()
    await scene.begin()
  })
  afterEach(async () => {
    mock.restoreAll()
    mock.timers.reset()
    for (const { holder, refreshToken } of scene.uses) {
      const same = scene.uses.filter((use) => use.holder === holder && use.refreshToken === refreshToken)
      expect(holder).not.to.equal(undefined)
      expect(same).to.have.length(1)
    }
    // Whatever happened, nobody else's tokens were touched, and they work.
    expect(await scene.b.manager.accessToken(bystander)).to.match(
      /^access of https:\/\/auth\.x\.ai bystander, /,
    )
  })

  it('get the same token from one refresh', async () => {
    const { a, b, server } = scene
    const [one, two] = await Promise.all([scene.ask(a), scene.ask(b)])
    expect(one).to.match(isToken).and.equal(two)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('get the same token from one refresh when the store is slow', async () => {
    const { a, b, server } = scene
    let turns = 0
    for (const { store } of [a, b])
      for (const name of ['read', 'write'] as const) {
        const original = store[name].bind(store) as (...args: unknown[]) => Promise<never>
        mock.method(store, name, async (...args: unknown[]) => {
          turns += 1
          for (let turn = 0; turn < 5 + (turns % 7); turn += 1) await new Promise(setImmediate)
          return original(...args)
        })
      }
    const all = await Promise.all([a, b, a, b, b, a].map((each) => scene.ask(each)))
    expect(new Set(all)).to.have.property('size', 1)
    expect(all[0]).to.match(isToken)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('need a new sign-in after a response was lost that xAI had carried out', async () => {
    const { a, b, server } = scene
    server.onResponse = lostResponse
    expect(await scene.ask(a)).to.equal('xai_refresh_failed')
    server.onResponse = () => {}
    expect(await scene.ask(b)).to.equal('xai_sign_in_needed')
    expect(await scene.ask(a)).to.equal('xai_sign_in_needed')
    expect(scene.stored()).to.equal(undefined)
    expect(server.sent).to.deep.equal([scene.first, scene.first])
  })

  it('go on after a request was lost before xAI had it', async () => {
    const { a, b, server } = scene
    server.onArrival = lostResponse
    expect(await scene.ask(a)).to.equal('xai_refresh_failed')
    server.onArrival = () => {}
    expect(await scene.ask(b)).to.match(isToken)
    expect(await scene.ask(a)).to.match(isToken)
  })

  it('go on when one is killed before xAI has its request, once its lease is over', async () => {
    const { a, b, database, server } = scene
    server.onArrival = killed
    void scene.ask(a)
    const other = scene.ask(b)
    await scene.untilBothWait()
    server.onArrival = () => {}
    database.endLease(person)
    expect(await other).to.match(isToken)
  })

  it('need a new sign-in when one is killed between the response and the save', async () => {
    const { a, b, database, server } = scene
    mock.method(a.store, 'write', killed)
    void scene.ask(a)
    const other = scene.ask(b)
    await scene.untilBothWait()
    database.endLease(person)
    expect(await other).to.equal('xai_sign_in_needed')
    expect(scene.stored()).to.equal(undefined)
    expect(server.sent).to.deep.equal([scene.first, scene.first])
  })

  it('go on with the new token when one is killed between the save and the end of its lock', async () => {
    const { a, b, database, server } = scene
    mock.method(a.store, 'lock', async (key: string, run: (within: number) => Promise<unknown>) => {
      await database.acquire(key)
      await run(9000)
      return killed()
    })
    void scene.ask(a)
    const other = scene.ask(b)
    await until(() => scene.stored()?.refreshToken !== scene.first)
    database.endLease(person)
    expect(await other).to.equal(scene.stored()?.accessToken)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('send nothing with a lease that one of them slept through, and take what the other got', async () => {
    const { a, b, database, server } = scene
    const now = performance.now.bind(performance)
    let slept = 0
    mock.method(performance, 'now', () => now() + slept)
    const asleep = new Gate()
    const read = a.store.read.bind(a.store)
    let reads = 0
    mock.method(a.store, 'read', async (key: string) => {
      reads += 1
      const text = await read(key)
      // The second read is the one under the lock.
      if (reads === 2) await asleep.passed
      return text
    })
    const sleeping = scene.ask(a)
    await until(() => reads === 2)
    database.endLease(person)
    const other = await scene.ask(b)
    slept = 30_000
    asleep.open()
    expect(await sleeping)
      .to.match(isToken)
      .and.equal(other)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('need a new sign-in when one is frozen past its lease while xAI responds', async () => {
    const { a, b, database, server } = scene
    const frozen = new Gate()
    server.onResponse = () => frozen.passed
    const first = scene.ask(a)
    const second = scene.ask(b)
    await scene.untilBothWait()
    database.endLease(person)
    expect(await second).to.equal('xai_sign_in_needed')
    frozen.open()
    expect(await first).to.equal('xai_sign_in_needed')
    expect(scene.stored()).to.equal(undefined)
  })

  it('leave the tokens of a sign-in that came during a refresh, and give them', async () => {
    const { a, b, database, server } = scene
    const response = new Gate()
    server.onResponse = () => response.passed
    const asked = [scene.ask(a), scene.ask(b)]
    await scene.untilBothWait()
    await b.manager.save(person, server.signIn(person))
    const signedIn = database.texts.get(person)
    response.open()
    for (const token of await Promise.all(asked)) expect(token).to.equal(scene.stored()?.accessToken)
    expect(database.texts.get(person)).to.equal(signedIn)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('leave the tokens of a sign-in that came while xAI refused the former ones, and give them', async () => {
    const { a, b, server } = scene
    await server.strategy().revoke(scene.first)
    const response = new Gate()
    server.onArrival = () => response.passed
    const asked = scene.ask(a)
    await until(() => server.sent.length === 1)
    await b.manager.save(person, server.signIn(person))
    response.open()
    expect(await asked)
      .to.match(isToken)
      .and.equal(scene.stored()?.accessToken)
  })

  it('get nothing after the tokens were forgotten during a refresh, which brings none back', async () => {
    const { a, b, server } = scene
    const response = new Gate()
    server.onResponse = () => response.passed
    const locks = [a, b].map(({ store }) => mock.method(store, 'lock'))
    const asked = [scene.ask(a), scene.ask(b)]
    await scene.untilBothWait()
    await b.manager.forget(person)
    response.open()
    expect(await Promise.all(asked)).to.deep.equal(['xai_sign_in_needed', 'xai_sign_in_needed'])
    expect(locks.map((lock) => lock.mock.callCount())).to.deep.equal([1, 1])
    expect(scene.stored()).to.equal(undefined)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('keep what a process got when it first fails to save it', async () => {
    const { a, b, server } = scene
    const write = a.store.write.bind(a.store)
    let writes = 0
    mock.method(a.store, 'write', async (...args: Parameters<typeof write>) => {
      writes += 1
      if (writes === 1) throw new Error('the connection is gone')
      return write(...args)
    })
    const token = await withoutPauses(scene.ask(a))
    expect(token).to.match(isToken)
    expect(await scene.ask(b)).to.equal(token)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('keep what a process saved without learning that it had', async () => {
    const { a, b, server } = scene
    const write = a.store.write.bind(a.store)
    let writes = 0
    mock.method(a.store, 'write', async (...args: Parameters<typeof write>) => {
      writes += 1
      await write(...args)
      if (writes === 1) throw new Error('the connection is gone')
      return write(...args)
    })
    const token = await withoutPauses(scene.ask(a))
    expect(token).to.match(isToken).and.equal(scene.stored()?.accessToken)
    expect(await scene.ask(b)).to.equal(token)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('try to save at once, after 200 ms, and after another second', async () => {
    const { a } = scene
    const start = Date.now()
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start })
    const writes: number[] = []
    mock.method(a.store, 'write', async () => {
      writes.push(Date.now() - start)
      throw new Error('the connection is gone')
    })
    const asked = scene.ask(a)
    for (let tick = 0; tick < 12; tick += 1) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
      mock.timers.tick(100)
    }
    expect(await asked).to.equal('the connection is gone')
    expect(writes).to.deep.equal([0, 200, 1200])
  })

  it('get the error of a store that never saves, and nobody gets what is not saved', async () => {
    const { a, b } = scene
    mock.method(a.store, 'write', async () => {
      throw new Error('the connection is gone')
    })
    expect(await withoutPauses(scene.ask(a))).to.equal('the connection is gone')
    expect(await scene.ask(b)).to.equal('xai_sign_in_needed')
  })

  it('get the error of a store that does not write what it should, and changes nothing', async () => {
    const { a } = scene
    mock.method(a.store, 'write', async () => false)
    const outcome = await withoutPauses(scene.ask(a))
    expect(outcome).to.equal('TokenManager: the store does not write where it should')
    expect(scene.stored()?.refreshToken).to.equal(scene.first)
  })

  it('need a new sign-in after a store lost what it had confirmed', async () => {
    const { a, b, server } = scene
    mock.method(a.store, 'write', async () => true)
    expect(await scene.ask(a)).to.match(isToken)
    expect(await scene.ask(b)).to.equal('xai_sign_in_needed')
    expect(server.sent).to.deep.equal([scene.first, scene.first])
  })

  it('are not overtaken by a write that the store carries out late', async () => {
    const { a, b, database, server } = scene
    const write = a.store.write.bind(a.store)
    const late = new Gate()
    mock.method(a.store, 'write', async (...args: Parameters<typeof write>) => {
      await late.passed
      return write(...args)
    })
    const first = scene.ask(a)
    const second = scene.ask(b)
    await scene.untilBothWait()
    database.endLease(person)
    expect(await second).to.equal('xai_sign_in_needed')
    await b.manager.save(person, server.signIn(person))
    const signedIn = database.texts.get(person)
    late.open()
    expect(await first).to.equal(scene.stored()?.accessToken)
    expect(database.texts.get(person)).to.equal(signedIn)
  })

  it('get their tokens when the lock cannot be let go', async () => {
    const { a, b, database, server } = scene
    mock.method(a.store, 'lock', async (key: string, run: () => Promise<unknown>) => {
      await database.acquire(key)
      await run()
      throw new Error('the connection is gone')
    })
    const token = await scene.ask(a)
    expect(token).to.match(isToken)
    const other = scene.ask(b)
    database.endLease(person)
    expect(await other).to.equal(token)
    expect(server.sent).to.deep.equal([scene.first])
  })

  it('ask xAI once about a token that is dead, however many ask at both', async () => {
    const { a, b, server } = scene
    await server.strategy().revoke(scene.first)
    const all = await Promise.all(Array.from({ length: 100 }, (_, index) => scene.ask(index % 2 ? a : b)))
    expect(new Set(all)).to.deep.equal(new Set(['xai_sign_in_needed']))
    expect(server.sent).to.deep.equal([scene.first])
  })
})

import type { TokenStore } from '../../lib/token/token-store.js'

/** Somebody who waits for a lock, and what tells them that it is theirs. */
interface Turn {
  begin(): void
}

/** What one process finds between itself and the database; replace what should go wrong. */
export class ProcessStore implements TokenStore {
  constructor(private readonly database: SharedDatabase) {}

  async read(key: string): Promise<string | null> {
    return this.database.texts.get(key) ?? null
  }

  async write(key: string, text: string | undefined, expected?: string): Promise<boolean> {
    const { texts } = this.database
    if (expected !== undefined && texts.get(key) !== expected) return false
    if (text === undefined) texts.delete(key)
    else texts.set(key, text)
    return true
  }

  async lock<Result>(key: string, run: (startWithin?: number) => Promise<Result>): Promise<Result> {
    const release = await this.database.acquire(key)
    try {
      return await run(this.database.startWithin)
    } finally {
      release()
    }
  }
}

/** A database of several processes. Its locks have a lease that ends when a test says so, and not by a clock. */
export class SharedDatabase {
  readonly texts = new Map<string, string>()
  /** Milliseconds that a process is told it has before it must not begin a refresh any more. */
  startWithin = 9000
  private readonly queues = new Map<string, Turn[]>()

  /** A new process's way to this database. */
  connect(): ProcessStore {
    return new ProcessStore(this)
  }

  /** Who holds the lock of a key now: the same object for as long as they do. */
  holderOf(key: string): object | undefined {
    return this.queues.get(key)?.[0]
  }

  /** How many hold or await the lock of a key. */
  countTurns(key: string): number {
    return this.queues.get(key)?.length ?? 0
  }

  /** Resolves to what lets the lock go. */
  acquire(key: string): Promise<() => void> {
    return new Promise((resolve) => {
      const turn: Turn = { begin: () => resolve(() => this.end(key, turn)) }
      const queue = this.queues.get(key) ?? []
      this.queues.set(key, [...queue, turn])
      if (queue.length === 0) turn.begin()
    })
  }

  /** The lease of whoever holds the lock is over. */
  endLease(key: string): void {
    const [holder] = this.queues.get(key) ?? []
    if (holder) this.end(key, holder)
  }

  private end(key: string, turn: Turn): void {
    const queue = this.queues.get(key) ?? []
    const wasHolder = queue[0] === turn
    const rest = queue.filter((other) => other !== turn)
    this.queues.set(key, rest)
    if (wasHolder) rest[0]?.begin()
  }
}

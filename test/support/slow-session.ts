import { setTimeout } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import expressSession, { type SessionData, Store } from 'express-session'

type Done = (error?: unknown) => void

/** Sessions in a place that several applications share, and that takes its time (milliseconds) to read and to write. */
export class SlowSessionStore extends Store {
  private readonly kept = new Map<string, string>()
  /** What `set` fails with. */
  failure: Error | undefined

  constructor(private readonly delay: { readonly get: number; readonly set: number }) {
    super()
  }

  /** The sessions that are kept now. */
  get ids(): string[] {
    return [...this.kept.keys()]
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    const read = (): void => {
      const text = this.kept.get(id)
      done(null, text === undefined ? null : JSON.parse(text))
    }
    void setTimeout(this.delay.get).then(read)
  }

  override set(id: string, session: SessionData, done: Done = () => {}): void {
    const text = JSON.stringify(session)
    const write = (): void => {
      if (!this.failure) this.kept.set(id, text)
      done(this.failure)
    }
    void setTimeout(this.delay.set).then(write)
  }

  override destroy(id: string, done: Done = () => {}): void {
    this.kept.delete(id)
    done()
  }

  /** Session middleware of one of the applications. */
  middleware(): RequestHandler {
    const secret = 'a session secret of the tests'
    return expressSession({ secret, resave: false, saveUninitialized: false, store: this })
  }
}

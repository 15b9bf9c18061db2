import { type SessionData, Store } from 'express-session'

/** Sessions that an application keeps; more would measure the session store in place of the strategy. */
const maxSessions = 5000

/** Does what express-session's own store does, but forgets the oldest sessions, as one with a lifetime would. */
export class BoundedSessionStore extends Store {
  private readonly sessions = new Map<string, string>()

  override get(id: string, callback: (error: unknown, session?: SessionData) => void): void {
    const session = this.sessions.get(id)
    setImmediate(callback, null, session && JSON.parse(session))
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.sessions.set(id, JSON.stringify(session))
    for (const oldest of this.sessions.keys()) {
      if (this.sessions.size <= maxSessions) break
      this.sessions.delete(oldest)
    }
    if (callback) setImmediate(callback)
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.sessions.delete(id)
    if (callback) setImmediate(callback)
  }

  forgetAll(): void {
    this.sessions.clear()
  }
}

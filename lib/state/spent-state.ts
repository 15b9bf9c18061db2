import { signInLifetime } from './pending-sign-in.js'

/** So many are remembered at most; a process that completes more sign-ins in 10 minutes forgets the oldest. */
const maxRemembered = 10_000

/**
 * Remembers in this process which states were used. Sessions are copies that two simultaneous requests read
 * alike, and cookies can be sent again; this closes the gap where one process gets both requests.
 */
export class SpentStates {
  private readonly spent = new Map<string, number>()

  has(handle: string): boolean {
    return this.spent.has(handle)
  }

  add(handle: string): void {
    const now = Date.now()
    this.spent.set(handle, now + signInLifetime)
    for (const [oldest, until] of this.spent) {
      if (until > now && this.spent.size <= maxRemembered) break
      this.spent.delete(oldest)
    }
  }
}

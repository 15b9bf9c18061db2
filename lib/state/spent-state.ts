import { signInLifetime } from './pending-sign-in.js'

/** Two generations of this size are remembered at most; a process that is busier than that forgets the oldest. */
const generationSize = 5_000

/**
 * Remembers in this process which states were used. Sessions are copies that two simultaneous requests read
 * alike, and cookies can be sent again; this closes the gap where one process gets both requests.
 */
export class SpentStates {
  private recent = new Set<string>()
  private older = new Set<string>()
  /** Milliseconds since the epoch; a generation is forgotten when the next one is as old as a sign-in may get. */
  private began = Date.now()

  has(handle: string): boolean {
    return this.recent.has(handle) || this.older.has(handle)
  }

  add(handle: string): void {
    if (this.recent.size >= generationSize || Date.now() >= this.began + signInLifetime) {
      this.older = this.recent
      this.recent = new Set()
      this.began = Date.now()
    }
    this.recent.add(handle)
  }
}

import type { CallbackParameters } from '../oauth/authorization-response.js'
import { signInLifetime } from '../state/pending-sign-in.js'

/** As many sign-ins are expected at most in one process; then the oldest gives way. */
const maxExpected = 1000

/** Milliseconds that what was delivered is kept; xAI's codes live for seconds. */
const deliveryLifetime = 2 * 60_000

/** A sign-in that has begun in this process and whose delivery is awaited, or has come. */
export interface ExpectedSignIn {
  authorizationURL: string
  parameters?: CallbackParameters
}

interface Entry extends ExpectedSignIn {
  /** Milliseconds since the epoch. */
  until: number
}

/** What became of a delivery. */
export type Reception = 'kept' | 'repeated' | 'unexpected'

/** Remembers sign-ins by their state: 10 minutes until the delivery comes, and 2 minutes from then on. */
export class ExpectedSignIns {
  private readonly entries = new Map<string, Entry>()

  /** Expects the delivery of a sign-in that begins now. */
  add(state: string, authorizationURL: string): void {
    this.prune()
    this.entries.set(state, { authorizationURL, until: Date.now() + signInLifetime })
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= maxExpected) break
      this.entries.delete(oldest)
    }
  }

  /** Keeps the first delivery of a sign-in that is expected, and no other. */
  receive(state: string, parameters: CallbackParameters): Reception {
    this.prune()
    const entry = this.entries.get(state)
    if (!entry) return 'unexpected'
    if (entry.parameters) return 'repeated'
    entry.parameters = parameters
    entry.until = Math.min(entry.until, Date.now() + deliveryLifetime)
    return 'kept'
  }

  /** The sign-in of a state, while it is remembered. */
  find(state: string): ExpectedSignIn | undefined {
    this.prune()
    return this.entries.get(state)
  }

  private prune(): void {
    const now = Date.now()
    for (const [state, { until }] of this.entries) if (until <= now) this.entries.delete(state)
  }
}

import { tracingChannel } from 'node:diagnostics_channel'
import { expect } from 'chai'

/**
 * Watches every event of passport-xai while a whole suite runs: for mocha's `--require`. Afterwards it fails when a
 * field, an outcome or a reason is none of the closed sets that docs/diagnostics.md shows, or when anything in an event
 * could be a secret or a person's: a token-like run, an address, the query of a URL.
 */
const outcomes: Readonly<Record<string, readonly string[]>> = {
  'sign-in': ['redirect', 'pending', 'success', 'fail', 'error'],
  request: ['response', 'timeout', 'no_response', 'too_large', 'aborted'],
  refresh: ['refreshed', 'revoked', 'failed'],
}

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isLike =
  (form: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && form.test(value)

const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  strategy: isLike(/^[a-z-]{1,20}$/),
  code: isLike(/^(xai_[a-z_]+|access_denied)$/),
  reason: isLike(/^(missing|unknown|used|expired|mismatch|unreadable|superseded)$/),
  what: isLike(/^(xAI [A-Za-z ()]{1,40}|OAuth2 request|test)$/),
  method: isLike(/^(GET|POST)$/),
  url: isLike(/^https?:\/\/[^?#@]+$/),
  status: (value) => Number.isInteger(value),
  milliseconds: isCount,
  resent: (value) => value === true,
  remembered: (value) => typeof value === 'boolean',
}

const tokenLike = /(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}/

const counts = { 'sign-in': 0, request: 0, refresh: 0 }
const strange = new Set<string>()

function look(name: string, event: object): void {
  counts[name as keyof typeof counts] += 1
  for (const [field, value] of Object.entries(event)) {
    const isKnown = field === 'outcome' ? outcomes[name]?.includes(value) : fields[field]?.(value)
    if ((!isKnown && value !== undefined) || tokenLike.test(String(value)))
      strange.add(`${name}: ${field} ${String(value)}`)
  }
}

export const mochaHooks = {
  beforeAll(): void {
    for (const name of Object.keys(counts)) {
      const seen = (event: object): void => look(name, event)
      tracingChannel<object, object>(`passport-xai:${name}`).subscribe({
        start: seen,
        asyncEnd: seen,
      } as never)
    }
  },
  afterAll(): void {
    console.log(`Events that were looked at: ${JSON.stringify(counts)}.`)
    expect([...strange]).to.deep.equal([])
    for (const [name, count] of Object.entries(counts)) expect(count, name).to.be.above(100)
  },
}

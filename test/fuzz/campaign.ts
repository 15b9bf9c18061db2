import { appendFileSync } from 'node:fs'
import fc from 'fast-check'

/** Runs in the default suite, of all properties together; `npm run fuzz` has more. */
const defaultRuns = 2000

/** The default suite tries the same inputs each time, so that it fails for a change and not by chance. */
const defaultSeed = 20_268_628

const numberFrom = (name: string, fallback: number): number => {
  const value = Number(process.env[name] ?? fallback)
  if (!Number.isSafeInteger(value)) throw new TypeError(`${name} must be a whole number`)
  return value
}

/** All runs of the campaign (`FUZZ_RUNS`). */
export const totalRuns = numberFrom('FUZZ_RUNS', defaultRuns)

/** What all inputs follow from (`FUZZ_SEED`). */
export const seed = numberFrom('FUZZ_SEED', defaultSeed)

/** How often something happened; it shows that a property was not true for want of cases. */
export class Tally {
  private readonly counts = new Map<string, number>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** How many times. */
  of(what: string): number {
    return this.counts.get(what) ?? 0
  }

  toString(): string {
    return [...this.counts].map(([what, times]) => `${what} ${times}`).join(', ')
  }
}

let isAnnounced = false

/** Says once how the same inputs come again. */
function announce(): void {
  if (!isAnnounced)
    console.log(`    fuzzing: ${totalRuns} runs, repeated by FUZZ_RUNS=${totalRuns} FUZZ_SEED=${seed}`)
  isAnnounced = true
}

/**
 * Tries a property on its share of the runs. On a failure the error holds the seed, the path, and the smallest input
 * that fails.
 *
 * @param share of all runs, from 0 to 1
 */
export async function tryProperty<Input>(
  name: string,
  share: number,
  inputs: fc.Arbitrary<Input>,
  holds: (input: Input, tally: Tally) => Promise<void>,
): Promise<Tally> {
  announce()
  const tally = new Tally()
  const numRuns = Math.max(1, Math.round(totalRuns * share))
  const path = process.env.FUZZ_PATH
  const property = fc.asyncProperty(inputs, (input) => holds(input, tally))
  await fc.assert(property, { seed, numRuns, ...(path !== undefined && { path }) })
  const log = process.env.FUZZ_LOG
  if (log) appendFileSync(log, `${JSON.stringify({ name, runs: numRuns, tally: String(tally) })}\n`)
  return tally
}

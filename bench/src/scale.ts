/** How much is measured. Times are in milliseconds. */
export interface Scale {
  concurrencies: readonly number[]
  /** Of the concurrencies that have targets. */
  rounds: number
  /** Of the other concurrencies. */
  sideRounds: number
  /** Rounds before the first that counts, so that V8 has compiled what matters. */
  warmUpRounds: number
  /** Of one measurement in one round: short, because V8 drops the code of an application that waits for its turn. */
  window: number
  tlsSignIns: number
  agingSignIns: number
  agingRounds: number
  processStarts: number
  profileRounds: number
  refreshes: number
  sparseSignIns: number
  sparseInterval: number
}

/** What `bench/RESULTS.md` shows. */
export const full: Scale = {
  concurrencies: [1, 16, 64, 256],
  rounds: 25,
  sideRounds: 5,
  warmUpRounds: 16,
  window: 300,
  tlsSignIns: 1000,
  agingSignIns: 50_000,
  agingRounds: 21,
  processStarts: 20,
  profileRounds: 6,
  refreshes: 2000,
  sparseSignIns: 7,
  sparseInterval: 8000,
}

/** Enough to see that everything still runs. */
export const quick: Scale = {
  concurrencies: [1, 16],
  rounds: 1,
  sideRounds: 1,
  warmUpRounds: 0,
  window: 200,
  tlsSignIns: 100,
  agingSignIns: 500,
  agingRounds: 1,
  processStarts: 2,
  profileRounds: 1,
  refreshes: 200,
  sparseSignIns: 2,
  sparseInterval: 2500,
}

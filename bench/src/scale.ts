/** How much is measured. Times are in milliseconds. */
export interface Scale {
  rounds: number
  /** Rounds before the first that counts. */
  warmUp: number
  /** Of one measurement in one round: short, because the machine is not equally fast at all times. */
  window: number
  /** Sign-ins of which each contender's profile is taken. */
  profiled: number
  refreshes: number
  /** Sign-ins before memory is looked at, and those after. */
  filling: number
  signIns: number
  processStarts: number
  /** Sign-ins of one person who comes now and then, and the time from one to the next. */
  sparse: { count: number; interval: number }
  /** The same with pauses that are longer than a client keeps an idle connection. */
  rare: { count: number; interval: number }
}

/** What RESULTS.md shows. */
export const full: Scale = {
  rounds: 12,
  warmUp: 4,
  window: 300,
  profiled: 1500,
  refreshes: 2000,
  filling: 20_000,
  signIns: 100_000,
  processStarts: 40,
  sparse: { count: 10, interval: 9000 },
  rare: { count: 2, interval: 125_000 },
}

/** Enough to see that everything still runs. */
export const quick: Scale = {
  rounds: 1,
  warmUp: 1,
  window: 100,
  profiled: 50,
  refreshes: 200,
  filling: 300,
  signIns: 300,
  processStarts: 3,
  sparse: { count: 2, interval: 9000 },
  rare: { count: 2, interval: 9000 },
}

import { type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { type Application, onStage, withApplications } from '../stage.js'

/** How an application changes by many sign-ins. */
export interface Aging {
  /** Bytes, without the sessions. */
  heapGrowth: number
  /** Bytes. */
  rssGrowth: number
  /** Sign-ins a second, round by round, of an application that has had 1,000, and of the one that has had them all. */
  young: number[]
  old: number[]
}

interface Memory {
  heapUsed: number
  rss: number
}

const youngSignIns = 1000
const load = { concurrency: 64, halfAbandoned: true }

/** Lets tens of thousands sign in, of whom every second one gives up, and looks at what is left of that. */
export async function measureAging(scale: Scale): Promise<Map<ContenderName, Aging>> {
  const results = new Map<ContenderName, Aging>()
  for (const contender of pickContenders('passport-xai auto')) {
    const aging = await onStage({}, (stage) =>
      // The old and the young one are measured in turn, because the machine is not equally fast at all times.
      withApplications(stage, [contender, contender], ([old, young]) =>
        compare({ old: old as Application, young: young as Application }, scale),
      ),
    )
    results.set(contender.name as ContenderName, aging)
  }
  return results
}

async function compare(
  { old, young }: { old: Application; young: Application },
  { agingSignIns, agingRounds }: Scale,
): Promise<Aging> {
  await young.load({ ...load, count: youngSignIns })
  await old.load({ ...load, count: youngSignIns })
  const before = await old.process.call<Memory>('memory')
  await old.load({ ...load, count: agingSignIns - youngSignIns })
  const after = await old.process.call<Memory>('memory')
  const aging: Aging = {
    heapGrowth: after.heapUsed - before.heapUsed,
    rssGrowth: after.rss - before.rss,
    young: [],
    old: [],
  }
  for (let round = 0; round < agingRounds; round++) {
    const order = round % 2 === 0 ? [young, old] : [old, young]
    for (const application of order) {
      const { completed, elapsed } = await application.load({ concurrency: 16, count: 400 })
      aging[application === young ? 'young' : 'old'].push(completed / (elapsed / 1000))
    }
  }
  return aging
}

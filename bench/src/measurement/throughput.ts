import { type ContenderName, contenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { type Application, inTurn, onStage, warmUp, withApplications } from '../stage.js'
import { median, quantile } from '../statistic.js'

/** What each round gave; one value a round. */
export interface Throughput {
  perSecond: number[]
  /** Milliseconds of the whole process for one sign-in. */
  cpu: number[]
  /** Milliseconds. */
  median: number[]
  /** Milliseconds. */
  p99: number[]
  /** Requests to the authorization server for one sign-in. */
  requests: number[]
}

/** How many people sign in at a time where targets are set. */
export const judgedConcurrencies = [16, 64]

/** By contender and concurrency. */
export type Throughputs = Map<ContenderName, Map<number, Throughput>>

/** Lets as many people sign in as each application can serve, in rounds in which all have their turn. */
export function measureThroughput(scale: Scale): Promise<Throughputs> {
  const { concurrencies, rounds, sideRounds, warmUpRounds, window } = scale
  const results: Throughputs = new Map()
  return onStage({}, (stage) =>
    withApplications(stage, contenders, async (applications) => {
      await warmUp(applications, { rounds: warmUpRounds, window })
      for (let round = 0; round < rounds; round++) {
        for (const concurrency of concurrencies) {
          if (round >= sideRounds && !judgedConcurrencies.includes(concurrency)) continue
          for (const application of inTurn(applications, round)) {
            const before = (await stage.counts()).requests
            const { perSecond, cpu, signIns, completed } = await loadOnce(application, concurrency, window)
            const requests = ((await stage.counts()).requests - before) / completed
            const entry = entryOf(results, application, concurrency)
            entry.perSecond.push(perSecond)
            entry.cpu.push(cpu)
            entry.median.push(median(signIns))
            entry.p99.push(quantile(signIns, 0.99))
            entry.requests.push(requests)
          }
        }
      }
      return results
    }),
  )
}

async function loadOnce(application: Application, concurrency: number, duration: number) {
  const before = await application.process.call<number>('cpu')
  const { completed, elapsed, signIns } = await application.load({ concurrency, duration })
  const cpu = ((await application.process.call<number>('cpu')) - before) / completed
  return { perSecond: completed / (elapsed / 1000), cpu, signIns, completed }
}

function entryOf(results: Throughputs, { contender }: Application, concurrency: number): Throughput {
  const name = contender.name as ContenderName
  const byConcurrency = results.get(name) ?? new Map<number, Throughput>()
  const entry = byConcurrency.get(concurrency) ?? {
    perSecond: [],
    cpu: [],
    median: [],
    p99: [],
    requests: [],
  }
  results.set(name, byConcurrency.set(concurrency, entry))
  return entry
}

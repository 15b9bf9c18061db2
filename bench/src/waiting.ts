import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Rounds } from './busy.js'
import { nodeCommand } from './child.js'
import type { Scale } from './scale.js'
import { type Application, inTurn, onStage, type StageSettings } from './stage.js'
import { median } from './statistic.js'

/** Milliseconds of each round's median sign-in, 4 people at a time, when every response is late; by delay. */
export function measureDelays(
  names: readonly string[],
  { rounds, window }: Scale,
): Promise<Map<number, Rounds>> {
  const results = new Map<number, Rounds>([20, 100].map((delay) => [delay, new Map()]))
  return onStage(names, {}, async ({ applications, server }) => {
    for (const { load } of applications) await load({ concurrency: 4, count: 500 })
    for (const [delay, byName] of results) {
      await server.call('delay', delay)
      for (let round = 0; round < Math.min(rounds, 6); round++) {
        for (const { name, load } of inTurn(applications, round)) {
          const { signIns } = await load({ concurrency: 4, duration: 2 * window })
          byName.set(name, [...(byName.get(name) ?? []), median(signIns)])
        }
      }
    }
    return results
  })
}

/** What one person waits for at the callback, by contender, and how often a sign-in failed. */
export interface Callbacks {
  /** Milliseconds. */
  times: Rounds
  failures: Map<string, number>
}

/** Milliseconds of a round trip between application and authorization server. */
export const roundTrip = 40

/** One person who comes now and then, over TLS and a line that takes its time. */
export interface Visits {
  keepAlive: number
  /** Milliseconds at the authorization server. */
  away: number
  /** Milliseconds from one sign-in to the next. */
  interval: number
  count: number
}

/** Lets one person sign in at each application; all wait at the same time, and act one after the other. */
export function measureVisits(
  names: readonly string[],
  { keepAlive, away, interval, count }: Visits,
): Promise<Callbacks> {
  const settings: StageSettings = { tls: true, roundTrip, keepAlive }
  return onStage(names, settings, async ({ applications }) => {
    const results: Callbacks = { times: new Map(), failures: new Map() }
    const visit = async ({ name, load }: Application, place: number): Promise<void> => {
      await wait((place * 1500) / applications.length)
      const times: number[] = []
      let failed = 0
      for (let left = count; left > 0; left--) {
        const next = wait(interval)
        const { callbacks, failures } = await load({ concurrency: 1, count: 1, away })
        times.push(...callbacks)
        failed += failures.length
        if (left > 1) await next
      }
      // Everybody's first sign-in is a cold one.
      results.times.set(name, times.slice(1))
      results.failures.set(name, failed)
    }
    await Promise.all(applications.map(visit))
    return results
  })
}

const modules = (before: string) => ({
  'passport-oauth2': 'passport-oauth2',
  'passport-xai': fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url)),
  ...(before && { before }),
})

/** Milliseconds to load a package, in a process of its own each time; and the files that it loads. */
export function measureImports(before: string, { processStarts }: Scale) {
  const times: Rounds = new Map()
  const files = new Map<string, number>()
  const [command, ...options] = nodeCommand('application')
  const cwd = fileURLToPath(new URL('../', import.meta.url))
  for (let start = 0; start < processStarts; start++) {
    for (const [name, module] of inTurn(Object.entries(modules(before)), start)) {
      const script = `const began = performance.now(); require(${JSON.stringify(module)}); console.log(performance.now() - began, Object.keys(require.cache).length)`
      const printed = execFileSync(command, [...options, '-e', script], { cwd, encoding: 'utf8' })
      const [time = Number.NaN, loaded = Number.NaN] = printed.split(' ').map(Number)
      times.set(name, [...(times.get(name) ?? []), time])
      files.set(name, loaded)
    }
  }
  return { times, files }
}

import { activities, type Profile } from './profile.js'
import type { Scale } from './scale.js'
import { type Application, inTurn, onStage } from './stage.js'

/** What each round gave, by contender. */
export type Rounds = Map<string, number[]>

/** Values of rounds, by contender. */
const add = (rounds: Rounds, name: string, value: number): void => {
  rounds.set(name, [...(rounds.get(name) ?? []), value])
}

/** Sign-ins as fast as the application can. */
export interface SignIns {
  /** Sign-ins a second, by how many people sign in at a time. */
  perSecond: Map<number, Rounds>
  /** Milliseconds of CPU for a sign-in, 16 at a time. */
  cpu: Rounds
  /** Milliseconds of OpenSSL's check alone. */
  es256: number[]
  /** Milliseconds by activity for a sign-in, 16 at a time. */
  profiles: Map<string, Profile>
}

/** Lets as many people sign in as each application can serve, in short rounds in which all have their turn. */
export function measureSignIns(names: readonly string[], scale: Scale): Promise<SignIns> {
  const { rounds, warmUp, window } = scale
  const results: SignIns = { perSecond: new Map(), cpu: new Map(), es256: [], profiles: new Map() }
  return onStage(names, {}, async ({ applications }) => {
    // Until V8 has compiled what matters; in turns, because it drops the code of an application that waits.
    for (let round = 0; round < warmUp; round++) {
      for (const { load } of applications) await load({ concurrency: 16, duration: window })
    }
    for (const concurrency of [16, 64]) {
      const perSecond: Rounds = new Map()
      results.perSecond.set(concurrency, perSecond)
      for (let round = 0; round < rounds; round++) {
        for (const { name, process, load } of inTurn(applications, round)) {
          if (concurrency === 64 && !name.startsWith('auto') && name !== 'passport-oauth2') continue
          const before = await process.call<number>('cpu')
          const { completed, elapsed } = await load({ concurrency, duration: window })
          const cpu = (await process.call<number>('cpu')) - before
          add(perSecond, name, completed / (elapsed / 1000))
          if (concurrency === 16) add(results.cpu, name, cpu / completed)
        }
        results.es256.push((await applications[0]?.process.call<number>('es256', 300)) ?? Number.NaN)
      }
    }
    for (const { name, process, load } of applications) {
      const profile = () =>
        profileOf(process, async () => (await load({ concurrency: 16, count: scale.profiled })).completed)
      results.profiles.set(name, await profile())
    }
    return results
  })
}

/** Milliseconds by activity for each of what `work` says it has done. */
async function profileOf(process: Application['process'], work: () => Promise<number>): Promise<Profile> {
  await process.call('startProfile')
  const done = await work()
  const profile = await process.call<Profile>('stopProfile')
  return Object.fromEntries(activities.map((activity) => [activity, (profile[activity] ?? 0) / done]))
}

/** Refreshes a second, and milliseconds by activity for one. */
export interface Refreshes {
  perSecond: Rounds
  profiles: Map<string, Profile>
}

/** Refreshes different tokens, 16 at a time. */
export function measureRefreshes(names: readonly string[], { rounds, refreshes }: Scale): Promise<Refreshes> {
  const results: Refreshes = { perSecond: new Map(), profiles: new Map() }
  return onStage(names, {}, async ({ applications }) => {
    for (const { process } of applications) await process.call('refresh', 2 * refreshes)
    for (let round = 0; round < rounds; round++) {
      for (const { name, process } of inTurn(applications, round)) {
        add(results.perSecond, name, refreshes / ((await process.call<number>('refresh', refreshes)) / 1000))
      }
    }
    for (const { name, process } of applications) {
      const work = () => process.call('refresh', refreshes).then(() => refreshes)
      results.profiles.set(name, await profileOf(process, work))
    }
    return results
  })
}

/** Milliseconds of CPU for a poll of the device strategy, and for the same response by Express alone. */
export function measurePolls(
  names: readonly string[],
  { rounds, window }: Scale,
): Promise<Map<string, Rounds>> {
  const results = new Map<string, Rounds>(names.map((name) => [name, new Map()]))
  return onStage(names, {}, async ({ applications, driver, server }) => {
    for (let round = -2; round < rounds; round++) {
      for (const { name, base, process } of inTurn(applications, Math.abs(round))) {
        for (const path of inTurn(['/device', '/alone'], Math.abs(round))) {
          const [cpu, requests] = [await process.call<number>('cpu'), await server.call<number>('requests')]
          const completed = await driver.call<number>('poll', { base, path, duration: window })
          const used = (await process.call<number>('cpu')) - cpu
          const asked = (await server.call<number>('requests')) - requests
          if (asked > 32) throw new Error(`${path}: ${asked} requests to the authorization server`)
          if (round >= 0) add(results.get(name) as Rounds, path, used / completed)
        }
      }
    }
    return results
  })
}

/** Bytes by which the heap has grown; each figure is counted from the one before. */
export interface Growth {
  /** The first sign-ins, which fill the tables of what happened lately. */
  filling: number
  rest: number
}

/** Lets many people sign in, of whom every second one gives up, and looks at what is left of that. */
export function measureGrowth(name: string, { filling, signIns }: Scale): Promise<Growth> {
  return onStage([name], {}, async ({ applications: [application] }) => {
    const { load, process } = application as Application
    const heapAfter = async (count: number): Promise<number> => {
      await load({ concurrency: 64, halfAbandoned: true, count })
      return process.call<number>('heap')
    }
    const [start, full] = [await heapAfter(1000), await heapAfter(filling)]
    return { filling: full - start, rest: (await heapAfter(signIns)) - full }
  })
}

import type { ContenderName } from './contender.js'
import type { Results } from './measure.js'
import { judgedConcurrencies, type Throughput } from './measurement/throughput.js'
import { type Figure, figureOf, median, ratioOf } from './statistic.js'

/** A figure that was set before anything was measured, and what came out. */
export interface Target {
  figure: string
  target: string
  measured: Figure
  /** How the value is written. */
  unit: '×' | 'MiB' | ''
  isMet: boolean
}

type Check = (value: number) => boolean

const atLeast =
  (limit: number): Check =>
  (value) =>
    value >= limit
const atMost =
  (limit: number): Check =>
  (value) =>
    value <= limit

/** Compares a run with the targets. A target is judged by the median of the rounds. */
export function buildTargets(results: Results): Target[] {
  const { throughputs, delayed, sparse, tls, starts, aging, refreshes } = results
  const auto = 'passport-xai auto'
  const plain = 'passport-oauth2'
  const at = (name: ContenderName, concurrency: number): Throughput =>
    throughputs.get(name)?.get(concurrency) ?? { perSecond: [], cpu: [], median: [], p99: [], requests: [] }
  const concurrencies = judgedConcurrencies.filter((concurrency) => throughputs.get(auto)?.has(concurrency))
  const targets: Target[] = []
  const add = (figure: string, target: string, measured: Figure, check: Check, unit: Target['unit'] = '×') =>
    targets.push({ figure, target, measured, unit, isMet: check(measured.median) })
  const rate = (ours: ContenderName, theirs: ContenderName, concurrency: number): Figure =>
    ratioOf(at(ours, concurrency).perSecond, at(theirs, concurrency).perSecond)
  const single = (value: number): Figure => figureOf([value])

  for (const concurrency of concurrencies) {
    const where = `concurrency ${concurrency}`
    // Of the medians: in one short round, a difference of two figures says little.
    const own = (name: ContenderName): number =>
      median(at(name, concurrency).cpu) - median(at('floor: no exchange', concurrency).cpu)
    add(
      `sign-ins a second, auto, against passport-oauth2, ${where}`,
      '≥ 1.0',
      rate(auto, plain, concurrency),
      atLeast(1),
    )
    add(
      `the strategy's own CPU, auto, against passport-oauth2, ${where}`,
      '≤ 0.9',
      single(own(auto) / own(plain)),
      atMost(0.9),
    )
    add(
      `sign-ins a second, always, against passport-oauth2, ${where}`,
      '≥ 0.85',
      rate('passport-xai always', plain, concurrency),
      atLeast(0.85),
    )
    add(
      `sign-ins a second, auto, against openid-client, ${where}`,
      '≥ 2.0',
      rate(auto, 'openid-client', concurrency),
      atLeast(2),
    )
    add(
      `sign-ins a second, auto, against one exchange by hand, ${where}`,
      '≥ 0.75',
      rate(auto, 'floor: one exchange', concurrency),
      atLeast(0.75),
    )
  }
  for (const [delay, ours] of delayed.get(auto) ?? []) {
    const measured = ratioOf(ours, delayed.get(plain)?.get(delay) ?? [])
    add(
      `median sign-in, answers delayed by ${delay} ms, auto, against passport-oauth2`,
      '≤ 0.55',
      measured,
      atMost(0.55),
    )
  }
  const callback = (name: ContenderName): number => median(sparse.get(name) ?? [])
  add(
    'sparse sign-ins: callback, auto, against passport-oauth2',
    '≤ 0.25',
    single(callback(auto) / callback(plain)),
    atMost(0.25),
  )
  add(
    'connections over TLS, 16 at a time, auto',
    '≤ 32',
    single(tls.get(auto)?.connections ?? Number.NaN),
    atMost(32),
    '',
  )
  const start = (values: Map<ContenderName, number[]>): Figure =>
    ratioOf(values.get(auto) ?? [], values.get(plain) ?? [])
  add("cold import against passport-oauth2's", '≤ 1.15', start(starts.imports), atMost(1.15))
  add('first sign-in after start against passport-oauth2', '≤ 2', start(starts.firstSignIns), atMost(2))
  const { heapGrowth = Number.NaN, old = [], young = [] } = aging.get(auto) ?? {}
  add('heap growth over all sign-ins, auto', '< 3 MiB', single(heapGrowth / 2 ** 20), atMost(2.999), 'MiB')
  add('sign-ins a second, after all against after 1,000', '≥ 0.95', ratioOf(old, young), atLeast(0.95))
  const { requests = Number.NaN, timers = Number.NaN } = refreshes.coalesced.get(auto) ?? {}
  add(
    'requests of 1,000 concurrent refreshes of 100 tokens',
    '= 100',
    single(requests),
    (value) => value === 100,
    '',
  )
  add('timers left by them', '= 0', single(timers), (value) => value === 0, '')
  return targets
}

import type { ContenderName } from './contender.js'
import { describeMachine } from './machine.js'
import type { Results } from './measure.js'
import { delays } from './measurement/delay.js'
import type { Profiles } from './measurement/profile.js'
import { roundTrip } from './measurement/sparse.js'
import { type Activity, activities } from './profile.js'
import type { Scale } from './scale.js'
import { median } from './statistic.js'
import { buildTable, format } from './table.js'
import { buildTargets, type Target } from './target.js'

/** The whole run as Markdown. */
export function buildReport(results: Results, scale: Scale, chart: string): string {
  const sections = [
    targets,
    profile,
    throughput,
    cpu,
    latency,
    delayed,
    sparse,
    tls,
    starts,
    aging,
    refreshes,
    sizes,
  ]
  return [
    '# Measured',
    describeMachine(),
    'Written by `npm run bench`. Application, authorization server and driver are processes of their own on one machine, ' +
      'so ratios matter and absolute figures do not. All contenders are measured in turn, in short rounds, after a warm-up; ' +
      'a figure is the median of the rounds, and brackets hold the lowest and the highest.',
    `![Sign-ins a second, and the median sign-in with delayed answers](${chart})`,
    ...sections.map((section) => section(results, scale)),
    '',
  ].join('\n\n')
}

/** The targets as a Markdown table. */
export const buildTargetTable = (list: readonly Target[]): string =>
  buildTable(
    ['Figure', 'Target', 'Measured', 'Spread', ''],
    list.map(({ figure, target, measured, unit, isMet }) => [
      figure,
      target,
      unit === '×' ? `${measured.median.toFixed(3)} ×` : `${format(measured.median)} ${unit}`.trim(),
      measured.min === measured.max ? '' : `${format(measured.min)} – ${format(measured.max)}`,
      isMet ? 'met' : '**not met**',
    ]),
  )

const targets = (results: Results): string =>
  `## Targets\n\nSet before anything was measured, and not adjusted since.\n\n${buildTargetTable(buildTargets(results))}`

/** What the targets that are not met fail by. */
function profile({ profiles, delayed, starts }: Results): string {
  const names = [...profiles.keys()]
  const rows = activities.map((activity) => [
    activity,
    ...names.map((name) => microseconds(profiles, name, activity)),
  ])
  const intro =
    'Microseconds of the main thread for a sign-in, 16 at a time, by a sampling profiler, which slows everything a little.'
  return [
    '## Where the time goes',
    intro,
    buildTable(['Activity', ...names], rows),
    explainCPU(profiles),
    explainDelay(delayed),
    explainImport(starts),
  ].join('\n\n')
}

const microseconds = (profiles: Profiles, name: ContenderName, activity: Activity): string =>
  format(Math.round((profiles.get(name)?.[activity] ?? Number.NaN) * 1000))

function explainCPU(profiles: Profiles): string {
  const ours = (activity: Activity): string => `${microseconds(profiles, 'passport-xai auto', activity)} µs`
  const theirs = (activity: Activity): string => `${microseconds(profiles, 'passport-oauth2', activity)} µs`
  const requests = 'requests to the authorization server'
  const itself = 'the strategy itself'
  return (
    `What sets the limit: passport-oauth2 spends ${theirs(requests)} on two requests, passport-xai ${ours(requests)} on one ` +
    `and ${ours('signature check')} on the check of one ES256 signature, which is OpenSSL's time and nobody's choice. ` +
    `The strategies themselves take ${theirs(itself)} and ${ours(itself)}; in the difference are the nonce, the claims, ` +
    `a state bound to client and issuer, the search for doubled parameters, and one deadline for everything.`
  )
}

function explainDelay(delayed: Results['delayed']): string {
  const shares = delays.map((delay) => {
    const floor = median(delayed.get('floor: one exchange')?.get(delay) ?? [])
    return `${format(floor / median(delayed.get('passport-oauth2')?.get(delay) ?? []))} times as long at ${delay} ms`
  })
  return (
    'When answers are delayed, a sign-in with one exchange by hand, which checks nothing, takes compared with ' +
    `passport-oauth2 ${shares.join(' and ')}: a strategy has little room below that.`
  )
}

function explainImport({ imports, files }: Results['starts']): string {
  const timeOf = (name: ContenderName): number => median(imports.get(name) ?? [])
  const { 'passport-xai auto': ours = Number.NaN, 'passport-oauth2': theirs = Number.NaN } =
    Object.fromEntries(files)
  const time = timeOf('passport-xai auto') - timeOf('passport-oauth2')
  return (
    `Importing passport-xai loads ${format(ours)} files, among them the ${format(theirs)} that passport-oauth2 loads. ` +
    `The ${format(ours - theirs)} others take ${format(time)} ms, most of it to compile them.`
  )
}

const middle = (values: readonly number[] = []): string => format(median(values))

const spread = (values: readonly number[] = []): string =>
  values.length > 1
    ? `${middle(values)} (${format(Math.min(...values))} – ${format(Math.max(...values))})`
    : middle(values)

function throughput({ throughputs }: Results, { concurrencies }: Scale): string {
  const rows = [...throughputs].map(([name, by]) => [
    name,
    ...concurrencies.map((concurrency) => spread(by.get(concurrency)?.perSecond)),
  ])
  return `## Sign-ins a second\n\nBy how many people sign in at the same time.\n\n${buildTable(['Contender', ...concurrencies.map(String)], rows)}`
}

function cpu({ throughputs }: Results, { concurrencies }: Scale): string {
  const host = (concurrency: number): number =>
    median(throughputs.get('floor: no exchange')?.get(concurrency)?.cpu ?? [])
  const shown = concurrencies.filter((concurrency) => concurrency > 1)
  const rows = [...throughputs].map(([name, by]) => [
    name,
    ...shown.flatMap((concurrency) => {
      const whole = median(by.get(concurrency)?.cpu ?? [])
      return [format(whole), format(whole - host(concurrency))]
    }),
    middle(by.get(16)?.requests),
  ])
  const heads = shown.flatMap((concurrency) => [`${concurrency}: whole`, `${concurrency}: own`])
  const intro =
    'Milliseconds, by concurrency: of the whole process, and without the share of Express, session and cookies, ' +
    'which is what the floor without an exchange takes. The last column counts requests to the authorization server.'
  return `## CPU a sign-in\n\n${intro}\n\n${buildTable(['Contender', ...heads, 'requests'], rows)}`
}

function latency({ throughputs }: Results, { concurrencies }: Scale): string {
  const rows = [...throughputs].map(([name, by]) => [
    name,
    ...concurrencies.flatMap((concurrency) => [
      middle(by.get(concurrency)?.median),
      middle(by.get(concurrency)?.p99),
    ]),
  ])
  const heads = concurrencies.flatMap((concurrency) => [`${concurrency}: median`, `${concurrency}: p99`])
  return `## Time for a sign-in\n\nMilliseconds for both requests of the browser, by concurrency.\n\n${buildTable(['Contender', ...heads], rows)}`
}

function delayed(results: Results): string {
  const rows = [...results.delayed].map(([name, by]) => [
    name,
    ...delays.map((delay) => spread(by.get(delay))),
  ])
  return `## Time for a sign-in when answers are delayed\n\nMilliseconds, median, 4 people at a time.\n\n${buildTable(['Contender', ...delays.map((delay) => `by ${delay} ms`)], rows)}`
}

function sparse(results: Results, { sparseInterval }: Scale): string {
  const rows = [...results.sparse].map(([name, callbacks]) => [name, spread(callbacks)])
  const intro = `Milliseconds for the callback: TLS, a round trip of ${roundTrip} ms (the one that opens a connection included), one sign-in every ${sparseInterval / 1000} seconds.`
  return `## Sparse sign-ins\n\n${intro}\n\n${buildTable(['Contender', 'callback'], rows)}`
}

function tls(results: Results, { tlsSignIns }: Scale): string {
  const rows = [...results.tls].map(([name, { connections, requests }]) => [
    name,
    format(connections),
    format(requests),
  ])
  return `## Connections\n\n${format(tlsSignIns)} sign-ins over TLS, 16 at a time, from the start of the application on.\n\n${buildTable(['Contender', 'connections', 'requests'], rows)}`
}

function starts(results: Results, { processStarts }: Scale): string {
  const { imports, firstSignIns } = results.starts
  const rows = [...imports].map(([name, values]) => [name, spread(values), spread(firstSignIns.get(name))])
  return `## Cold start\n\nMilliseconds: the import is the median of ${2 * processStarts} process starts, the first sign-in that of ${processStarts}. Nobody waits between the two requests of the first sign-in.\n\n${buildTable(['Contender', 'import', 'first sign-in'], rows)}`
}

function aging(results: Results, { agingSignIns }: Scale): string {
  const mebibytes = (bytes: number): string => format(bytes / 2 ** 20)
  const rows = [...results.aging].map(([name, { heapGrowth, rssGrowth, young, old }]) => [
    name,
    mebibytes(heapGrowth),
    mebibytes(rssGrowth),
    middle(young),
    middle(old),
  ])
  const intro =
    `MiB by which memory grew over ${format(agingSignIns)} sign-ins, half of them abandoned, after garbage collection and without the sessions; ` +
    'and sign-ins a second of an application that has had 1,000 and of the one that has had them all, measured in turn.'
  return `## Many sign-ins\n\n${intro}\n\n${buildTable(['Contender', 'heap', 'RSS', 'after 1,000', 'after all'], rows)}`
}

function refreshes(results: Results): string {
  const { perSecond, coalesced } = results.refreshes
  const rows = [...perSecond].map(([name, values]) => [
    name,
    spread(values),
    format(coalesced.get(name)?.requests ?? Number.NaN),
    format(coalesced.get(name)?.timers ?? Number.NaN),
  ])
  const intro = 'Refreshes a second, 16 at a time; then 1,000 at once of 100 tokens.'
  return `## Refresh\n\n${intro}\n\n${buildTable(['Contender', 'a second', 'requests', 'timers left'], rows)}`
}

function sizes(results: Results): string {
  const rows = [...results.sizes].map(([name, { packages, bytes }]) => [
    name,
    format(packages),
    format(bytes / 1024),
  ])
  return `## Installed size\n\nEverything that installing the package brings along, types included.\n\n${buildTable(['Package', 'packages', 'KiB'], rows)}`
}

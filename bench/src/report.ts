import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, type as system, totalmem } from 'node:os'
import type { Growth, measurePolls, Refreshes, SignIns } from './busy.js'
import { isPinned } from './child.js'
import { activities, type Profile } from './profile.js'
import type { Scale } from './scale.js'
import { type Figure, figureOf, median, ratioOf } from './statistic.js'
import { type Callbacks, type measureDelays, type measureImports, roundTrip } from './waiting.js'

/** Everything that was measured in one run. */
export interface Results {
  signIns: SignIns
  refreshes: Refreshes
  polls: Awaited<ReturnType<typeof measurePolls>>
  delays: Awaited<ReturnType<typeof measureDelays>>
  imports: ReturnType<typeof measureImports>
  growth: Growth
  /** A server that keeps connections; one that closes after 5 s; long pauses; a person who takes longer than the server. */
  visits: Callbacks[]
}

/** How it was measured: how much, beside which other build, and the load of the machine at the start. */
export interface Circumstances {
  scale: Scale
  before: string
  load: number
}

/** One line of the table. */
interface Row {
  figure: string
  target: string
  isMet(value: number): boolean
  measure(build: string): Figure
}

const atLeast = (limit: number) => ({ target: `≥ ${limit}`, isMet: (value: number) => value >= limit })
const atMost = (limit: number) => ({ target: `≤ ${limit}`, isMet: (value: number) => value <= limit })
const plain = 'passport-oauth2'

function buildRows({ signIns, refreshes, polls, delays, imports, visits }: Results): Row[] {
  const { perSecond, cpu, es256 } = signIns
  const rate = (concurrency: number, ours: string, theirs: string): Figure =>
    ratioOf(perSecond.get(concurrency)?.get(ours), perSecond.get(concurrency)?.get(theirs))
  const added = (name: string): number => median(cpu.get(name) ?? []) - median(cpu.get('Express alone') ?? [])
  const visit = (figure: string, index: number, target: number): Row => ({
    figure: `callback over TLS, round trip ${roundTrip} ms, ${figure}, against ${plain}`,
    ...atMost(target),
    measure: (build) => {
      const times = visits[index]?.times
      return ratioOf(times?.get(`auto${build}`), times?.get(plain))
    },
  })
  return [
    ...[16, 64].map((concurrency) => ({
      figure: `sign-ins a second, ${concurrency} at a time, against ${plain}`,
      ...atLeast(0.98),
      measure: (build: string) => rate(concurrency, `auto${build}`, plain),
    })),
    {
      figure: `CPU that the strategy adds to Express, without the ES256 check, against ${plain}’s`,
      ...atMost(0.85),
      measure: (build) => figureOf([(added(`auto${build}`) - median(es256)) / added(plain)]),
    },
    {
      figure: 'sign-ins a second, 16 at a time, against openid-client with its signature check',
      ...atLeast(2),
      measure: (build) => rate(16, `auto${build}`, 'openid-client'),
    },
    {
      figure: `sign-ins a second, 16 at a time, userInfo: 'always', against ${plain}`,
      ...atLeast(0.88),
      measure: (build) => rate(16, `always${build}`, plain),
    },
    {
      figure: 'sign-ins a second, 16 at a time, cookie store against session store',
      ...atLeast(0.95),
      measure: (build) => rate(16, `cookie store${build}`, `auto${build}`),
    },
    {
      figure: `refreshes a second, 16 at a time, against ${plain}`,
      ...atLeast(0.9),
      measure: (build) => ratioOf(refreshes.perSecond.get(`auto${build}`), refreshes.perSecond.get(plain)),
    },
    visit('connections stay open', 0, 0.2),
    visit('the server closes after 5 s', 1, 0.25),
    visit('the same, with pauses longer than any client keeps a connection', 2, 0.25),
    ...[...delays].map(([delay, times]) => ({
      figure: `sign-in, responses ${delay} ms late, against ${plain}`,
      ...atMost(0.55),
      measure: (build: string) => ratioOf(times.get(`auto${build}`), times.get(plain)),
    })),
    {
      figure: `import, published as compiled, against ${plain}’s`,
      ...atMost(1.5),
      measure: (build) =>
        ratioOf(imports.times.get(build ? 'before' : 'passport-xai'), imports.times.get(plain)),
    },
    {
      figure: 'CPU of a device poll that asks xAI nothing, against Express alone',
      ...atMost(1.3),
      measure: (build) => {
        const byPath = polls.get(`device${build}`)
        return ratioOf(byPath?.get('/device'), byPath?.get('/alone'))
      },
    },
  ]
}

/** The whole run as Markdown. */
export function buildReport(results: Results, { scale, before, load }: Circumstances): string {
  const build = ` of ${before}`
  const rows = buildRows(results).map(({ figure, target, isMet, measure }) => {
    const now = measure('')
    const spread = now.low === now.high ? '' : `${now.low.toFixed(2)} – ${now.high.toFixed(2)}`
    const mark = isMet(Number(now.median.toFixed(2))) ? 'met' : '**missed**'
    const earlier = before ? [measure(build).median.toFixed(2)] : []
    return [figure, target, ...earlier, now.median.toFixed(2), spread, mark]
  })
  const { filling, rest } = results.growth
  const flat = Math.abs(rest) < 2 ** 18
  const earlier = before ? ['–'] : []
  const growth = [
    `growth of the heap over ${scale.signIns.toLocaleString('en')} sign-ins, KiB`,
    'flat',
    ...earlier,
    kibibytes(rest),
    '',
    flat ? 'met' : '**missed**',
  ]
  const figures = buildTable(
    ['Figure', 'Target', ...(before ? ['Before'] : []), 'Measured', 'Middle half', ''],
    [...rows, growth],
  )
  return [
    '# Measured',
    buildSummary(results),
    figures,
    describeCircumstances(load),
    `The heap grew by ${kibibytes(filling)} KiB in the ${scale.filling.toLocaleString('en')} sign-ins before, which fill the tables of what happened lately (at most 10,000 entries each).`,
    describeFailures(results.visits),
    '## Where the time goes',
    'Microseconds of the main thread, 16 at a time, by a sampling profiler, which slows everything a little. First for a sign-in:',
    buildProfileTable(results.signIns.profiles, before),
    `One ES256 check takes OpenSSL ${(median(results.signIns.es256) * 1000).toFixed(0)} µs; ${plain} checks nothing. For a refresh:`,
    buildProfileTable(results.refreshes.profiles, before),
    `A refresh never goes out on a connection that has been idle, so each opens one; ${plain} keeps its own. Importing passport-xai loads ${results.imports.files.get('passport-xai')} files, ${plain} ${results.imports.files.get(plain)} of them.`,
    '',
  ].join('\n\n')
}

/** What somebody wants to know who chooses among packages. */
function buildSummary({ signIns, visits, delays }: Results): string {
  const { perSecond, cpu } = signIns
  const many = (name: string): string => median(perSecond.get(16)?.get(name) ?? []).toFixed(0)
  const used = (name: string): string => median(cpu.get(name) ?? []).toFixed(2)
  const waited = (index: number, name: string): string =>
    median(visits[index]?.times.get(name) ?? []).toFixed(0)
  const late = (name: string): string => median(delays.get(100)?.get(name) ?? []).toFixed(0)
  return buildTable(
    ['', 'passport-xai', plain, 'openid-client'],
    [
      ['checks who signed in (ES256)', 'yes', 'no', 'yes'],
      ['sign-ins a second on one core', many('auto'), many(plain), many('openid-client')],
      ['CPU for a sign-in, ms', used('auto'), used(plain), used('openid-client')],
      [`wait at the callback, TLS, round trip ${roundTrip} ms`, waited(0, 'auto'), waited(0, plain), '–'],
      ['wait for a sign-in when responses are 100 ms late', late('auto'), late(plain), '–'],
    ],
  )
}

function describeFailures(visits: Callbacks[]): string {
  const sum = visits.flatMap(({ failures }) => [...failures.values()]).reduce((all, one) => all + one, 0)
  const [late] = visits.slice(-1)
  const [ours, theirs] = [late?.times.get('auto'), late?.times.get(plain)]
  return `With a person who takes 7 s at a server that closes after 5 s, the connection is gone at the callback: ${median(ours ?? []).toFixed(0)} ms, ${plain} ${median(theirs ?? []).toFixed(0)} ms. Of all these sign-ins of people who come now and then, ${sum} failed.`
}

function buildProfileTable(profiles: Map<string, Profile>, before: string): string {
  const names = [...profiles.keys()]
  const cells = (profile: Profile | undefined, activity: keyof Profile) =>
    ((profile?.[activity] ?? 0) * 1000).toFixed(0)
  const rows = activities.map((activity) => [
    activity,
    ...names.map((name) => cells(profiles.get(name), activity)),
  ])
  return buildTable(['Activity', ...names.map((name) => name.replace(` of ${before}`, ' before'))], rows)
}

const kibibytes = (bytes: number): string => (bytes / 1024).toFixed(0)

function buildTable(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const rule = heads.map((_, column) => (column === 0 ? '---' : '---:'))
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function describeCircumstances(load: number): string {
  const [cpu] = cpus()
  const versionOf = (name: string): string => {
    const [file = ''] = createRequire(import.meta.url)
      .resolve(name)
      .split(`node_modules/${name}/`)
    return `${name} ${JSON.parse(readFileSync(`${file}node_modules/${name}/package.json`, 'utf8')).version}`
  }
  const versions = [plain, 'openid-client', 'passport', 'express', 'express-session']
    .map(versionOf)
    .join(', ')
  const place = isPinned
    ? 'The application has a core of its own; driver and authorization server are on another.'
    : 'Application, driver and authorization server share the cores (no `taskset`, or one core).'
  const idle =
    load < 0.5
      ? ''
      : ` **The machine was not idle** (load average ${load.toFixed(2)} at the start), so the figures are rough.`
  return (
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${system()} ${release()}, Node ${process.versions.node}; ${versions}. ` +
    `${place} Contenders are measured in turn, in short rounds; a figure is the median of the rounds’ ratios.${idle}`
  )
}

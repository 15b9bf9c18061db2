import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureGrowth, measurePolls, measureRefreshes, measureSignIns } from './busy.js'
import { buildReport } from './report.js'
import { full, quick } from './scale.js'
import { measureDelays, measureImports, measureVisits } from './waiting.js'

/** `--quick` shows that everything runs; `--before FILE` measures another build's `dist/lib/index.js` beside this one. */
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, before: { type: 'string' } } })
const scale = values.quick ? quick : full
// npm runs this in bench/, wherever it was called.
const before = values.before ? resolve(process.env.INIT_CWD ?? '', values.before) : ''
const builds = before ? ['', ` of ${before}`] : ['']
const ours = (kind: string): string[] => builds.map((build) => kind + build)
const compared = [...ours('auto'), 'passport-oauth2']
const [load = 0] = loadavg()
const began = performance.now()

function tell<Result>(step: string, result: Result): Result {
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${step}`)
  return result
}

const closing = { away: 2000, keepAlive: 5000 }
const results = {
  signIns: await tell(
    'sign-ins',
    measureSignIns(
      [...compared, ...['always', 'cookie store'].flatMap(ours), 'openid-client', 'Express alone'],
      scale,
    ),
  ),
  refreshes: await tell('refreshes', measureRefreshes(compared, scale)),
  polls: await tell('device polls', measurePolls(ours('device'), scale)),
  delays: await tell('late responses', measureDelays(compared, scale)),
  imports: tell('imports', measureImports(before, scale)),
  growth: await tell('growth', measureGrowth('auto', scale)),
  // All wait most of the time.
  visits: await tell(
    'visits',
    Promise.all([
      measureVisits(compared, { ...closing, keepAlive: 75_000, ...scale.sparse }),
      measureVisits(compared, { ...closing, ...scale.sparse }),
      measureVisits(compared, { ...closing, ...scale.rare }),
      measureVisits(compared, { ...closing, away: 7000, ...scale.sparse }),
    ]),
  ),
}
const report = buildReport(results, { scale, before, load })
if (!values.quick) writeFileSync(new URL('../RESULTS.md', import.meta.url), report)
console.log(`\n${report}`)
tell(values.quick ? 'done; a run this quick shows that everything works, and no figure' : 'done', undefined)

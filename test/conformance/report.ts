import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'
import { writeFigure } from '../tool/proof.js'
import { chapters } from './chapters.js'
import { notApplicable } from './not-applicable.js'
import type { Scenario } from './scenario.js'

// Runs every scenario, and writes the table test/conformance/README.md and the figure in docs/proof.md.

/** A test, as mocha reports it. */
interface Result {
  readonly title: string
  readonly err: { readonly message?: string }
}

function runScenarios(): ReadonlyMap<string, Result> {
  const mocha = [
    'node_modules/mocha/bin/mocha.js',
    'dist/test/conformance/conformance.test.js',
    '--reporter',
    'json',
  ]
  const { stdout, stderr } = spawnSync(process.execPath, mocha, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const start = stdout.indexOf('{\n')
  if (start < 0) throw new Error(`mocha reported nothing:\n${stdout}${stderr}`)
  const { tests } = JSON.parse(stdout.slice(start)) as { tests: Result[] }
  return new Map(tests.map((result) => [result.title, result]))
}

const results = runScenarios()
const all = chapters.flatMap(({ scenarios }) => scenarios)

function verdictOf({ module, what, refusedByDesign }: Scenario): string {
  const result = results.get(`${module}: ${what}`)
  if (!result) return 'not run'
  if (result.err.message !== undefined) return 'failed'
  return refusedByDesign ? `refused by design: ${refusedByDesign}` : 'passed'
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

const table = chapters.flatMap(({ title, scenarios }) => [
  `## ${title}`,
  '',
  '| Module or section | Scenario | Result |',
  '|---|---|---|',
  ...scenarios.map((scenario) => {
    const { module, what } = scenario
    return `| ${cell(module)} | ${cell(what)} | ${cell(verdictOf(scenario))} |`
  }),
  '',
])

const verdicts = all.map(verdictOf)
const count = (start: string): number => verdicts.filter((verdict) => verdict.startsWith(start)).length
const [passed, refused] = [count('passed'), count('refused')]
const broken = all.length - passed - refused

writeFileSync(
  join(root, 'test/conformance/README.md'),
  [
    '# Conformance scenarios',
    '',
    'Written by `npm run test:conformance`. Names that begin with `oidcc-`, `fapi1-` and `fapi2-` are modules of the OpenID',
    "Foundation's conformance suite, whose client tests these scenarios follow; they were written for this project, and",
    'no certification is claimed. Each runs over HTTP against a server of its own that misbehaves (`server.ts`).',
    '',
    ...table,
    '## Not applicable',
    '',
    '| Module or section | Why |',
    '|---|---|',
    ...notApplicable.map(([module, why]) => `| ${cell(module)} | ${cell(why)} |`),
    '',
  ].join('\n'),
)
writeFigure(
  'conformance',
  `**${all.length} scenarios: ${passed} passed, ${refused} refused by design, ${broken} failed;** ${notApplicable.length} not applicable.`,
)
console.log(`  ${passed + refused} passing`)
if (broken > 0) {
  console.log(`  ${broken} failing`)
  for (const { title, err } of results.values()) if (err.message) console.log(`${title}\n    ${err.message}`)
  process.exitCode = 1
}

import { spawnSync } from 'node:child_process'
import { root } from '../support/command.js'
import { writeFigure } from '../tool/proof.js'
import { nodeOAuthDifferences, refreshDifferences } from './suite/difference.js'

// Runs the tests against foreign servers and suites, and writes the figure in docs/proof.md.

const mocha = ['node_modules/mocha/bin/mocha.js', 'dist/test/foreign/*.foreign.js', '--timeout', '60000']
const { stdout, stderr } = spawnSync(process.execPath, [...mocha, '--reporter', 'json'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
})
const start = stdout.indexOf('{\n')
if (start < 0) throw new Error(`mocha reported nothing:\n${stdout}${stderr}`)
const { tests, failures } = JSON.parse(stdout.slice(start)) as Record<
  'tests' | 'failures',
  ReadonlyArray<{ fullTitle: string; err: { message?: string } }>
>

const subjects = ['oidc-provider', 'better-auth', 'oauth2-mock-server', 'Glewlwyd']
const rows = subjects.map(
  (name) => `| ${name} | ${tests.filter(({ fullTitle }) => fullTitle.includes(name)).length} |`,
)
const differences = nodeOAuthDifferences.length + refreshDifferences.length

console.log(`  ${tests.length - failures.length} passing`)
if (failures.length > 0) {
  console.log(`  ${failures.length} failing`)
  for (const { fullTitle, err } of failures) console.log(`${fullTitle}\n    ${err.message}`)
  process.exitCode = 1
} else {
  writeFigure(
    'foreign',
    [
      `**${tests.length} tests, no failure.** Foreign suites: 39 tests, ${differences} differences, each with its reason.`,
      '',
      '| Server | Tests |',
      '|---|---|',
      ...rows,
    ].join('\n'),
  )
}

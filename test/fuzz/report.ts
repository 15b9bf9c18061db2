import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/command.js'
import { writeFigure } from '../tool/proof.js'

// Runs every property with inputs that nobody has chosen, and writes the figure in docs/proof.md.

interface Entry {
  readonly name: string
  readonly runs: number
  readonly tally: string
}

const folder = mkdtempSync(join(tmpdir(), 'passport-xai-fuzz-'))
const log = join(folder, 'log')
const { FUZZ_RUNS = '100000', FUZZ_SEED = String(randomInt(2 ** 31)) } = process.env
const mocha = ['node_modules/mocha/bin/mocha.js', 'dist/test/fuzz/*.test.js', '--reporter', 'spec']
const { status } = spawnSync(process.execPath, mocha, {
  cwd: root,
  env: { ...process.env, FUZZ_RUNS, FUZZ_SEED, FUZZ_LOG: log },
  stdio: 'inherit',
})
const lines = readFileSync(log, 'utf8').trim().split('\n')
rmSync(folder, { recursive: true })
if (status !== 0)
  throw new Error(`a property failed; FUZZ_RUNS=${FUZZ_RUNS} FUZZ_SEED=${FUZZ_SEED} repeats it`)

const entries = lines.map((line) => JSON.parse(line) as Entry)
const total = entries.reduce((sum, { runs }) => sum + runs, 0)
writeFigure(
  'fuzzing',
  [
    `**${total.toLocaleString('en')} runs, ${entries.length} properties, no failure** (seed ${FUZZ_SEED}).`,
    '',
    '| Inputs | Runs | How they ended |',
    '|---|---|---|',
    ...entries.map(({ name, runs, tally }) => `| ${name} | ${runs.toLocaleString('en')} | ${tally} |`),
  ].join('\n'),
)

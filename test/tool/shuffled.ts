import { spawnSync } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'

/**
 * Runs the default suite with its files in another order each time: `node dist/test/tool/shuffled.js [seed]`. The seed
 * is printed first; the same one gives the same order. Meanwhile every event is looked at, see test/support/event-watch.ts;
 * tests of what happens while nobody listens are left to the other runs.
 */
const seed = process.argv[2] ?? String(randomInt(2 ** 31))
console.log(`The seed of this order is ${seed}.`)

const place = (file: string): string => createHash('sha256').update(`${seed} ${file}`).digest('hex')
const files = readdirSync(join(root, 'dist/test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .sort((a, b) => place(a).localeCompare(place(b)))
  .map((file) => join('dist/test', file))

const watch = [
  '--require',
  join(root, 'dist/test/support/event-watch.js'),
  '--invert',
  '--grep',
  'nobody listens',
]
const mocha = [join(root, 'node_modules/mocha/bin/mocha.js'), '--reporter', 'dot', ...watch, ...files]
const { status } = spawnSync(process.execPath, mocha, { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1

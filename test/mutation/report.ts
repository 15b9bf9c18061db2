import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'
import { writeFigure } from '../tool/proof.js'

// Stryker changes lib/ in thousands of places, one at a time, and tests of the same room must notice it. This
// measures the files that differ from record.json, or those that begin as an argument says, or with --all every file.
// With --check it measures a control file as well, has a time limit, and leaves the record as it is.

/** Percent of the changes that tests must notice, in each room. */
const least = 95

/** What --check always measures, so that it turns red when tests notice nothing any more. */
const control = 'seal.ts'

/** Milliseconds for --check. */
const checkLimit = 12 * 60_000

/** Where a room is tested outside the folder of its name. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  oauth: ['token/*', 'sign-in/*'],
  state: ['sign-in/*', 'attack/*'],
  'sign-in': ['event', '*strategy', 'attack/forged-answer', 'attack/device'],
  'loopback-relay': ['attack/loopback-relay'],
}

/** What the library loads when it is used. */
const loadedLate = ['loopback-relay/relay', 'sign-in/device']

/** What record.json says of a file. */
interface Entry {
  /** Of the content that was measured. */
  readonly digest: string
  /** Changes of what runs at import, which are not tried. */
  readonly atImport: number
  readonly changes: number
  readonly noticed: number
  /** Changes that no test notices, each with the reason why none should. */
  readonly survivors: Readonly<Record<string, string>>
}

type Entries = Readonly<Record<string, Entry>>

/** A file and its changes, as Stryker reports them. */
interface Mutated {
  readonly source: string
  readonly mutants: ReadonlyArray<{
    readonly replacement: string
    readonly status: string
    readonly location: Record<'start' | 'end', { readonly line: number; readonly column: number }>
  }>
}

const lib = join(root, 'lib')
const recordFile = join(root, 'test/mutation/record.json')
const record: Entries = JSON.parse(readFileSync(recordFile, 'utf8'))

// The emulator serves tests, and the pages are text and styles.
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(emulator|page)\//.test(file))
  .sort()

/** A room's name, empty for the files beside the rooms. */
const roomOf = (file: string): string => file.slice(0, Math.max(0, file.indexOf('/')))

const rooms = [...new Set(files.map(roomOf))]

const digestOf = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(join(lib, file)))
    .digest('hex')
    .slice(0, 16)

/** Lets Stryker change files of one room. @throws {Error} when it fails or lacks time */
function measure(room: string, changed: readonly string[], timeout?: number): Entries {
  const work = join(root, 'dist/mutation')
  const [settings, report] = [join(work, 'stryker.json'), join(work, 'report.json')]
  mkdirSync(work, { recursive: true })
  writeFileSync(
    settings,
    JSON.stringify({
      mutate: changed.map((file) => `lib/${file}`),
      // What runs at import: each change of it would need a process of its own.
      ignoreStatic: true,
      ignorePatterns: ['dist', 'coverage', 'bench'],
      tsconfigFile: 'none',
      buildCommand: 'tsc',
      plugins: ['@stryker-mutator/mocha-runner'],
      testRunner: 'mocha',
      mochaOptions: {
        spec: [`${room || '.'}/*`, ...(elsewhere[room] ?? [])].map((name) => `dist/test/${name}.test.js`),
        ignore: ['dist/test/two-process*.test.js', 'dist/test/document.test.js'],
        // Some rooms load when they are used; loaded by a test, what they run at import would count as that test's.
        require: ['./test/mutation/test-timeout.cjs', ...loadedLate.map((name) => `./dist/lib/${name}.js`)],
      },
      coverageAnalysis: 'perTest',
      concurrency: 2,
      reporters: ['json', 'progress-append-only'],
      jsonReporter: { fileName: report },
      tempDirName: join(work, 'sandbox'),
      cleanTempDir: 'always',
    }),
  )
  const stryker = join(root, 'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js')
  const command = [stryker, 'run', settings, '--logLevel', 'error']
  const { status, signal } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', timeout })
  if (status !== 0) throw new Error(`Stryker ended with ${status ?? signal} at ${changed.join(', ')}`)
  const reported: Record<string, Mutated> = JSON.parse(readFileSync(report, 'utf8')).files
  return Object.fromEntries(changed.map((file) => [file, entryOf(file, reported[`lib/${file}`])]))
}

function entryOf(file: string, { source, mutants }: Mutated = { source: '', mutants: [] }): Entry {
  const having = (...wanted: string[]) => mutants.filter(({ status }) => wanted.includes(status))
  const noticed = having('Killed', 'Timeout').length
  // Named by the line and not by its number, so that other changes of the file leave the name alone.
  const survivors = having('Survived', 'NoCoverage').map(({ location: { start, end }, replacement }) => {
    const lines = source.split('\n').slice(start.line - 1, end.line)
    const behind = `${lines.at(-1)}`.length - end.column + 1
    const original = lines.join('\n').slice(start.column - 1, -behind || undefined)
    return `${lines[0]?.trim()} | ${original} → ${replacement}`.replace(/\s+/g, ' ')
  })
  return {
    digest: digestOf(file),
    atImport: having('Ignored').length,
    changes: noticed + survivors.length,
    noticed,
    survivors: Object.fromEntries(survivors.map((name) => [name, record[file]?.survivors[name] ?? ''])),
  }
}

/** What docs/proof.md says of a room, and of all of them. */
function summarize(name: string, entries: readonly Entry[]) {
  const sum = (of: 'atImport' | 'changes' | 'noticed') =>
    entries.reduce((total, entry) => total + entry[of], 0)
  const [changes, noticed, atImport] = [sum('changes'), sum('noticed'), sum('atImport')]
  const percent = Math.floor((1000 * noticed) / changes) / 10
  return { changes, percent, name, row: `| ${name} | ${changes} | ${noticed} | ${percent} % | ${atImport} |` }
}

function summarizeRooms(entries: Entries) {
  const measured = (room: string) =>
    files.filter((file) => roomOf(file) === room).flatMap((file) => entries[file] ?? [])
  return rooms
    .map((room) => summarize(room || 'beside the rooms', measured(room)))
    .filter(({ changes }) => changes > 0)
}

const options = process.argv.slice(2)
const check = options.includes('--check')
const names = options.filter((option) => !option.startsWith('--'))
const isWanted = (file: string): boolean => {
  if (options.includes('--all') || (check && file === control)) return true
  if (names.length > 0) return names.some((name) => file.startsWith(name))
  return record[file]?.digest !== digestOf(file)
}

const entries: Record<string, Entry> = { ...record }
for (const file of Object.keys(entries)) if (!files.includes(file)) delete entries[file]
const failures: string[] = []
const started = Date.now()
for (const room of rooms) {
  const wanted = files.filter((file) => roomOf(file) === room && isWanted(file))
  if (wanted.length === 0) continue
  const left = check ? Math.max(1, started + checkLimit - Date.now()) : undefined
  Object.assign(entries, measure(room, wanted, left))
  for (const file of wanted)
    for (const [survivor, reason] of Object.entries(entries[file]?.survivors ?? {}))
      if (!reason) failures.push(`${file}: no test notices, and record.json gives no reason: ${survivor}`)
  // After each room, so that a run that is ended early keeps what it has measured.
  const sorted = Object.fromEntries(Object.entries(entries).sort())
  if (!check) writeFileSync(recordFile, `${JSON.stringify(sorted, null, 2)}\n`)
}

for (const { name, percent } of summarizeRooms(entries))
  if (percent < least) failures.push(`${name}: tests notice ${percent} % of the changes, not ${least} %`)

// With --check it is the table of the record, against which the committed one is held.
const summaries = summarizeRooms(check ? record : entries)
const together = summarize('together', Object.values(check ? record : entries))
writeFigure(
  'mutation',
  [
    `**${together.percent} % of ${together.changes} changes are noticed.**`,
    '',
    '| Room | Changes | Noticed | | Not tried, at import |',
    '|---|---|---|---|---|',
    ...[...summaries, together].map(({ row }) => row),
  ].join('\n'),
)
console.log(`  ${together.percent} % in the record; ${failures.length} failures`)
for (const failure of failures) console.log(failure)
if (failures.length > 0) process.exitCode = 1

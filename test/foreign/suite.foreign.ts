import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/command.js'
import { nodeOAuthDifferences, refreshDifferences } from './suite/difference.js'

const folder = join(root, 'test/foreign')
const preload = join(folder, 'suite/replace.cjs')

/** Runs Node in the folder of the foreign packages, and gives what it printed. */
function run(args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(process.execPath, [...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error || stdout === '') throw new Error(`nothing ran: ${error} ${stderr}`)
  return stdout
}

/** Passed and failed tests by their names. */
interface Results {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

function runMocha(file: string): Results {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js')
  const output = run([mocha, '--no-config', '--require', preload, '--reporter', 'json', file])
  const { tests } = JSON.parse(output.slice(output.indexOf('{\n'))) as {
    tests: ReadonlyArray<{ fullTitle: string; err: { message?: string } }>
  }
  const namesOf = (isFailed: boolean): string[] =>
    tests.filter(({ err }) => (err.message !== undefined) === isFailed).map(({ fullTitle }) => fullTitle)
  return { passed: namesOf(false), failed: namesOf(true) }
}

interface VowsEvent {
  readonly 0: string
  readonly 1: {
    readonly title: string
    readonly context: string
    readonly status: string
    readonly line: number | null
    readonly exception: string
  }
}

const nameOf = (exception: string): string =>
  /"callback" argument/.test(exception) ? 'no callback' : exception

function runVows(file: string): Results {
  const late = join(folder, 'suite/late.cjs')
  const output = run(['-r', preload, '-r', late, 'node_modules/vows/bin/vows', file, '--json'])
  const events = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as VowsEvent)
  const passed: string[] = []
  const failed: string[] = []
  for (const { 0: kind, 1: event } of events) {
    if (kind === 'late')
      failed.push(event.line ? `late: line ${event.line}` : `late: ${nameOf(event.exception)}`)
    if (kind !== 'vow') continue
    const name = `${event.context.split(' ').at(-1)}: ${event.title}`
    if (event.status === 'honored') passed.push(name)
    else failed.push(name)
  }
  return { passed, failed }
}

describe('suites that others wrote, with our class in the place of theirs', () => {
  it('of passport-oauth2-refresh fail where the list says, and nowhere else', () => {
    const { passed, failed } = runMocha('node_modules/passport-oauth2-refresh/test/refresh.spec.js')
    expect(failed).to.have.members(refreshDifferences.map(({ test }) => test))
    expect(passed).to.have.length(18)
  })

  it('of node-oauth fail where the list says, and nowhere else', () => {
    const { passed, failed } = runVows('node_modules/oauth-0.10.0/tests/oauth2tests.js')
    expect([...new Set(failed)]).to.have.members(nodeOAuthDifferences.map(({ test }) => test))
    expect(passed).to.have.length(17)
  })
})

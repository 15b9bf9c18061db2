import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** The folder of package.json; this file runs compiled, from dist/test/support. */
export const root = join(__dirname, '..', '..', '..')

/** Bytes of output that are read of a command; npm lists every file of the package. */
const maxBuffer = 64 * 1024 * 1024

/** Where and how a command runs. */
export interface CommandOptions {
  /** Default: the root. */
  cwd?: string
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>
}

/** Runs a command whose output everybody sees. @throws {Error} when it fails */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): void {
  spawn(command, args, options, 'inherit')
}

/** Runs a command and gives what it prints. @throws {Error} when it fails, with what it printed */
export function readCommand(command: string, args: readonly string[], options: CommandOptions = {}): string {
  return spawn(command, args, options, 'pipe').stdout
}

function spawn(command: string, args: readonly string[], options: CommandOptions, stdio: 'inherit' | 'pipe') {
  const { cwd = root, env = {} } = options
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio,
    encoding: 'utf8',
    maxBuffer,
  })
  if (result.error) throw result.error
  if (result.status !== 0) {
    const printed = [result.stdout, result.stderr].filter(Boolean).join('\n')
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}\n${printed}`)
  }
  return result
}

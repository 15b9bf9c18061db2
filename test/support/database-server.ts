import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A database of the tests' own. */
export interface DatabaseServer {
  readonly url: string
  stop(): Promise<void>
}

/** Ends a process, and waits until it is gone. */
export function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

/**
 * Starts a server, and waits until it says that it is ready. A run that breaks off leaves no server behind.
 *
 * @param debianPackage what to install when the command is not there
 */
export function startServer(
  [command, ...args]: readonly [command: string, ...args: string[]],
  ready: string,
  debianPackage: string,
  options: SpawnOptions = {},
): Promise<ChildProcess> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const said: string[] = []
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const advice = `is it installed? (apt-get install ${debianPackage})`
      reject(new Error(`${command} does not start; ${advice}`, { cause }))
    })
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${said.join('\n')}`)))
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        said.push(line)
        if (line.includes(ready)) resolve(child)
      })
    }
  })
}

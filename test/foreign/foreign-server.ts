import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../support/command.js'

/** A server that others wrote, in a process of its own. */
export class ForeignServer {
  private constructor(
    private readonly process: ChildProcess,
    /** What the server's script says of itself. */
    readonly facts: Readonly<Record<string, unknown>>,
  ) {}

  /** Runs a script of test/foreign/server; the first line that is JSON says where the server is. */
  static async start(
    name: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ForeignServer> {
    const script = join(root, 'test/foreign/server', `${name}.mjs`)
    const child = spawn(process.execPath, [script], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let told = ''
    child.stderr?.on('data', (chunk) => {
      told += chunk
    })
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line.startsWith('{')) return new ForeignServer(child, JSON.parse(line))
    }
    throw new Error(`${name} did not start:\n${told}`)
  }

  get issuer(): string {
    return String(this.facts.issuer)
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const gone = once(this.process, 'exit')
    this.process.kill()
    await gone
  }
}

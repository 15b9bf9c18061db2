import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process of the soak. It is asked for one thing at a time; when it dies, the soak fails. */
export class Child {
  private readonly process: ChildProcess
  private mayEnd = false

  /** @param file a module of this folder that calls {@link serveParent} */
  constructor(file: string) {
    this.process = fork(join(__dirname, file), { execArgv: ['--expose-gc'] })
    this.process.once('exit', (code, signal) => {
      if (!this.mayEnd) throw new Error(`${file} ended with ${code ?? signal}`)
    })
  }

  async ask<Result = void>(name: string, argument?: unknown): Promise<Result> {
    this.process.send({ name, argument })
    const [{ result }] = await once(this.process, 'message')
    return result
  }

  async end(): Promise<void> {
    this.mayEnd = true
    this.process.disconnect()
    await once(this.process, 'exit')
  }
}

/** Serves the parent of this process, and ends with it. What a handler throws ends the process. */
export function serveParent(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  process.on('message', async ({ name, argument }: { name: string; argument: never }) => {
    process.send?.({ result: await handlers[name]?.(argument) })
  })
  process.once('disconnect', () => process.exit())
}

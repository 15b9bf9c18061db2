import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

interface Reply {
  id: number
  result?: unknown
  error?: string
}

/** What a process of the bench can be asked for; arguments and results travel as JSON. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>

/** A process of the bench, and a way to ask it for something. */
export interface Child {
  call<Result = void>(method: string, argument?: unknown): Promise<Result>
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill()
})

/** Whether the application gets a core of its own; without `taskset` or a second core it does not. */
export const isPinned = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** The command that starts Node, on the application's core or on the others. */
export function nodeCommand(module: string): [command: string, ...options: string[]] {
  const last = availableParallelism() - 1
  const cores = module === 'application' ? '0' : `1-${last}`
  return isPinned ? ['taskset', '-c', cores, process.execPath] : [process.execPath]
}

/** Starts a module of this folder as a process of its own. */
export function startChild(module: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const [execPath, ...options] = nodeCommand(module)
  const child = fork(new URL(`./${module}.js`, import.meta.url), args, {
    execPath,
    execArgv: [...options, '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  const exited = once(child, 'exit')
  running.add(child)
  let calls = 0
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id)
  })
  child.on('exit', (status) => {
    running.delete(child)
    for (const fail of waiting.values()) fail({ id: 0, error: `${module} ended with status ${status}` })
  })
  return {
    call: <Result>(method: string, argument?: unknown) =>
      new Promise<Result>((resolve, reject) => {
        const id = ++calls
        waiting.set(id, ({ result, error }) =>
          error === undefined ? resolve(result as Result) : reject(new Error(`${module}: ${error}`)),
        )
        child.send({ id, method, argument })
      }),
    async stop() {
      child.disconnect()
      await exited
    },
  }
}

/** Serves the calls of the process that started this one, and ends with it. */
export function serveParent(handlers: Handlers): void {
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ id, method, argument }: { id: number; method: string; argument: never }) => {
    try {
      process.send?.({ id, result: await handlers[method]?.(argument) })
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
}

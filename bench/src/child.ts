import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

interface Answer {
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

/** Options of a process. */
export interface ChildOptions {
  args?: string[]
  execArgv?: string[]
  env?: NodeJS.ProcessEnv
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill()
})

/** Starts a module of this folder as a process of its own. */
export function startChild(module: string, { args = [], execArgv = [], env = {} }: ChildOptions = {}): Child {
  const path = new URL(`./${module}.js`, import.meta.url)
  const child = fork(path, args, { execArgv, env: { ...process.env, NODE_ENV: 'production', ...env } })
  const waiting = new Map<number, (answer: Answer) => void>()
  const exited = once(child, 'exit')
  running.add(child)
  let calls = 0
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
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

/** Answers the calls of the process that started this one, and ends with it. */
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

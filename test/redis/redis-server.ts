import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** A Redis of the tests' own, in memory alone. */
export interface RedisServer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts `redis-server` on a free port of 127.0.0.1. Rejects with what to do when it is not installed. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await findFreePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
  // A run that breaks off leaves no server behind.
  process.once('exit', () => child.kill())
  await isReady(child)
  return { url: `redis://127.0.0.1:${port}`, stop: () => endProcess(child, 'SIGKILL') }
}

/** Ends a process, and waits until it is gone. */
export function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    child.once('error', (cause) => {
      reject(
        new Error('redis-server does not start; is it installed? (apt-get install redis-server)', { cause }),
      )
    })
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said.join('\n')}`)))
    const { stdout } = child
    if (stdout === null) return
    createInterface(stdout).on('line', (line) => {
      said.push(line)
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
}

/** Redis takes port 0 for none at all, so a free one has to be found before. */
function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

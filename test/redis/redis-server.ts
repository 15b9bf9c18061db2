import { type DatabaseServer, endProcess, startServer } from '../support/database-server.js'
import { findFreePort } from '../support/free-port.js'

/** Starts `redis-server`, in memory alone, on a free port of 127.0.0.1. Rejects with what to do when it is not installed. */
export async function startRedisServer(): Promise<DatabaseServer> {
  // Redis takes port 0 for none at all.
  const port = await findFreePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const ready = 'Ready to accept connections'
  const child = await startServer(['redis-server', ...settings], ready, 'redis-server')
  return { url: `redis://127.0.0.1:${port}`, stop: () => endProcess(child, 'SIGKILL') }
}

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatabaseServer, endProcess, startServer } from '../support/database-server.js'
import { findFreePort } from '../support/free-port.js'

const debianFolder = '/usr/lib/postgresql'

/** Starts PostgreSQL with an empty database on a free port of 127.0.0.1. Rejects with what to do when it is not installed. */
export async function startPostgresServer(): Promise<DatabaseServer> {
  const commands = findCommands()
  const user = findUser()
  const folder = mkdtempSync(join(tmpdir(), 'passport-xai-postgresql-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const password = randomBytes(16).toString('hex')
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, password, { mode: 0o644 })
    const data = join(folder, 'data')
    const cluster = ['--pgdata', data, '--username', 'test', '--pwfile', passwordFile, '--no-sync']
    const locale = ['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C']
    execFileSync(join(commands, 'initdb'), [...cluster, ...locale], { ...user, cwd: folder, stdio: 'pipe' })
    const port = await findFreePort()
    const settings = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-F']
    const server = [join(commands, 'postgres'), ...settings] as const
    const ready = 'ready to accept connections'
    const child = await startServer(server, ready, 'postgresql', { ...user, cwd: folder })
    return {
      url: `postgres://test:${password}@127.0.0.1:${port}/postgres`,
      stop: async () => {
        await endProcess(child, 'SIGINT')
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** Where the newest version's programs are: Debian keeps them out of PATH. */
function findCommands(): string {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).map(Number) : []
  const newest = versions
    .sort((a, b) => b - a)
    .find((version) => existsSync(join(debianFolder, `${version}`, 'bin', 'initdb')))
  if (newest === undefined) throw new Error('PostgreSQL is not installed (apt-get install postgresql)')
  return join(debianFolder, `${newest}`, 'bin')
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function findUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (what: '-u' | '-g'): number =>
    Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

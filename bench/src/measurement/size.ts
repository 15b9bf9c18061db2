import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `npm install` of one package puts on the disk. */
export interface InstalledSize {
  packages: number
  bytes: number
}

const bench = fileURLToPath(new URL('../../', import.meta.url))
const root = dirname(bench)

/** Adds up what installing each package brings along, from the packages that are installed here. */
export function measureSize(names: readonly string[]): Map<string, InstalledSize> {
  return new Map(names.map((name) => [name, sizeOf(name)]))
}

function sizeOf(name: string): InstalledSize {
  const folders = new Set<string>()
  const isOurs = name === 'passport-xai'
  if (isOurs) for (const dependency of dependenciesOf(root)) collect(dependency, root, folders)
  else collect(name, bench, folders)
  const bytes = [...folders].reduce((sum, folder) => sum + bytesOf(folder), isOurs ? packedBytes() : 0)
  return { packages: folders.size + (isOurs ? 1 : 0), bytes }
}

const dependenciesOf = (folder: string): string[] =>
  Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies ?? {})

/** Finds a package as Node does, upwards from who needs it. */
function collect(name: string, from: string, folders: Set<string>): void {
  const folder = join(from, 'node_modules', name)
  if (!existsSync(folder)) return collect(name, dirname(from), folders)
  const real = realpathSync(folder)
  if (folders.has(real)) return
  folders.add(real)
  for (const dependency of dependenciesOf(real)) collect(dependency, real, folders)
}

/** Without the packages inside a package, which are counted by themselves. */
function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? bytesOf(path) : statSync(path).size)
  }, 0)
}

function packedBytes(): number {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(packed)[0].unpackedSize
}

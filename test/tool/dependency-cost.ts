import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'

interface Manifest {
  version: string
  dependencies?: Readonly<Record<string, string>>
}

/** Bytes of the files below a folder, of packages nested in it too. */
const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

/** Prints what each runtime dependency weighs when the library is installed: itself and all that it brings. */
const consumer = new Consumer()
const tarball = packLibrary()
try {
  consumer.install([tarball.path])
  const modules = join(consumer.folder, 'node_modules')
  const read = (name: string): Manifest =>
    JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as Manifest
  const namesIn = (name: string, found = new Set<string>()): Set<string> => {
    if (found.has(name) || !existsSync(join(modules, name))) return found
    found.add(name)
    for (const inner of Object.keys(read(name).dependencies ?? {})) namesIn(inner, found)
    return found
  }
  console.log('| package | version | packages | KiB |\n|---|---|---|---|')
  for (const name of [...Object.keys(read('passport-xai').dependencies ?? {}), 'passport-xai']) {
    const names = [...namesIn(name)]
    const size = names.reduce((sum, inner) => sum + sizeOf(join(modules, inner)), 0)
    console.log(`| \`${name}\` | ${read(name).version} | ${names.length} | ${Math.round(size / 1024)} |`)
  }
} finally {
  tarball.remove()
  consumer.remove()
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommand, root } from './command.js'

/** A file of the package, as npm lists it. */
export interface PackedFile {
  path: string
  /** Bytes. */
  size: number
}

/** What `npm publish` would send. */
export interface Tarball {
  path: string
  files: PackedFile[]
  /** Removes it again. */
  remove(): void
}

/** Packs the library as it is built now, here or in another checkout. */
export function packLibrary(cwd = root): Tarball {
  const folder = mkdtempSync(join(tmpdir(), 'passport-xai-'))
  // The build is not part of it: suites that share one build pack it one after the other.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const printed = readCommand('npm', args, { cwd })
  const [packed] = Object.values(JSON.parse(printed)) as Array<{ filename: string; files: PackedFile[] }>
  if (!packed) throw new Error('npm pack made no tarball')
  return {
    path: join(folder, packed.filename),
    files: packed.files,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

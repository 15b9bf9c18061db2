import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommand, root, runCommand } from '../support/command.js'

/** A package that users install, as the bill names it (CycloneDX). */
export interface Component {
  readonly name: string
  readonly version: string
  readonly licenses?: ReadonlyArray<{ readonly license?: { readonly id?: string } }>
  readonly hashes?: ReadonlyArray<{ readonly alg: string }>
}

/** What users install with the library, as `npm sbom --omit dev` lists it. */
export interface Bill {
  /** CycloneDX. */
  readonly text: string
  readonly components: readonly Component[]
}

/**
 * Lists what users install. It is made from an install of that and nothing else, because in a full install
 * `npm sbom --omit dev` also leaves out what a development dependency happens to need too.
 */
export function buildBill(): Bill {
  const temporary = mkdtempSync(join(tmpdir(), 'sbom-'))
  // npm calls what the bill is of by its folder.
  const folder = join(temporary, 'passport-xai')
  try {
    mkdirSync(folder)
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(root, file), join(folder, file))
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
    runCommand('npm', ['ci', '--omit', 'dev', '--silent', ...quiet], { cwd: folder })
    const { devDependencies, ...published } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    writeFileSync(join(folder, 'package.json'), JSON.stringify(published))
    const options = ['--omit', 'dev', '--sbom-format', 'cyclonedx', '--sbom-type', 'library']
    const text = readCommand('npm', ['sbom', ...options], { cwd: folder })
    return { text, components: JSON.parse(text).components }
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

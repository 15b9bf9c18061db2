import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/command.js'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'

interface Manifest {
  name: string
  license?: string
  /** As packages of npm's first years have it. */
  licenses?: ReadonlyArray<{ type: string }>
  scripts?: Readonly<Record<string, string>>
  gypfile?: boolean
  dependencies?: Readonly<Record<string, string>>
}

const permissive: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
])

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The folders of the packages in a node_modules folder, nested ones among them. */
function packageFolders(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
    )
    .flatMap((name) => {
      const folder = join(modules, name)
      const nested = join(folder, 'node_modules')
      return [folder, ...(statSync(nested, { throwIfNoEntry: false }) ? packageFolders(nested) : [])]
    })
}

describe('what is installed with the library', () => {
  const consumer = new Consumer()
  let folders: string[] = []

  before(() => {
    const tarball = packLibrary()
    consumer.install([tarball.path])
    tarball.remove()
    folders = packageFolders(join(consumer.folder, 'node_modules'))
  })
  after(() => consumer.remove())

  it('is the library and what package.json names, for a start', () => {
    const names = folders.map((folder) => readManifest(folder).name)
    expect(names).to.include.members(['passport-xai', ...Object.keys(readManifest(root).dependencies ?? {})])
  })

  it('has permissive licences only', () => {
    const others = folders.map(readManifest).flatMap(({ name, license, licenses = [] }) => {
      const choices = license === undefined ? licenses.map(({ type }) => type) : [license]
      return choices.some((choice) => permissive.has(choice)) ? [] : [`${name}: ${choices}`]
    })
    expect(others).to.deep.equal([])
  })

  it('runs no script when it is installed', () => {
    const scripts = folders.map(readManifest).flatMap(({ name, scripts = {}, gypfile }) => {
      const found = ['preinstall', 'install', 'postinstall'].filter((script) => scripts[script])
      return gypfile || found.length > 0 ? [`${name}: ${found.join(' ')}`] : []
    })
    expect(scripts).to.deep.equal([])
  })

  it('has ten packages with code at most', () => {
    const names = folders
      .map((folder) => readManifest(folder).name)
      .filter((name) => !name.startsWith('@types/'))
    expect(names.length).to.be.at.most(10)
  })

  it('is explained in CONTRIBUTING.md, dependency by dependency', () => {
    const table = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
    for (const name of Object.keys(readManifest(root).dependencies ?? {})) {
      expect(table).to.match(new RegExp(`^\\| \`${name}\` \\|`, 'm'))
    }
  })
})

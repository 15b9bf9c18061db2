import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { readCommand, root } from '../support/command.js'
import { packLibrary, type Tarball } from '../support/tarball.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Files under a folder of the repository, by the paths that the package gives them. */
const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

/** What the declaration at a path imports by package name, itself or through the files that it imports. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  const packages = new Set<string>()
  for (const [, specifier = ''] of text.matchAll(/(?:from|import\(|require\()\s*['"]([^'"]+)['"]/g)) {
    if (!specifier.startsWith('.')) packages.add(specifier)
    else
      for (const name of importsOf(resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts')), seen))
        packages.add(name)
  }
  return packages
}

describe('the tarball', () => {
  let tarball: Tarball
  before(() => {
    tarball = packLibrary()
  })
  after(() => tarball.remove())

  const pathsOf = (): string[] => tarball.files.map(({ path }) => path)

  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'package.json']) {
    it(`holds ${path}`, () => expect(pathsOf()).to.include(path))
  }

  it('holds the compiled library, its declarations and source maps, and the sources that these name', () => {
    const sources = filesUnder('lib')
    const compiled = sources.flatMap((path) =>
      ['.js', '.js.map', '.d.ts'].map((ending) => join('dist', path.replace(/\.ts$/, ending))),
    )
    expect(pathsOf()).to.include.members([...sources, ...compiled])
  })

  it('holds nothing else', () => {
    const isLibrary = (path: string): boolean => path.startsWith('lib/') || path.startsWith('dist/lib/')
    const others = pathsOf().filter((path) => !isLibrary(path))
    expect(others).to.have.members(['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'package.json'])
  })

  it('has no script that npm would run by itself on an installation', () => {
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare', 'dependencies']
    expect(lifecycle.filter((name) => name in manifest.scripts)).to.deep.equal([])
  })

  it('has source maps that lead to its sources', () => {
    const maps = pathsOf().filter((path) => path.endsWith('.map'))
    expect(maps).to.not.be.empty
    for (const path of maps) {
      const { sources } = JSON.parse(readFileSync(join(root, path), 'utf8'))
      for (const source of sources) expect(pathsOf()).to.include(join(dirname(path), source))
    }
  })

  it('passes publint with its warnings as errors', () => {
    expect(
      readCommand(join(root, 'node_modules/.bin/publint'), ['run', tarball.path, '--strict']),
    ).to.contain('All good!')
  })

  it('has types that every kind of module resolution finds, at every export', () => {
    const args = [tarball.path, '--format', 'json', '--exclude-entrypoints', './package.json']
    const { analysis } = JSON.parse(readCommand(join(root, 'node_modules/.bin/attw'), args))
    expect(analysis.problems).to.deep.equal([])
    expect(Object.keys(analysis.entrypoints)).to.have.members(['.', './emulator'])
  })
})

describe('the public declarations', () => {
  const entries: readonly string[] = ['dist/lib/index.d.ts', 'dist/lib/emulator/index.d.ts']
  const packages = [...new Set(entries.flatMap((entry) => [...importsOf(join(root, entry))]))].filter(
    (name) => !name.startsWith('node:'),
  )

  for (const name of packages) {
    it(`may show the types of ${name}, which is a dependency`, () => {
      expect(manifest.dependencies).to.have.property(`@types/${name}`)
    })
  }

  it('show no type of an ESM-only package, which a CommonJS consumer could not compile', () => {
    expect(packages).to.not.include.members(['jose'])
    expect(packages).to.not.include.members(['oidc-provider'])
  })
})

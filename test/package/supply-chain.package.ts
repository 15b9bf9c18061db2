import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { readCommand, root } from '../support/command.js'
import { packLibrary } from '../support/tarball.js'
import { type Bill, buildBill } from '../tool/bill.js'
import { writeFigure } from '../tool/proof.js'

interface Lock {
  packages: Readonly<Record<string, { dependencies?: Readonly<Record<string, string>> } | undefined>>
}

const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The names of all that package.json's dependencies bring, as the lock file has them. */
function lockedNames(): Set<string> {
  const { packages } = JSON.parse(readText('package-lock.json')) as Lock
  const found = new Set<string>()
  const add = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    for (const inner of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) add(inner)
  }
  for (const name of Object.keys(packages['']?.dependencies ?? {})) add(name)
  return found
}

/** Builds and packs the last commit in a clean checkout of its own; gives the hash of the file. */
function packCheckout({ name, env }: { name: string; env: Record<string, string> }): string {
  const folder = mkdtempSync(join(tmpdir(), name))
  const cwd = join(folder, 'checkout')
  try {
    readCommand('git', ['clone', '--quiet', '--no-hardlinks', root, cwd])
    symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
    readCommand('npm', ['run', '--silent', 'build'], { cwd, env })
    const tarball = packLibrary(cwd)
    const digest = createHash('sha512').update(readFileSync(tarball.path)).digest('hex')
    tarball.remove()
    return digest
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the supply chain', () => {
  /** Rows of the figure, one for each test that has passed. */
  const rows: string[] = []
  let bill: Bill
  before(() => {
    bill = buildBill()
  })
  after(() => {
    if (rows.length === 3) writeFigure('supply-chain', ['| What | Figure |', '|---|---|', ...rows].join('\n'))
  })

  it('has a bill of materials (npm sbom) that lists the runtime dependencies and nothing else', () => {
    const names = bill.components.map(({ name }) => name)
    expect(names).to.have.members([...lockedNames()])
    expect(bill.components.filter(({ hashes = [] }) => hashes.length === 0)).to.deep.equal([])
    rows.push(`| packages that users install, in the bill of materials | ${names.length} |`)
  })

  it('has a licence for every package of the bill', () => {
    const licences = bill.components.map(({ licenses: [first] = [] }) => first?.license?.id ?? 'unknown')
    const counts = new Map<string, number>()
    for (const licence of licences) counts.set(licence, (counts.get(licence) ?? 0) + 1)
    expect([...counts.keys()]).to.not.include('unknown')
    rows.push(`| licences | ${[...counts].map(([licence, count]) => `${licence} ${count}`).join(', ')} |`)
  })

  it('gives one and the same tarball from two clean checkouts', function () {
    this.timeout(300_000)
    const first = packCheckout({ name: 'one-', env: { TZ: 'UTC', LANG: 'C' } })
    const second = packCheckout({ name: 'another-folder-', env: { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' } })
    expect(second).to.equal(first)
    rows.push('| tarballs of two clean checkouts | one hash |')
  })

  const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`)
  for (const path of workflows)
    it(`pins every action by its commit, and grants no more than reading by default, in ${path}`, () => {
      const text = readText(path)
      const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action)
      const loose = actions.filter((action) => !/^\.\/|@[0-9a-f]{40}$/.test(action))
      expect(loose).to.deep.equal([])
      expect(text).to.match(/^permissions:\n {2}contents: read\n\n/m)
    })

  it('has updates by Dependabot for every lock file', () => {
    const locks = readCommand('git', ['ls-files', '*package-lock.json']).trim().split('\n')
    const folders = locks.map((path) => join('/', dirname(path)))
    const listed = [...readText('.github/dependabot.yml').matchAll(/^ {6}- (\/\S*)$/gm)].map(
      ([, path]) => path,
    )
    expect(listed).to.have.members(folders)
  })
})

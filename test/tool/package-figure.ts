import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readCommand } from '../support/command.js'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'
import { writeFigure } from './proof.js'

/** Milliseconds that a module takes to import, in a process of its own: the median of some, in turn with another. */
const program = `const began = performance.now(); require(process.argv[1]); console.log(performance.now() - began)`
const runs = 21

const consumer = new Consumer()
const tarball = packLibrary()
const size = statSync(tarball.path).size
try {
  consumer.install([tarball.path])
  const measure = (module: string): number =>
    Number(readCommand(process.execPath, ['-e', program, module], { cwd: consumer.folder }))
  const names = ['passport-xai', 'passport-xai/emulator', 'passport-oauth2']
  const times = Array.from({ length: runs }, () => names.map(measure))
  const [own = 0, emulator = 0, other = 1] = names.map((_, at) => median(times.map((row) => row[at] ?? 0)))

  const sizes = tarball.files.map(({ path }) => ({ path, bytes: statSync(join(installed(), path)).size }))
  const row = (what: string, holds: (path: string) => boolean): string => {
    const found = sizes.filter(({ path }) => holds(path))
    return `| ${what} | ${found.length} | ${kibibytes(found.reduce((sum, { bytes }) => sum + bytes, 0))} |`
  }
  const { version } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as {
    version: string
  }
  writeFigure(
    'package',
    `\`npm pack\` of ${version}: ${kibibytes(size)} KiB.

| In it | Files | KiB |
| --- | ---: | ---: |
${row('JavaScript', (path) => path.endsWith('.js'))}
${row('declarations', (path) => path.endsWith('.d.ts'))}
${row('source maps', (path) => path.endsWith('.map'))}
${row('sources that these name', (path) => path.startsWith('lib/'))}
${row('README, LICENSE, CHANGELOG, SECURITY, package.json', (path) => !/^(dist|lib)\//.test(path))}

| To import, on Node ${process.versions.node.split('.')[0]} | ms | |
| --- | ---: | --- |
| \`passport-xai\` | ${own.toFixed(1)} | ${(own / other).toFixed(2)} times passport-oauth2 |
| \`passport-xai/emulator\` | ${emulator.toFixed(1)} | without oidc-provider, which loads when it starts |
| \`passport-oauth2\` | ${other.toFixed(1)} | |

Each time is the median of ${runs} processes, all three in turn. The machine decides the milliseconds; the ratio counts.`,
    'CONTRIBUTING.md',
  )
} finally {
  tarball.remove()
  consumer.remove()
}

function installed(): string {
  return join(consumer.folder, 'node_modules', 'passport-xai')
}

function kibibytes(bytes: number): string {
  return Math.round(bytes / 1024).toString()
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

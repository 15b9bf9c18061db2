import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommand, root, runCommand } from '../support/command.js'

/**
 * Publishes what is built and tested: checks that everybody means the same version, writes the SBOM beside the build,
 * and hands the package to npm with provenance. With `--dry-run` nothing leaves the machine.
 */
const isDry = process.argv.includes('--dry-run')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  version: string
  repository?: { url?: string }
  dependencies: Readonly<Record<string, string>>
  devDependencies: unknown
}
const { version, dependencies } = manifest
const tag = process.env.GITHUB_REF_TYPE === 'tag' ? process.env.GITHUB_REF_NAME : undefined

if (tag === undefined ? !isDry : tag !== `v${version}`) {
  throw new Error(`the tag is ${tag ?? 'missing'}, and package.json says ${version}: tag v${version}`)
}
if ((JSON.parse(read('package-lock.json')) as { version: string }).version !== version) {
  throw new Error(`package-lock.json does not say ${version}: npm install`)
}
if (!new RegExp(`^## \\[${version}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm').test(read('CHANGELOG.md'))) {
  throw new Error(`CHANGELOG.md has no heading ## [${version}] - YYYY-MM-DD`)
}

// From an install of what users get and nothing else: `npm sbom --omit dev` also leaves out what a development
// dependency happens to need too.
const temporary = mkdtempSync(join(tmpdir(), 'sbom-'))
// npm calls what the bill is of by its folder.
const folder = join(temporary, 'passport-xai')
mkdirSync(folder)
for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(folder, file))
runCommand('npm', ['ci', '--omit', 'dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
const { devDependencies, ...published } = manifest
writeFileSync(join(folder, 'package.json'), JSON.stringify(published))
const bill = readCommand('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'], {
  cwd: folder,
})
rmSync(temporary, { recursive: true })
const { components } = JSON.parse(bill) as { components: Array<{ name: string }> }
for (const name of Object.keys(dependencies)) {
  if (!components.some((component) => component.name === name)) throw new Error(`the SBOM lacks ${name}`)
}
const billPath = join(root, 'dist', 'sbom.cdx.json')
writeFileSync(billPath, bill)
console.log(`SBOM: ${components.length} components, ${billPath}`)

// npm takes a provenance only of the repository that package.json names. The last check, so that nothing else is missing.
if (!manifest.repository?.url)
  throw new Error(
    'package.json has no repository, without which npm refuses provenance. Fill in: "repository": { "type": "git", "url": "git+https://github.com/OWNER/passport-xai.git" }',
  )

// What is built was tested; building again would publish something else.
const args = ['publish', '--ignore-scripts', '--access', 'public']
runCommand('npm', isDry ? [...args, '--dry-run'] : [...args, '--provenance'])

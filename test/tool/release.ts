import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from '../support/command.js'
import { buildBill } from './bill.js'

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

const { text, components } = buildBill()
for (const name of Object.keys(dependencies)) {
  if (!components.some((component) => component.name === name)) throw new Error(`the SBOM lacks ${name}`)
}
const billPath = join(root, 'dist', 'sbom.cdx.json')
writeFileSync(billPath, text)
console.log(`SBOM: ${components.length} components, ${billPath}`)

// npm takes a provenance only of the repository that package.json names. The last check, so that nothing else is missing.
if (!manifest.repository?.url)
  throw new Error(
    'package.json has no repository, without which npm refuses provenance. Fill in: "repository": { "type": "git", "url": "git+https://github.com/OWNER/passport-xai.git" }',
  )

// What is built was tested; building again would publish something else.
const args = ['publish', '--ignore-scripts', '--access', 'public']
runCommand('npm', isDry ? [...args, '--dry-run'] : [...args, '--provenance'])

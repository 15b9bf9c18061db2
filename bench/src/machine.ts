import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, type as system, totalmem } from 'node:os'

const require = createRequire(import.meta.url)

const versionOf = (name: string): string => {
  const path = require.resolve.paths(name)?.flatMap((folder) => {
    try {
      return [readFileSync(`${folder}/${name}/package.json`, 'utf8')]
    } catch {
      return []
    }
  })
  return `${name} ${JSON.parse(path?.[0] ?? '{}').version}`
}

/** What the figures depend on: machine, versions and date. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const hardware = `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  const packages = [
    'passport-oauth2',
    'openid-client',
    'passport-openidconnect',
    'jose',
    'passport',
    'express',
  ]
  const versions = packages.map(versionOf).join(', ')
  const date = new Date().toISOString().slice(0, 10)
  return `${date}. ${hardware}, ${system()} ${release()}, Node ${process.versions.node}; ${versions}.`
}

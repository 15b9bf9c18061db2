import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Contender, type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { onStage } from '../stage.js'

/** Process by process, in milliseconds, by contender. */
export interface Starts {
  imports: Map<ContenderName, number[]>
  firstSignIns: Map<ContenderName, number[]>
  /** CommonJS files that an import loads. */
  files: Map<ContenderName, number>
}

const modules: Readonly<Record<string, string>> = {
  'passport-xai': fileURLToPath(new URL('../../../dist/lib/index.js', import.meta.url)),
  'passport-oauth2': 'passport-oauth2',
  'openid-client': 'openid-client/passport',
  'passport-openidconnect': 'passport-openidconnect',
}

/** Starts a process for each figure, because only a new one is cold. */
export async function measureStart({ processStarts }: Scale): Promise<Starts> {
  const compared = pickContenders(
    'passport-xai auto',
    'passport-xai auto, cookie store',
    'passport-oauth2',
    'openid-client',
    'passport-openidconnect',
  )
  const imports = new Map<ContenderName, number[]>()
  const firstSignIns = new Map<ContenderName, number[]>()
  const files = new Map<ContenderName, number>()
  const add = (results: Starts['imports'], { name }: Contender, value: number): void => {
    results.set(name as ContenderName, [...(results.get(name as ContenderName) ?? []), value])
  }
  // By themselves, so that no application that ends is in the way.
  for (let start = 0; start < 2 * processStarts; start++) {
    for (const contender of compared) {
      const imported = importOnce(contender)
      add(imports, contender, imported.time)
      files.set(contender.name as ContenderName, imported.files)
    }
  }
  await onStage({}, async (stage) => {
    for (let start = 0; start < processStarts; start++) {
      for (const contender of compared) {
        const application = await stage.startApplication(contender)
        const { signIns } = await application.load({ concurrency: 1, count: 1 })
        // The very first one has warmed up the driver and the server.
        if (start > 0) add(firstSignIns, contender, signIns[0] ?? Number.NaN)
        await application.stop()
      }
    }
  })
  return { imports, firstSignIns, files }
}

function importOnce({ installs = '' }: Contender): { time: number; files: number } {
  const module = JSON.stringify(modules[installs])
  const load = installs === 'openid-client' ? `await import(${module})` : `require(${module})`
  const script = `(async () => { const began = performance.now(); ${load}; const time = performance.now() - began; console.log(JSON.stringify({ time, files: Object.keys(require.cache).length })) })()`
  const cwd = fileURLToPath(new URL('../../', import.meta.url))
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' }))
}

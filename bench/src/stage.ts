import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { buildSelfSigned } from '../../dist/test/support/self-signed.js'
import type { ServerSettings } from './authorization-server.js'
import { type Child, startChild } from './child.js'
import type { Load, LoadResult } from './driver.js'

/** A contender's application, in a process of its own. */
export interface Application {
  name: string
  base: string
  process: Child
  /** Lets people sign in. */
  load(load: Omit<Load, 'base'>): Promise<LoadResult>
}

/** An authorization server, a driver, and an application for each contender. */
export interface Stage {
  server: Child
  driver: Child
  applications: Application[]
}

/** How the authorization server is reached: by default as loopback is, by connections that are kept as nginx does. */
export type StageSettings = Partial<ServerSettings> & { tls?: boolean }

/** Opens a stage for as long as the work takes. */
export async function onStage<Result>(
  names: readonly string[],
  { tls = false, roundTrip = 0, keepAlive = 75_000 }: StageSettings,
  work: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'passport-xai-bench-'))
  const files = [join(folder, 'key.pem'), join(folder, 'cert.pem')] as const
  if (tls) writeCertificate(...files)
  const driver = startChild('driver')
  const server = startChild('authorization-server', tls ? [...files] : [])
  const children = [driver, server]
  try {
    const issuer = await server.call<string>('start', { roundTrip, keepAlive } satisfies ServerSettings)
    const applications: Application[] = []
    for (const name of names) {
      // Node takes further authorities from a file only.
      const process = startChild('application', [], tls ? { NODE_EXTRA_CA_CERTS: files[1] } : {})
      children.push(process)
      const base = await process.call<string>('start', { name, issuer })
      const load = async (load: Omit<Load, 'base'>): Promise<LoadResult> => {
        const result = await driver.call<LoadResult>('run', { base, ...load })
        if (result.failures[0] && !tls) throw new Error(`${name}: ${result.failures[0]}`)
        return result
      }
      applications.push({ name, base, process, load })
    }
    return await work({ server, driver, applications })
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    rmSync(folder, { recursive: true })
  }
}

function writeCertificate(keyFile: string, certFile: string): void {
  const selfSigned: { buildSelfSigned: typeof buildSelfSigned } = createRequire(import.meta.url)(
    '../../dist/test/support/self-signed.js',
  )
  const { key, cert } = selfSigned.buildSelfSigned()
  writeFileSync(keyFile, key)
  writeFileSync(certFile, cert)
}

/** Takes turns: each round begins with another one, so that none is always the first. */
export const inTurn = <Item>(items: readonly Item[], round: number): Item[] => {
  const first = round % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

import { availableParallelism, loadavg } from 'node:os'
import { writeFigure } from '../tool/proof.js'
import { soakDevices } from './device.js'
import { soakEmulator } from './emulator.js'
import { soakSignIns } from './sign-ins.js'

/**
 * Load that lasts, on loopback. The full form takes a quarter of an hour and writes the figure in docs/proof.md;
 * `--short` shows in less than a minute that everything still holds, and no figure.
 */
const isShort = process.argv.includes('--short')
const minute = 60_000
const parts = isShort
  ? [
      () => soakSignIns({ warmUp: 500, all: 2000 }),
      () => soakDevices({ browsers: 200, duration: minute / 6, decideWithin: 8000 }),
      () => soakEmulator({ seconds: 2 }),
    ]
  : [
      () => soakSignIns({ warmUp: 20_000, all: 100_000 }),
      () => soakDevices({ browsers: 2000, duration: 10 * minute, decideWithin: 45_000 }),
      () => soakEmulator({ seconds: 10 }),
    ]

const limit = isShort ? 3 : 40
setTimeout(() => {
  throw new Error(`the soak takes longer than ${limit} minutes`)
}, limit * minute).unref()

async function main(): Promise<void> {
  const rows: string[] = []
  const run = async (part: () => Promise<string[]>): Promise<void> => {
    const found = await part()
    console.log(found.join('\n'))
    rows.push(...found)
  }
  // In the short form at the same time, because each waits for most of it.
  if (isShort) await Promise.all(parts.map(run))
  else for (const part of parts) await run(part)
  const seconds = Math.round(performance.now() / 1000)
  console.log(`the soak took ${seconds} seconds`)
  if (isShort) return
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`
  const start = `${Math.round(seconds / 60)} minutes on ${machine}, load average ${loadavg()[2]?.toFixed(1)}.`
  writeFigure('soak', [start, '', '| What | Figure |', '|---|---|', ...rows].join('\n'))
}

void main()

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
const scale = isShort
  ? {
      signIns: { warmUp: 500, all: 2000 },
      devices: { browsers: 200, duration: 10_000, decideWithin: 8000 },
      emulator: { seconds: 1 },
    }
  : {
      signIns: { warmUp: 20_000, all: 100_000 },
      devices: { browsers: 2000, duration: 600_000, decideWithin: 20_000 },
      emulator: { seconds: 10 },
    }

const limit = isShort ? 3 : 40
setTimeout(() => {
  throw new Error(`the soak takes longer than ${limit} minutes`)
}, limit * 60_000).unref()

async function main(): Promise<void> {
  // Both wait for much of the time. The emulator's rate is a figure, so it is alone.
  const together = await Promise.all([soakSignIns(scale.signIns), soakDevices(scale.devices)])
  const rows = [...together.flat(), ...(await soakEmulator(scale.emulator))]
  const minutes = (performance.now() / 60_000).toFixed(1)
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`
  const start = `${minutes} minutes on ${machine}, load average ${loadavg()[2]?.toFixed(1)}.`
  const figure = [start, '', '| What | Figure |', '|---|---|', ...rows].join('\n')
  console.log(figure)
  if (!isShort) writeFigure('soak', figure)
}

void main()

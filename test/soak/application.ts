import { setTimeout as wait } from 'node:timers/promises'
import { Application } from '../support/application.js'
import { DeviceApplication } from '../support/device-application.js'
import { serveParent } from './child.js'

// The applications of the soak, in a process of their own: one keeps pending sign-ins in sessions, one in cookies.

let before: string[] = []
const warnings: string[] = []
process.on('warning', (warning) => warnings.push(`${warning}`))
let applications: Array<Application | DeviceApplication> = []

serveParent({
  /** Gives their origins. */
  async start({ issuer, grant }: { issuer: string; grant: 'code' | 'device' }): Promise<string[]> {
    before = process.getActiveResourcesInfo()
    applications =
      grant === 'code'
        ? [
            await Application.start({ issuer }),
            await Application.start({ issuer, store: 'cookie', session: false }),
          ]
        : [
            await DeviceApplication.start({ issuer, store: 'session' }),
            await DeviceApplication.start({ issuer, store: 'cookie' }),
          ]
    return applications.map(({ origin }) => origin)
  },
  /** Bytes of the heap after a garbage collection. */
  async heap(): Promise<number> {
    for (let pass = 0; pass < 4; pass++) {
      await wait(50)
      globalThis.gc?.()
    }
    return process.memoryUsage().heapUsed
  },
  /** Ends them, and tells what is left of them that keeps the process alive, and the warnings of the process. */
  async end(): Promise<{ left: string[]; warnings: string[] }> {
    await Promise.all(applications.map((application) => application.close()))
    await wait(100)
    const left = process.getActiveResourcesInfo()
    for (const kind of before) if (left.includes(kind)) left.splice(left.indexOf(kind), 1)
    return { left, warnings }
  },
})

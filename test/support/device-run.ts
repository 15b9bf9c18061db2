import type { XaiDeviceStrategy } from '../../lib/index.js'
import { type PassportAction, run } from './passport-run.js'

/** How a request to XaiDeviceStrategy went: what the browser is told, or the action of Passport's that ended it. */
export type DeviceStep =
  | { report: Record<string, unknown>; action?: undefined }
  | { action: PassportAction; report?: undefined }

/** Runs a request that asks for JSON through a strategy, with a session, as Passport does. */
export function step(strategy: XaiDeviceStrategy, session: object): Promise<DeviceStep> {
  return new Promise((resolve) => {
    const res = { setHeader: () => undefined, end: (body: string) => resolve({ report: JSON.parse(body) }) }
    const request = { session, headers: { accept: 'application/json' }, res }
    run(strategy, request).then(([action]) => resolve({ action: action as PassportAction }))
  })
}

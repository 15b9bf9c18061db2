import { hash } from 'node:crypto'
import type { Request } from 'express'
import { optionError } from '../check.js'
import type { DevicePace } from '../oauth/device-grant.js'
import { Recent } from './pending-sign-in.js'
import type { StateMetadata } from './state-store.js'

/** A device sign-in that waits for the person (RFC 8628 §3.2), as a store keeps it; JSON. */
export interface PendingDevice extends DevicePace {
  /** Stays on the server; a store that keeps it in the browser seals it. */
  deviceCode: string
  userCode: string
  verificationURI: string
  verificationURIComplete?: string
  /** What is asked for, space-separated. */
  scope: string
  /** Milliseconds since the epoch, when both codes expire. */
  expires: number
  /** Milliseconds since the epoch, before which the token endpoint is not asked. */
  nextQuestion: number
  /** What the application gave as `state`; absent when it gave nothing. */
  applicationState?: unknown
}

/** Whether a value is a device sign-in as a store keeps it: a session may come from elsewhere. */
export function isPendingDevice(value: unknown): value is PendingDevice {
  const { deviceCode, userCode, verificationURI, scope, expires, interval, nextQuestion } = Object(value)
  const texts = [deviceCode, userCode, verificationURI, scope]
  const numbers = [expires, interval, nextQuestion]
  return (
    texts.every((text) => typeof text === 'string') && numbers.every((number) => typeof number === 'number')
  )
}

/** What a device sign-in is bound to. */
export type DeviceMetadata = Pick<StateMetadata, 'clientID' | 'issuer' | 'tokenURL'>

/** A store that keeps one pending device sign-in for each browser and binding. */
export interface DeviceStore {
  /**
   * The pending device sign-in of this browser, as up to date as the store can tell, or `undefined`. One that has
   * expired is given out for another hour, so that the person can be told. Changes nothing.
   */
  readDevice(req: Request, meta: DeviceMetadata): Promise<PendingDevice | undefined>
  /** Keeps a device sign-in that begins, in the place of the last one. */
  keepDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void>
  /** Notes before a question when the next one is due, so that nobody else asks meanwhile. */
  noteQuestion(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void>
  /** Keeps what a question has changed; `false` when this is not the browser's pending device sign-in any more. */
  updateDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<boolean>
  /** Ends a device sign-in: its device code is never given out again by this process, whatever a browser sends. */
  forgetDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void>
}

const deviceMethods: ReadonlyArray<keyof DeviceStore> = [
  'readDevice',
  'keepDevice',
  'noteQuestion',
  'updateDevice',
  'forgetDevice',
]

/** Demands a store that keeps device sign-ins. @throws {TypeError} that says what to write */
export function checkDeviceStore(where: string, store: unknown): asserts store is DeviceStore {
  if (deviceMethods.every((name) => typeof Object(store)[name] === 'function')) return
  throw optionError(
    where,
    'store cannot keep device sign-ins; write new SessionStateStore() or new CookieStateStore({ secret })',
  )
}

/** A digest of what a device sign-in belongs to, so that no other strategy finds it. */
export const deviceBindingOf = ({ clientID, issuer, tokenURL }: DeviceMetadata): string =>
  hash('sha256', JSON.stringify(['device', clientID, issuer, tokenURL]), 'base64url')

/** Milliseconds that a device sign-in is kept beyond its end, so that a person who comes late is told that it expired. */
export const expiredDeviceLifetime = 60 * 60_000

/** Milliseconds that a device code is remembered at least after its last use. */
const deviceMemory = 60 * 60_000

/**
 * What this process knows of device codes. A browser may send an old cookie again, and two requests that come at
 * once read the same session: the interval must hold all the same, and a code that was used stays used.
 */
export class DeviceMemory {
  private readonly known = new Recent<PendingDevice | 'used'>(deviceMemory)

  /** The later of what a browser brought and what this process knows; `undefined` when the code is used or long over. */
  latestOf(device: PendingDevice): PendingDevice | undefined {
    const known = this.known.get(digestOf(device))
    if (known === 'used' || Date.now() >= device.expires + expiredDeviceLifetime) return undefined
    return known && known.nextQuestion > device.nextQuestion ? known : device
  }

  /** Remembers the state of a device sign-in; `false` when its code was used before. */
  remember(device: PendingDevice): boolean {
    const key = digestOf(device)
    if (this.known.get(key) === 'used') return false
    this.known.set(key, device)
    return true
  }

  /** Remembers that a device code was used; `false` when it was before. */
  markUsed(device: PendingDevice): boolean {
    const key = digestOf(device)
    const wasUsed = this.known.get(key) === 'used'
    this.known.set(key, 'used')
    return !wasUsed
  }
}

const digestOf = ({ deviceCode }: PendingDevice): string => hash('sha256', deviceCode, 'base64url')

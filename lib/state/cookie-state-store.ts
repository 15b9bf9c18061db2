import type { Request } from 'express'
import { checkOptionNames, optionError } from '../check.js'
import { Seal } from '../seal.js'
import {
  belongsTo,
  buildSetCookie,
  type Cookie,
  cookieNameOf,
  findCookies,
  findSignInCookies,
  isSecureRequest,
  maxCookieBytes,
  setCookies,
  signInCookieNameOf,
  surplusOf,
} from './cookie.js'
import {
  DeviceMemory,
  type DeviceMetadata,
  type DeviceStore,
  deviceBindingOf,
  expiredDeviceLifetime,
  type PendingDevice,
} from './pending-device.js'
import {
  buildPendingSignIn,
  digestOfUser,
  findFault,
  isExpired,
  type PendingSignIn,
  Recent,
  signInLifetime,
} from './pending-sign-in.js'
import {
  buildStateFailure,
  type StateFailure,
  type StateLoadedCallback,
  type StateMetadata,
  type StateStore,
  type StateStoredCallback,
} from './state-store.js'

const where = 'CookieStateStore'

/** Seconds that a browser keeps the cookie of a sign-in: longer than it may take, so that an expired one can be told. */
const signInMaxAge = (2 * signInLifetime) / 1000

/** However many cookies somebody plants, one response removes no more than this. */
const maxRemovals = 32

/** Options of a {@link CookieStateStore}. */
export interface CookieStateStoreOptions {
  /** At least 32 characters; of a list, the first seals and all open, so that secrets can be rotated. */
  secret: string | readonly string[]
}

/**
 * Keeps each pending sign-in in an encrypted, authenticated cookie of its own, so that any process that knows the
 * secret can finish what another began, without a session. Up to 8 at once in one browser (fewer when the
 * application's state is large), each for 10 minutes, bound to client, issuer, token URL, redirect URI and who is
 * signed in. One use is certain within a process only: elsewhere, a browser that sends the whole cookie again is believed.
 */
export class CookieStateStore implements StateStore, DeviceStore {
  private readonly seal: Seal
  private readonly spent = new Recent<true>(signInLifetime)
  private readonly devices = new DeviceMemory()

  /** @throws {TypeError} that says which option is wrong, and what to write */
  constructor(options: CookieStateStoreOptions) {
    const given: unknown = options ?? {}
    checkOptionNames(where, given, ['secret'], { secrets: 'write secret, which may be a list' })
    this.seal = new Seal(where, given.secret, 'state cookie')
  }

  store(
    req: Request,
    codeVerifier: string,
    applicationState: unknown,
    meta: StateMetadata,
    callback: StateStoredCallback,
  ): void {
    const secure = isSecure(meta)
    const signIn = buildPendingSignIn(req, codeVerifier, applicationState, meta)
    const value = this.seal.seal(JSON.stringify(signIn), signIn.state)
    const cookie = { name: signInCookieNameOf(signIn, secure), value }
    const header = buildSetCookie(cookie, secure, signInMaxAge)
    if (header.length > maxCookieBytes) {
      throw new TypeError('CookieStateStore: the state is too large for a cookie; keep it below 2,500 bytes')
    }
    const surplus = surplusOf(findSignInCookies(req, secure), cookie).slice(0, maxRemovals)
    setCookies(req, [...surplus.map(({ name }) => buildSetCookie({ name, value: '' }, secure, 0)), header])
    callback(null, signIn.state)
  }

  verify(req: Request, state: string, meta: StateMetadata, callback: StateLoadedCallback): void {
    const taken = this.take(req, state, meta)
    if ('reason' in taken) callback(null, false, taken)
    else callback(null, taken.codeVerifier, taken.applicationState)
  }

  /** Whether this browser has begun the sign-in of a state, which is pending and in time still. Reads only. */
  holds(req: Request, state: string): boolean {
    const cookies = [true, false].flatMap((secure) => findSignInCookies(req, secure))
    const cookie = cookies.find(belongsTo(state))
    const signIn = cookie && this.open<PendingSignIn>(cookie, state)
    return signIn !== undefined && !isExpired(signIn) && !this.spent.get(state)
  }

  private take(req: Request, state: string, meta: StateMetadata): PendingSignIn | StateFailure {
    const secure = isSecure(meta)
    const cookies = findSignInCookies(req, secure)
    const cookie = cookies.find(belongsTo(state))
    if (this.spent.get(state)) return buildStateFailure('used')
    if (!cookie) {
      // It began with a callbackURL of the other protocol. Never opened: such a cookie could be of another host.
      if (findSignInCookies(req, !secure).some(belongsTo(state))) return buildStateFailure('mismatch')
      return buildStateFailure(cookies.length > 0 ? 'unknown' : 'missing')
    }
    const signIn = this.open<PendingSignIn>(cookie, state)
    if (!signIn) return buildStateFailure('unreadable')
    const fault = findFault(signIn, meta)
    if (fault) return buildStateFailure(fault)
    // Whoever plants a cookie in a browser must not get their sign-in into the account of the person who uses it.
    if (signIn.user !== digestOfUser(req)) return buildStateFailure('superseded')
    // Not the state of the request: it is part of the URL's text, and would keep all of that in memory.
    this.spent.set(signIn.state, true)
    setCookies(req, [buildSetCookie({ name: cookie.name, value: '' }, secure, 0)])
    return signIn
  }

  async readDevice(req: Request, meta: DeviceMetadata): Promise<PendingDevice | undefined> {
    const name = deviceCookieNameOf(meta, isSecureRequest(req))
    const cookie = findCookies(req).find((candidate) => candidate.name === name)
    const device = cookie && this.open<PendingDevice>(cookie, deviceSealOf(req, meta))
    return device && this.devices.latestOf(device)
  }

  async keepDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void> {
    await this.updateDevice(req, device, meta)
  }

  /** In this process alone: a cookie reaches the browser after the question only, perhaps after another tab's. */
  async noteQuestion(_req: Request, device: PendingDevice): Promise<void> {
    this.devices.remember(device)
  }

  async updateDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<boolean> {
    if (!this.devices.remember(device)) return false
    const secure = isSecureRequest(req)
    const value = this.seal.seal(JSON.stringify(device), deviceSealOf(req, meta))
    const maxAge = Math.ceil((device.expires + expiredDeviceLifetime - Date.now()) / 1000)
    const header = buildSetCookie({ name: deviceCookieNameOf(meta, secure), value }, secure, maxAge)
    if (header.length > maxCookieBytes) {
      throw optionError(
        where,
        'the device sign-in is too large for a cookie; keep the state small, or use SessionStateStore',
      )
    }
    setCookies(req, [header])
    return true
  }

  async forgetDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void> {
    // Another tab may have begun anew meanwhile, after it forgot this one.
    if (!this.devices.markUsed(device)) return
    const secure = isSecureRequest(req)
    setCookies(req, [buildSetCookie({ name: deviceCookieNameOf(meta, secure), value: '' }, secure, 0)])
  }

  private open<Value>({ value }: Cookie, boundTo: string): Value | undefined {
    const text = value.length <= maxCookieBytes ? this.seal.open(value, boundTo) : undefined
    return text === undefined ? undefined : (JSON.parse(text) as Value)
  }
}

/** Behind a proxy only the redirect URI tells whether the browser speaks https. */
const isSecure = ({ callbackURL }: StateMetadata): boolean => callbackURL.startsWith('https:')

const deviceCookieNameOf = (meta: DeviceMetadata, secure: boolean): string =>
  cookieNameOf(`xai-device.${deviceBindingOf(meta).slice(0, 16)}`, secure)

/** What the seal of a device sign-in is bound to: it opens for the same strategy, and for the same person signed in. */
const deviceSealOf = (req: Request, meta: DeviceMetadata): string =>
  `device ${deviceBindingOf(meta)} ${digestOfUser(req)}`

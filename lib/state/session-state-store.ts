import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Request } from 'express'
import { checkOptionNames, optionError } from '../check.js'
import { isSamePace } from '../oauth/device-grant.js'
import {
  DeviceMemory,
  type DeviceMetadata,
  type DeviceStore,
  deviceBindingOf,
  isPendingDevice,
  type PendingDevice,
} from './pending-device.js'
import {
  buildPendingSignIn,
  digestOfUser,
  findFault,
  isExpired,
  maxPendingSignIns,
  type PendingSignIn,
  Recent,
  signInLifetime,
} from './pending-sign-in.js'
import { isKeptInMemory, readSavedSession, type Session, saveSession, sessionOf } from './session.js'
import {
  buildStateFailure,
  type StateFailure,
  type StateLoadedCallback,
  type StateMetadata,
  type StateStore,
  type StateStoredCallback,
} from './state-store.js'

const where = 'SessionStateStore'

/**
 * Milliseconds that another process has at least to leave its mark. Two processes beside one Redis, on a busy machine,
 * both went on in 3 of 200 tries without a minimum, and in none with 5.
 */
const minClaimWait = 10

/** What is left in the session of a sign-in that was taken; `takenBy` says which request took it. */
type TakenMark = Pick<PendingSignIn, 'state' | 'began'> & { takenBy: string }
type Entry = PendingSignIn | TakenMark

/** The states of sign-ins that any store of this process has taken. */
const takenHere = new Recent<true>(signInLifetime)

/**
 * Keeps pending sign-ins in the application's session: up to 8 at once in one browser, each for 10 minutes and for
 * one use, bound to client, issuer, token URL and redirect URI. They end when Passport renews the session at login.
 * Processes that share the session store share them. Needs a session on the request.
 */
export class SessionStateStore implements StateStore, DeviceStore {
  private readonly key: string
  private readonly spent = new Recent<true>(signInLifetime)
  private readonly devices = new DeviceMemory()

  /**
   * `key`: the name in the session under which sign-ins are kept; default `oauth2:auth.x.ai`.
   *
   * @throws {TypeError} that says which option is wrong, and what to write
   */
  constructor(options: { key?: string | undefined } = {}) {
    checkOptionNames(where, options, ['key'], { sessionKey: 'write key' })
    const { key = 'oauth2:auth.x.ai' } = options as { key?: unknown }
    if (typeof key !== 'string' || key === '')
      throw optionError(where, "key must be a name; write key: 'xai'")
    this.key = key
  }

  store(
    req: Request,
    codeVerifier: string,
    applicationState: unknown,
    meta: StateMetadata,
    callback: StateStoredCallback,
  ): void {
    const session = sessionOf(req)
    const signIn = buildPendingSignIn(req, codeVerifier, applicationState, meta)
    // A new list under the top-level key: some session middleware notices nothing less.
    session[this.key] = [...keepRoomForOne(this.signInsOf(session)), signIn]
    callback(null, signIn.state)
  }

  verify(req: Request, state: string, meta: StateMetadata, callback: StateLoadedCallback): void {
    this.take(req, state, meta).then(
      (taken) =>
        'reason' in taken
          ? callback(null, false, taken)
          : callback(null, taken.codeVerifier, taken.applicationState),
      (error: Error) => callback(error),
    )
  }

  /**
   * Whether this browser has begun the sign-in of a state, which is pending and in time still. Reads only.
   *
   * @throws {TypeError} when the request has no session
   */
  holds(req: Request, state: string): boolean {
    const signIn = this.signInsOf(sessionOf(req)).find((candidate) => candidate.state === state)
    return signIn !== undefined && !isTaken(signIn) && !isExpired(signIn) && !this.spent.get(state)
  }

  private async take(
    req: Request,
    state: string,
    meta: StateMetadata,
  ): Promise<PendingSignIn | StateFailure> {
    const session = sessionOf(req)
    const signIns = this.signInsOf(session)
    const signIn = signIns.find((candidate) => candidate.state === state)
    if (this.spent.get(state) || (signIn && isTaken(signIn))) return buildStateFailure('used')
    if (!signIn) {
      // By another store, of another application: at its login, the session ended in which this sign-in was.
      if (takenHere.get(state)) return buildStateFailure('used')
      // Passport renews the session at login, and what was pending in the old one ends there.
      if (digestOfUser(req) !== '') return buildStateFailure('superseded')
      return buildStateFailure(signIns.length > 0 ? 'unknown' : 'missing')
    }
    const fault = findFault(signIn, meta)
    if (fault) return buildStateFailure(fault)
    // koa-session keeps its content when Passport renews it; other sessions lose it, unless keepSessionInfo is set.
    if ('ctx' in req && signIn.user !== digestOfUser(req)) return buildStateFailure('superseded')
    // Not the state of the request: it is part of the URL's text, and would keep all of that in memory.
    this.spent.set(signIn.state, true)
    takenHere.set(signIn.state, true)
    return (await this.claim(req, session, signIn)) ?? signIn
  }

  /**
   * Takes a sign-in for this request alone, also among processes that share the session store; says why it cannot.
   *
   * A session is saved as a whole, without comparing: of two processes that read it before either saved, both would
   * go on. So each leaves its mark, waits for as long as the other may take to do the same, and the mark that
   * stands then counts. That leaves a process that takes longer than the wait between its reading and its saving,
   * because it stands still or is much farther from the store; a session store offers nothing better.
   */
  private async claim(
    req: Request,
    session: Session,
    { state, began }: PendingSignIn,
  ): Promise<StateFailure | undefined> {
    const mark: TakenMark = { state, began, takenBy: randomUUID() }
    const start = performance.now()
    const saved = await readSavedSession(req)
    const refusal = this.findOtherClaim(saved, mark)
    if (refusal) return refusal
    // What other processes have saved since this request began is kept.
    const others = this.signInsOf(saved ?? session).filter((other) => other.state !== state)
    session[this.key] = [...others, mark]
    await saveSession(session)
    if (saved === undefined) return undefined
    if (!isKeptInMemory(req)) await setTimeout(Math.max(2 * (performance.now() - start), minClaimWait))
    return this.findOtherClaim(await readSavedSession(req), mark)
  }

  private findOtherClaim(saved: Session | null | undefined, mark: TakenMark): StateFailure | undefined {
    if (saved === undefined) return undefined
    // Somebody signed in or out meanwhile.
    if (saved === null) return buildStateFailure('unknown')
    const entry = this.signInsOf(saved).find(({ state }) => state === mark.state)
    return entry && isTaken(entry) && entry.takenBy !== mark.takenBy ? buildStateFailure('used') : undefined
  }

  private signInsOf(session: Session): Entry[] {
    const list = session[this.key]
    return Array.isArray(list) ? list.filter(isEntry) : []
  }

  async readDevice(req: Request, meta: DeviceMetadata): Promise<PendingDevice | undefined> {
    const device = await this.findDevice(req, meta)
    return device && this.devices.latestOf(device)
  }

  async keepDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void> {
    if (this.devices.remember(device)) await this.saveDevice(req, device, meta)
  }

  async noteQuestion(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void> {
    await this.keepDevice(req, device, meta)
  }

  async updateDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<boolean> {
    const kept = await this.findDevice(req, meta)
    if (kept?.deviceCode !== device.deviceCode || !this.devices.remember(device)) return false
    // A session is saved as a whole, with what it held when this request began: only when other processes have to know.
    if (!isSamePace(kept, device)) await this.saveDevice(req, device, meta)
    return true
  }

  async forgetDevice(req: Request, device: PendingDevice, meta: DeviceMetadata): Promise<void> {
    this.devices.markUsed(device)
    // Another tab may have begun anew meanwhile.
    const kept = await this.findDevice(req, meta)
    if (kept?.deviceCode === device.deviceCode) await this.saveDevice(req, undefined, meta)
  }

  private async saveDevice(
    req: Request,
    device: PendingDevice | undefined,
    meta: DeviceMetadata,
  ): Promise<void> {
    const session = sessionOf(req)
    session[this.deviceKeyOf(meta)] = device
    await saveSession(session)
  }

  /** What the session holds now, which another process may have changed since this request began. */
  private async findDevice(req: Request, meta: DeviceMetadata): Promise<PendingDevice | undefined> {
    const session = sessionOf(req)
    const saved = await readSavedSession(req)
    const device = (saved === undefined ? session : saved)?.[this.deviceKeyOf(meta)]
    return isPendingDevice(device) ? device : undefined
  }

  /** The binding is part of the name, so that strategies for other clients, issuers or servers never find it. */
  private deviceKeyOf(meta: DeviceMetadata): string {
    return `${this.key}:device:${deviceBindingOf(meta)}`
  }
}

/** Whether an entry is one that this store has made: a session may come from elsewhere. */
const isEntry = (value: unknown): value is Entry => {
  const { state, began, binding, takenBy = binding } = Object(value)
  return typeof state === 'string' && typeof began === 'number' && typeof takenBy === 'string'
}

const isTaken = (entry: Entry): entry is TakenMark => 'takenBy' in entry

/**
 * What stays when one more begins. Those that have ended give way first, then what a page of another site began, then
 * the oldest: another site that sends a browser here again and again pushes out its own sign-ins.
 */
function keepRoomForOne(entries: Entry[]): Entry[] {
  const rank = (entry: Entry): number => (isTaken(entry) || isExpired(entry) ? 0 : entry.foreign ? 1 : 2)
  const inOrder = entries.toSorted((a, b) => rank(a) - rank(b) || a.began - b.began)
  return inOrder.slice(1 - maxPendingSignIns)
}

import type { Request } from 'express'
import { isSame, randomToken } from '../oauth/pkce.js'
import {
  bindingOf,
  buildPendingSignIn,
  isExpired,
  maxPendingSignIns,
  type PendingSignIn,
} from './pending-sign-in.js'
import { SpentStates } from './spent-state.js'
import { buildStateFailure, type StateFailureReason } from './state-failure.js'
import type { StateLoadedCallback, StateMetadata, StateStore, StateStoredCallback } from './state-store.js'

type Session = Record<string, unknown> & { regenerate?: (...args: unknown[]) => unknown }

const defaultKey = 'oauth2:auth.x.ai'

/**
 * Keeps pending sign-ins in the application's session: up to 8 at once in one browser, each for 10 minutes and
 * for one use, bound to client, issuer and redirect URI. Needs a session on the request.
 */
export class SessionStateStore implements StateStore {
  private readonly key: string
  private readonly spent = new SpentStates()

  /** `key`: the name in the session under which sign-ins are kept. */
  constructor({ key = defaultKey }: { key?: string | undefined } = {}) {
    this.key = key
  }

  store(
    req: Request,
    codeVerifier: string,
    state: unknown,
    meta: StateMetadata,
    callback: StateStoredCallback,
  ): void {
    const session = sessionOf(req)
    if (!session) return callback(missingSessionError())
    const handle = randomToken()
    const signIn = buildPendingSignIn(handle, codeVerifier, state, meta)
    // A new list under the top-level key: some session middleware notices nothing less.
    session[this.key] = [...this.pendingIn(session), signIn].slice(-maxPendingSignIns)
    callback(null, handle)
  }

  verify(req: Request, handle: string, meta: StateMetadata, callback: StateLoadedCallback): void {
    const session = sessionOf(req)
    if (!session) return callback(missingSessionError())
    const fail = (reason: StateFailureReason): void => callback(null, false, buildStateFailure(reason, req))
    const pending = this.pendingIn(session)
    const signIn = pending.find((candidate) => isSame(candidate.handle, handle))
    if (this.spent.has(handle)) return fail('used')
    if (!signIn) return fail(pending.length === 0 ? 'missing' : 'unknown')
    if (!isSame(signIn.binding, bindingOf(meta))) return fail('mismatch')
    if (isExpired(signIn)) return fail('expired')
    // Not the handle of the request: it is part of the URL's text, and would keep all of that in memory.
    this.spent.add(signIn.handle)
    session[this.key] = pending.filter((other) => other !== signIn)
    this.keepAcrossRegeneration(req, session)
    callback(null, signIn.codeVerifier, signIn.state)
  }

  /**
   * Whether this browser has begun the sign-in of a state, which is pending and in time still. Reads only.
   *
   * @throws {TypeError} when the request has no session
   */
  holds(req: Request, handle: string): boolean {
    const session = sessionOf(req)
    if (!session) throw missingSessionError()
    const signIn = this.pendingIn(session).find((candidate) => isSame(candidate.handle, handle))
    return signIn !== undefined && !isExpired(signIn) && !this.spent.has(handle)
  }

  private pendingIn(session: Session): PendingSignIn[] {
    const list = session[this.key]
    return Array.isArray(list) ? list : []
  }

  /** A session is replaced when a sign-in succeeds; what other tabs have begun must outlive that. */
  private keepAcrossRegeneration(req: Request, session: Session): void {
    if (typeof session.regenerate !== 'function') return
    const regenerate = session.regenerate.bind(session)
    const value = (...args: unknown[]): unknown => {
      const pending = this.pendingIn(session)
      return callBefore(regenerate, args, () => {
        const renewed = sessionOf(req)
        if (renewed && pending.length > 0) renewed[this.key] = pending
      })
    }
    Object.defineProperty(session, 'regenerate', { value, configurable: true, writable: true })
  }
}

/** Calls a function and runs `then` when it is done, before its caller hears of it: by callback, promise or return. */
function callBefore(call: (...args: unknown[]) => unknown, args: unknown[], then: () => void): unknown {
  const done = args.at(-1)
  if (typeof done === 'function') {
    const finish = (...results: unknown[]): unknown => {
      then()
      return done(...results)
    }
    return call(...args.slice(0, -1), finish)
  }
  const returned = call(...args)
  if (returned instanceof Promise) return returned.then(then)
  then()
  return returned
}

const sessionOf = (req: Request): Session | undefined =>
  (req as unknown as { session?: Session | undefined }).session

const missingSessionError = (): Error =>
  new TypeError(
    'XaiStrategy: the request has no session; use session middleware (e.g. express-session) before passport, or store: new CookieStateStore({ secret })',
  )

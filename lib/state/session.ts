import type { Request } from 'express'

/** A session, as session middleware puts it onto the request. */
export type Session = Record<string, unknown> & {
  save?: (done: (error?: unknown) => void) => unknown
}

/** Session middleware's own part of a request, as express-session has it. */
interface SessionRequest {
  session?: Session | null
  sessionID?: string
  sessionStore?: { get(id: string, done: (error: unknown, saved?: Session | null) => void): void }
}

/** The session of a request. @throws {TypeError} that says what to write when there is none */
export function sessionOf(req: Request): Session {
  const { session } = req as unknown as SessionRequest
  if (session) return session
  throw new TypeError(
    'XaiStrategy: the request has no session; use session middleware (e.g. express-session) before passport, or store: new CookieStateStore({ secret })',
  )
}

/**
 * Saves a session now and not when the response ends. Middleware says that it is done by a callback (express-session),
 * by a promise, or by returning; sessions that live in a cookie have no `save`, and need none.
 */
export function saveSession(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    if (typeof session.save !== 'function') return resolve()
    // express-session wraps the method of its prototype in a function that declares no parameter.
    const takesCallback = session.save.length > 0 || Object.getPrototypeOf(session)?.save?.length > 0
    const returned = session.save((error) => (error ? reject(error) : resolve()))
    if (isThenable(returned)) returned.then(() => resolve(), reject)
    else if (!takesCallback) resolve()
  })
}

/**
 * The session as it is saved at this moment, which another process may have changed since the request began.
 * `null` when it has been destroyed; `undefined` where session middleware does not show its store.
 * Not by `session.reload()`: that replaces `req.session`, and with it what the application has changed there.
 */
export function readSavedSession(req: Request): Promise<Session | null | undefined> {
  const { sessionID, sessionStore } = req as unknown as SessionRequest
  return new Promise((resolve, reject) => {
    if (typeof sessionID !== 'string' || typeof sessionStore?.get !== 'function') return resolve(undefined)
    sessionStore.get(sessionID, (error, saved) => {
      // So says a store of files that a session is not there, and express-session accepts it.
      const isGone = (error as { code?: unknown } | null)?.code === 'ENOENT'
      if (error && !isGone) reject(error)
      else resolve(isGone ? null : (saved ?? null))
    })
  })
}

/** Whether sessions are kept in the memory of this process, as express-session does by default. */
export const isKeptInMemory = (req: Request): boolean =>
  (req as unknown as SessionRequest).sessionStore?.constructor.name === 'MemoryStore'

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'

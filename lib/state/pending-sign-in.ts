import { hash } from 'node:crypto'
import { inspect } from 'node:util'
import type { Request } from 'express'
import { randomToken } from '../oauth/authorization-url.js'
import type { StateMetadata } from './state-store.js'

/** Milliseconds that a sign-in may take. */
export const signInLifetime = 10 * 60_000

/** As many sign-ins may be pending in one browser; then one gives way. */
export const maxPendingSignIns = 8

/** A sign-in that has begun, as a store keeps it; JSON. */
export interface PendingSignIn {
  /** The protocol's state, as sent to xAI. */
  state: string
  codeVerifier: string
  /** What the application gave as `state`. */
  applicationState?: unknown
  /** What it is bound to, see {@link bindingOf}. */
  binding: string
  /** Milliseconds since the epoch. */
  began: number
  /** Whether a page of another site led here; such a sign-in gives way before those that the person began. */
  foreign: boolean
  /** Who was signed in, see {@link digestOfUser}. */
  user: string
}

/** Builds what a store keeps of a sign-in that begins now. */
export const buildPendingSignIn = (
  req: Request,
  codeVerifier: string,
  applicationState: unknown,
  meta: StateMetadata,
): PendingSignIn => ({
  state: randomToken(),
  codeVerifier,
  applicationState,
  binding: bindingOf(meta),
  began: Date.now(),
  foreign: isFromElsewhere(req),
  user: digestOfUser(req),
})

/** Whether a page of another origin sent the browser here; browsers that do not say so are believed. */
export const isFromElsewhere = ({ headers }: Request): boolean =>
  ['cross-site', 'same-site'].includes(`${headers?.['sec-fetch-site']}`)

/** A digest of what a sign-in belongs to: one that began with other values is not ours (RFC 9700 §4.4, §4.7). */
export const bindingOf = (meta: StateMetadata): string => {
  const { clientID, issuer, tokenURL, callbackURL, asksForIDToken } = meta
  return hash(
    'sha256',
    JSON.stringify([clientID, issuer, tokenURL, callbackURL, asksForIDToken]),
    'base64url',
  )
}

/** Whether a sign-in has used up its time. */
export const isExpired = ({ began }: Pick<PendingSignIn, 'began'>): boolean =>
  Date.now() >= began + signInLifetime

/** Why a sign-in that was found does not belong to a callback, if it does not. */
export function findFault(signIn: PendingSignIn, meta: StateMetadata): 'mismatch' | 'expired' | undefined {
  if (signIn.binding !== bindingOf(meta)) return 'mismatch'
  return isExpired(signIn) ? 'expired' : undefined
}

/**
 * A digest of who is signed in to the application, or `''` of nobody: what Passport keeps of the user in the session
 * (`req.session.passport`), else `id` or `sub` of `req.user`, else all of `req.user`.
 */
export function digestOfUser(req: Request): string {
  const { session, user } = req as { session?: { passport?: unknown } | null; user?: unknown }
  const kept = session?.passport
  // Passport keeps `{ user }`, @fastify/passport what the application's serializer made.
  const serialized = typeof kept === 'object' ? Object(kept).user : kept
  const identity = serialized ?? Object(user).id ?? Object(user).sub ?? user
  return identity === undefined || identity === null || identity === false
    ? ''
    : hash('sha256', `user ${inspect(identity)}`, 'base64url')
}

/** Two generations of this size are kept at most; a process that is busier than that forgets the oldest entries. */
const generationSize = 5_000

/**
 * What happened lately in this process: each entry is kept for its lifetime at least and twice that at most.
 * Sessions are copies that two requests read alike, and cookies can be sent again; this closes the gap where one
 * process gets both requests.
 */
export class Recent<Value> {
  private recent = new Map<string, Value>()
  private older = new Map<string, Value>()
  /** Milliseconds since the epoch. */
  private began = Date.now()

  /** `lifetime` in milliseconds. */
  constructor(private readonly lifetime: number) {}

  get(key: string): Value | undefined {
    return this.recent.get(key) ?? this.older.get(key)
  }

  set(key: string, value: Value): void {
    if (this.recent.size >= generationSize || Date.now() >= this.began + this.lifetime) {
      this.older = this.recent
      this.recent = new Map()
      this.began = Date.now()
    }
    this.recent.set(key, value)
  }
}

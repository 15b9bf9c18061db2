import { hash } from 'node:crypto'
import type { Request } from 'express'
import { isSame } from '../oauth/pkce.js'
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
  /** What the application gave as `state`; absent when it gave nothing. */
  applicationState?: unknown
  /** What it is bound to, see {@link bindingOf}. */
  binding: string
  /** Milliseconds since the epoch. */
  began: number
  /** Whether a page of another site led here. */
  foreign?: true
  /** Who was signed in, see {@link digestOfUser}; absent when nobody was. */
  user?: string
}

type Bound = Omit<StateMetadata, 'authorizationURL'>

/** A digest of what a sign-in belongs to: one that began with other values is not ours (RFC 9700 §4.4, §4.7). */
export const bindingOf = ({ clientID, issuer, tokenURL, callbackURL, asksForIDToken }: Bound): string =>
  hash('sha256', JSON.stringify([clientID, issuer, tokenURL, callbackURL, asksForIDToken]), 'base64url')

/** Builds what a store keeps of a sign-in that begins now. */
export const buildPendingSignIn = (
  req: Request,
  {
    state,
    codeVerifier,
    applicationState,
  }: Pick<PendingSignIn, 'state' | 'codeVerifier' | 'applicationState'>,
  meta: StateMetadata,
): PendingSignIn => {
  const user = digestOfUser(req)
  return {
    state,
    codeVerifier,
    ...(applicationState !== undefined && { applicationState }),
    binding: bindingOf(meta),
    began: Date.now(),
    ...(isFromOtherSite(req) && { foreign: true }),
    ...(user !== '' && { user }),
  }
}

/** Whether a sign-in has used up its time. */
export const isExpired = ({ began }: Pick<PendingSignIn, 'began'>): boolean =>
  Date.now() >= began + signInLifetime

/** Why a sign-in that was found does not belong to a callback, if it does not. */
export function findFault(
  signIn: PendingSignIn,
  state: string,
  meta: StateMetadata,
): 'unknown' | 'mismatch' | 'expired' | undefined {
  if (!isSame(signIn.state, state)) return 'unknown'
  if (!isSame(signIn.binding, bindingOf(meta))) return 'mismatch'
  return isExpired(signIn) ? 'expired' : undefined
}

/** Whether somebody else is signed in than when a sign-in began; nobody counts as one. */
export const hasOtherUser = ({ user = '' }: PendingSignIn, req: Request): boolean =>
  !isSame(user, digestOfUser(req))

/** Whether a page of another site sent the browser here; browsers that do not say so are believed. */
const isFromOtherSite = ({ headers }: Request): boolean =>
  ['cross-site', 'same-site'].includes(`${headers?.['sec-fetch-site']}`)

/**
 * Orders sign-ins by which is to give way first: what a page of another site began, then the oldest. So another site
 * that sends a browser here again and again pushes out its own sign-ins, not those that the person began here.
 */
export const byEvictionOrder = (
  a: Pick<PendingSignIn, 'began' | 'foreign'>,
  b: Pick<PendingSignIn, 'began' | 'foreign'>,
): number => Number(b.foreign ?? false) - Number(a.foreign ?? false) || a.began - b.began

/**
 * A digest of who is signed in to the application, or `''` of nobody: what Passport keeps of the user in the session
 * (`req.session.passport`), else `id` or `sub` of `req.user`, else all of `req.user` as JSON.
 */
export function digestOfUser(req: Request): string {
  const { session, user } = req as { session?: { passport?: unknown } | null; user?: unknown }
  const kept = session?.passport
  // Passport keeps `{ user }`, @fastify/passport what the application's serializer made.
  const serialized = typeof kept === 'object' ? Object(kept).user : kept
  const identity = serialized ?? Object(user).id ?? Object(user).sub ?? user
  return identity !== undefined && identity !== null && identity !== false
    ? hash('sha256', `user ${textOf(identity)}`, 'base64url')
    : ''
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}` : part))
  } catch {
    // A user that refers to itself can only be told from nobody.
    return ''
  }
}

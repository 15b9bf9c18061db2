import { hash } from 'node:crypto'
import type { StateMetadata } from './state-store.js'

/** Milliseconds that a sign-in may take. */
export const signInLifetime = 10 * 60_000

/** As many sign-ins may be open in one browser; then the oldest gives way. */
export const maxPendingSignIns = 8

/** A sign-in that has begun, as a store keeps it; JSON. */
export interface PendingSignIn {
  /** The protocol's state, as sent to xAI. */
  handle: string
  codeVerifier: string
  /** The application's state; absent when it gave none. */
  state?: unknown
  /** What it is bound to, see {@link bindingOf}. */
  binding: string
  /** Milliseconds since the epoch. */
  began: number
}

type Bound = Pick<StateMetadata, 'clientID' | 'issuer' | 'callbackURL'>

/** The binding that was asked for last: nearly all of a process are the same. */
let latest: (Bound & { binding: string }) | undefined

/** A digest of client, issuer and redirect URI: a sign-in that began with others is not ours (RFC 9700 §4.4, §4.7). */
export function bindingOf({ clientID, issuer, callbackURL }: Bound): string {
  if (latest?.clientID !== clientID || latest.issuer !== issuer || latest.callbackURL !== callbackURL) {
    const binding = hash('sha256', JSON.stringify([clientID, issuer, callbackURL]), 'base64url')
    latest = { clientID, issuer, callbackURL, binding }
  }
  return latest.binding
}

/** Builds what a store keeps of a sign-in that begins now. */
export const buildPendingSignIn = (
  handle: string,
  codeVerifier: string,
  state: unknown,
  meta: StateMetadata,
): PendingSignIn => ({
  handle,
  codeVerifier,
  ...(state !== undefined && { state }),
  binding: bindingOf(meta),
  began: Date.now(),
})

/** Whether a sign-in has used up its time. */
export const isExpired = ({ began }: PendingSignIn): boolean => Date.now() >= began + signInLifetime

import type { Request } from 'express'
import { parseStateFailure, type StateFailure, warnOfFailure } from './state-failure.js'

/** What a sign-in is bound to: passport-oauth2's metadata, the issuer, and whether an id_token is asked for. */
export interface StateMetadata {
  authorizationURL: string
  tokenURL: string
  clientID: string
  callbackURL: string
  issuer: string
  /** Whether `openid` is among the scopes. */
  asksForIDToken: boolean
}

/** Hands back the state that goes to xAI. */
export type StateStoredCallback = (error: Error | null, state?: string) => void

/**
 * Hands back the code verifier and the application's state; or `false` and why not, of which our own stores give
 * a reason and other stores at most a message.
 */
export type StateLoadedCallback = (
  error: Error | null,
  codeVerifier?: string | false,
  stateOrFailure?: unknown,
) => void

/** A passport-oauth2 state store that can hold a code verifier. */
export interface StateStore {
  /** Keeps a sign-in that begins. */
  store(
    req: Request,
    codeVerifier: string,
    state: unknown,
    meta: StateMetadata,
    callback: StateStoredCallback,
  ): void
  /** Gives a pending sign-in out, once. */
  verify(req: Request, state: string, meta: StateMetadata, callback: StateLoadedCallback): void
}

/** A sign-in that a store gave out; `codeVerifier` is for the token request to judge. */
export interface TakenSignIn {
  codeVerifier: unknown
  state: unknown
}

/**
 * Demands a store that holds a verifier, which passport-oauth2 tells by the number of its parameters.
 *
 * @throws {TypeError} that says what to write
 */
export function checkStateStore(store: unknown): asserts store is StateStore {
  const { store: keep, verify } = Object(store)
  if (typeof keep !== 'function' || typeof verify !== 'function') {
    throw new TypeError(
      'XaiStrategy: store is no state store; write new SessionStateStore() or new CookieStateStore({ secret })',
    )
  }
  if (keep.length !== 5) {
    throw new TypeError(
      'XaiStrategy: store cannot hold a PKCE code verifier; its store function must take (req, codeVerifier, state, meta, callback), ' +
        'or write new SessionStateStore() or new CookieStateStore({ secret })',
    )
  }
}

/** Keeps a sign-in and gives the state to send. @throws what the store reports, or a TypeError if it makes no state */
export function saveSignIn(
  store: StateStore,
  ...[req, codeVerifier, state, meta]: [Request, string, unknown, StateMetadata]
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stored: StateStoredCallback = (error, handle) => {
      if (error) reject(error)
      else if (typeof handle === 'string' && handle !== '') resolve(handle)
      else reject(new TypeError('XaiStrategy: the state store gave no state to send to xAI'))
    }
    awaitRejection(store.store(req, codeVerifier, state, meta, stored), reject)
  })
}

/** Takes a pending sign-in, or says why there is none. @throws what the store reports */
export function takeSignIn(
  store: StateStore,
  ...[req, state, meta]: [Request, string, StateMetadata]
): Promise<TakenSignIn | { failure: StateFailure }> {
  return new Promise((resolve, reject) => {
    const loaded: StateLoadedCallback = (error, codeVerifier, stateOrFailure) => {
      if (error) reject(error)
      // A store that found the sign-in and no verifier did not fail: the token request says what is missing.
      else if (codeVerifier || codeVerifier === '') resolve({ codeVerifier, state: stateOrFailure })
      else {
        const failure = parseStateFailure(stateOrFailure)
        warnOfFailure(failure)
        resolve({ failure })
      }
    }
    // Stores without an interest in the metadata take three parameters (passport-oauth2).
    const call = store.verify.length === 3 ? [req, state, loaded] : [req, state, meta, loaded]
    awaitRejection(Reflect.apply(store.verify, store, call), reject)
  })
}

/** A store may be written with async functions; it answers by its callback all the same. */
function awaitRejection(returned: unknown, reject: (reason: unknown) => void): void {
  if (returned !== undefined) Promise.resolve(returned).catch(reject)
}

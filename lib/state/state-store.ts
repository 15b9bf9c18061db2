import type { Request } from 'express'
import { warnOfFailedSignIn } from '../diagnostics.js'

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

/** Why a callback's state was refused; the set is closed. */
export type StateFailureReason =
  | 'missing'
  | 'unknown'
  | 'used'
  | 'expired'
  | 'mismatch'
  | 'unreadable'
  | 'superseded'

/** What `info` says of a refused state. */
export interface StateFailure {
  reason: StateFailureReason
  /** For the operator: the likely cause. */
  message: string
}

const messages: Readonly<Record<StateFailureReason, string>> = {
  missing:
    'No pending sign-in came with this callback. Usual causes: the sign-in began on another host name (localhost is not 127.0.0.1): ' +
    'open the application under the host name of its callbackURL; the session cookie is SameSite=Strict: use SameSite=Lax; ' +
    'it is Secure and the request came by http: use https, and behind a proxy let the framework trust it (Express: app.set("trust proxy", 1)); ' +
    'or the session or cookie has expired.',
  unknown:
    'This browser has no such sign-in pending: it began in another browser, or it gave way because more than 8 were pending in this one.',
  used: 'This sign-in was completed already: the callback was loaded a second time.',
  expired: 'This sign-in began more than 10 minutes ago and has expired. Begin again.',
  mismatch:
    'This sign-in began with another client ID, issuer, token URL or callbackURL than the callback expects, or with openid in the scope of one request alone. Pass the same ones to both requests.',
  unreadable:
    'The cookie of this sign-in cannot be opened: it was changed on its way, or sealed with a secret that this process does not have.',
  superseded:
    'Somebody signed in or out here after this sign-in began (perhaps by this very callback, loaded a second time), and that ends pending sign-ins. Begin again.',
}

/** Builds the failure of a reason. */
export const buildStateFailure = (reason: StateFailureReason, message = messages[reason]): StateFailure => ({
  reason,
  message,
})

/** Whether a value is one of the closed set of reasons. */
export const isStateFailureReason = (value: unknown): value is StateFailureReason =>
  typeof value === 'string' && Object.hasOwn(messages, value)

/** Types what a store gave in place of a sign-in: ours say both, others a message at most, or anything. */
function parseStateFailure(given: unknown): StateFailure {
  const { reason, message } = Object(given) as Partial<Record<keyof StateFailure, unknown>>
  const known = isStateFailureReason(reason) ? reason : 'unknown'
  return buildStateFailure(known, typeof message === 'string' ? message : undefined)
}

/** Failures that an operator can mend, and nobody else: a process warns of each once. */
const mendable: ReadonlySet<StateFailureReason> = new Set(['missing', 'mismatch', 'unreadable'])

function warnOfFailure({ reason, message }: StateFailure): void {
  if (mendable.has(reason)) warnOfFailedSignIn(`xai_state_${reason}`, `xai_state_invalid, ${reason}`, message)
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
      'XaiStrategy: store is not a state store; write new SessionStateStore() or new CookieStateStore({ secret })',
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
  req: Request,
  codeVerifier: string,
  state: unknown,
  meta: StateMetadata,
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

/**
 * Takes a pending sign-in, or says why there is none; `codeVerifier` is for the token request to judge.
 *
 * @throws what the store reports
 */
export function takeSignIn(
  store: StateStore,
  req: Request,
  state: string,
  meta: StateMetadata,
): Promise<{ codeVerifier: unknown; state: unknown } | { failure: StateFailure }> {
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

/** A store may be written with async functions, whose rejection is an error as well. */
function awaitRejection(returned: unknown, reject: (reason: unknown) => void): void {
  Promise.resolve(returned).catch(reject)
}

import type { Request } from 'express'
import { checkOptionNames, optionError } from '../check.js'
import { isLoopbackHost } from '../oauth/endpoint.js'
import { SessionStateStore } from '../state/session-state-store.js'

/** A state store that can tell whose sign-in a state is. */
export interface SignInHolder {
  /** Whether the browser of a request has begun the sign-in of a state, which is pending and in time still. */
  holds(req: Request, state: string): boolean | Promise<boolean>
}

/** Options of {@link loopbackRelay}. */
export interface LoopbackRelayOptions {
  /** Where deliveries come from: the origin of the consent page, or several; default `https://accounts.x.ai`. */
  consentOrigin?: string | readonly string[] | undefined
  /** The store of the strategy; default `new SessionStateStore()`, which is the strategy's own default. */
  store?: SignInHolder | undefined
  /** Where the waiting page's way out leads: a path, or an absolute URL; default `/`. */
  homeURL?: string | undefined
}

/** Options that were checked, with the defaults. */
export interface RelaySettings {
  consentOrigins: readonly string[]
  store: SignInHolder
  homeURL: string
}

const fail = (what: string): never => {
  throw optionError('loopbackRelay', what)
}

/** Checks options and fills in defaults. @throws {TypeError} that says which is wrong, and what to write */
export function parseRelayOptions(options: LoopbackRelayOptions): RelaySettings {
  checkOptionNames('loopbackRelay', options as unknown, ['consentOrigin', 'store', 'homeURL'])
  const { consentOrigin = 'https://accounts.x.ai', store = new SessionStateStore(), homeURL = '/' } = options
  if (typeof Object(store).holds !== 'function') {
    fail(
      'store cannot tell whose sign-in a state is; write the SessionStateStore or CookieStateStore of the strategy',
    )
  }
  if (!isAddress(homeURL)) fail("homeURL must be a path such as '/', or an http or https URL")
  return { consentOrigins: parseOrigins(consentOrigin), store, homeURL }
}

function parseOrigins(consentOrigin: unknown): readonly string[] {
  const origins = [consentOrigin].flat()
  if (origins.length === 0 || !origins.every(isConsentOrigin)) {
    fail(
      'consentOrigin must be an origin, or a list of such: https (http only on loopback), a host, no path; write https://accounts.x.ai',
    )
  }
  return origins as string[]
}

function isConsentOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { origin, protocol, hostname } = new URL(value)
  return origin === value && (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname)))
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string') return false
  return /^\/(?!\/)/.test(value) || /^https?:\/\/[^/]/.test(value)
}

import type { RequestHandler } from 'express'
import { checkOptionNames, optionError } from '../check.js'
import { checkHomeURL, isSecure } from '../oauth/endpoint.js'
import { SessionStateStore } from '../state/session-state-store.js'
import type { RelaySettings, SignInHolder } from './relay.js'

/** Options of {@link loopbackRelay}. */
export interface LoopbackRelayOptions {
  /** Where deliveries come from: the origin of the consent page, or several; default `https://accounts.x.ai`. */
  consentOrigin?: string | readonly string[] | undefined
  /** The store of the strategy; default `new SessionStateStore()`, which is the strategy's own default. */
  store?: SignInHolder | undefined
  /** Where the waiting page's way out leads: a path, or an absolute URL; default `/`. */
  homeURL?: string | undefined
}

/**
 * Lets people sign in where xAI delivers to `http://127.0.0.1` as its consent page does: by a cross-origin `fetch`,
 * without the application's cookies. Put it on the callback path, after the session and before the route of
 * `passport.authenticate('xai')`, with `app.use`, so that it gets preflights (`OPTIONS`) as well:
 *
 *     app.use('/callback', loopbackRelay())
 *
 * Sign-ins begin at `/callback?relay=begin`. A page waits there for the delivery. The relay keeps the delivery in memory
 * for the browser that holds the session or cookie of the sign-in, and for no other; that browser then makes the ordinary
 * callback request. A delivery by itself signs nobody in. Ordinary redirects go through the same route unchanged.
 *
 * @throws {TypeError} that says which option is wrong and what to write
 */
export function loopbackRelay(options: LoopbackRelayOptions = {}): RequestHandler {
  // Loaded when it is used: most applications do without it and its pages.
  const { LoopbackRelay } = require('./relay.js') as typeof import('./relay.js')
  const relay = new LoopbackRelay(parseOptions(options))
  return (req, res, next) => {
    relay.handle(req, res, next).catch(next)
  }
}

/** Checks options and fills in defaults. @throws {TypeError} that says which is wrong, and what to write */
function parseOptions(options: LoopbackRelayOptions): RelaySettings {
  const where = 'loopbackRelay'
  checkOptionNames(where, options as unknown, ['consentOrigin', 'store', 'homeURL'])
  const { consentOrigin = 'https://accounts.x.ai', store = new SessionStateStore(), homeURL = '/' } = options
  if (typeof Object(store).holds !== 'function') {
    const advice = 'write the SessionStateStore or CookieStateStore of the strategy'
    throw optionError(where, `store cannot tell whose sign-in a state is; ${advice}`)
  }
  checkHomeURL(where, 'homeURL', homeURL)
  const consentOrigins: unknown[] = [consentOrigin].flat()
  if (consentOrigins.length === 0 || !consentOrigins.every(isOrigin)) {
    const rule = 'https (http only on loopback), a host, no path; write https://accounts.x.ai'
    throw optionError(where, `consentOrigin must be an origin, or a list of such: ${rule}`)
  }
  return { consentOrigins, store, homeURL }
}

function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const url = new URL(value)
  return url.origin === value && isSecure(url)
}

import type { RequestHandler } from 'express'
import { type LoopbackRelayOptions, parseRelayOptions } from './option.js'

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
  const relay = new LoopbackRelay(parseRelayOptions(options))
  return (req, res, next) => {
    relay.handle(req, res, next).catch(next)
  }
}

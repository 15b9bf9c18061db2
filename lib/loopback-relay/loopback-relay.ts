import type { RequestHandler } from 'express'
import type { LoopbackRelayOptions } from './option.js'
import { LoopbackRelay } from './relay.js'

/**
 * Lets people sign in where xAI delivers to `http://127.0.0.1` as its consent page does: by a cross-origin `fetch`,
 * without the application's cookies. To be put on the callback path, after the session and before the route of
 * `passport.authenticate('xai')`, with `app.use`, so that preflights (`OPTIONS`) get there:
 *
 *     app.use('/callback', loopbackRelay())
 *
 * Sign-ins begin at `/callback?relay=begin`. A page waits there for the delivery, which the relay keeps in memory for
 * nobody but the browser that holds the session or cookie of the sign-in; that browser then makes the ordinary
 * callback request. A delivery by itself signs nobody in. Ordinary redirects go through the same route unchanged.
 *
 * @throws {TypeError} that says which option is wrong, and what to write
 */
export function loopbackRelay(options: LoopbackRelayOptions = {}): RequestHandler {
  const relay = new LoopbackRelay(options)
  return (req, res, next) => {
    relay.handle(req, res, next).catch(next)
  }
}

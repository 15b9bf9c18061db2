import type { Response } from 'express'
import { isLoopbackHost } from '../oauth/endpoint.js'

/** A redirect to an authorization endpoint that is about to be sent. */
export interface SignInRedirect {
  state: string
  authorizationURL: string
}

/**
 * Waits for the end of a response and, if it sends a browser to sign in with a redirect URI on loopback, lets
 * `reroute` say where it goes instead. Everything else that the response may turn out to be stays as it is.
 */
export function interceptSignIn(response: Response, reroute: (redirect: SignInRedirect) => string): void {
  const end = response.end
  response.end = (...args: unknown[]) => {
    response.end = end
    const redirect = parseSignInRedirect(response)
    if (redirect) {
      response.setHeader('location', reroute(redirect))
      response.setHeader('cache-control', 'no-store')
    }
    return Reflect.apply(end, response, args)
  }
}

function parseSignInRedirect(response: Response): SignInRedirect | undefined {
  const location = response.getHeader('location')
  if (response.headersSent || typeof location !== 'string' || !URL.canParse(location)) return undefined
  const parameters = new URL(location).searchParams
  const state = parameters.get('state')
  const redirectURI = parameters.get('redirect_uri') ?? ''
  const isDeliveredHere = URL.canParse(redirectURI) && isLoopbackHost(new URL(redirectURI).hostname)
  return state && isDeliveredHere ? { state, authorizationURL: location } : undefined
}

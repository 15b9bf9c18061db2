import type { NextFunction, Request, Response } from 'express'
import { isLoopbackHost } from '../oauth/endpoint.js'
import { receiveDelivery } from './delivery.js'
import { type ExpectedSignIn, ExpectedSignIns } from './expected-sign-in.js'
import type { RelaySettings } from './option.js'
import { buildEndedPage, buildWaitingPage } from './page.js'
import { isForPage, isFromForeignPage, isFromLoopback, isFromSameOrigin } from './request-source.js'
import {
  buildEmptyResponse,
  buildJSONResponse,
  buildRefusal,
  type RelayResponse,
  sendResponse,
} from './response.js'

/** The relay of one route. */
export class LoopbackRelay {
  private readonly expected = new ExpectedSignIns()

  constructor(private readonly settings: RelaySettings) {}

  async handle(req: Request, res: Response, next: NextFunction): Promise<void> {
    const query = new URLSearchParams(req.url.split('?').slice(1).join('?'))
    const command = query.get('relay')
    if (isFromForeignPage(req)) sendResponse(res, receiveDelivery(req, this.settings, this.expected))
    else if (command === null) next()
    else if (command === 'begin' && req.method === 'GET' && isForPage(req)) this.begin(req, res, next)
    else sendResponse(res, await this.respond(req, command, query.get('state') ?? ''))
  }

  private begin(req: Request, res: Response, next: NextFunction): void {
    if (isFromLoopback(req)) {
      interceptSignIn(res, ({ state, authorizationURL }) => {
        this.expected.add(state, authorizationURL)
        // A URL of its own, so that reloading the page waits on and begins nothing.
        return `?${new URLSearchParams({ relay: 'wait', state })}`
      })
    }
    next()
  }

  private async respond(req: Request, command: string, state: string): Promise<RelayResponse> {
    if (req.method !== 'GET') return buildRefusal(405, 'The relay is asked by GET.')
    if (!isFromLoopback(req)) return buildRefusal(403, 'The relay works on loopback only.')
    if (command === 'wait' && isForPage(req)) return this.showPage(state, await this.find(req, state))
    if (command === 'poll' && isFromSameOrigin(req)) return this.reportDelivery(await this.find(req, state))
    return buildRefusal(403, 'The relay does not allow this request.')
  }

  /** The sign-in of a state, if the browser that asks has begun it. */
  private async find(req: Request, state: string): Promise<ExpectedSignIn | undefined> {
    return (await this.settings.store.holds(req, state)) ? this.expected.find(state) : undefined
  }

  private showPage(state: string, signIn: ExpectedSignIn | undefined): RelayResponse {
    const { homeURL } = this.settings
    if (!signIn) return buildEndedPage(homeURL)
    return signIn.parameters
      ? buildEmptyResponse(303, { location: buildCallback(signIn.parameters) })
      : buildWaitingPage({ state, authorizationURL: signIn.authorizationURL, homeURL })
  }

  private reportDelivery(signIn: ExpectedSignIn | undefined): RelayResponse {
    if (!signIn) return buildRefusal(404, 'This sign-in has ended, or began in another browser.')
    return signIn.parameters
      ? buildJSONResponse(200, { location: buildCallback(signIn.parameters) })
      : buildEmptyResponse(204)
  }
}

/** A query alone: whatever path a request was made up with, the code never goes to another host. */
const buildCallback = (parameters: object): string =>
  `?${new URLSearchParams(parameters as Record<string, string>)}`

/** A redirect to an authorization endpoint that is about to be sent. */
interface SignInRedirect {
  state: string
  authorizationURL: string
}

/**
 * Waits for the end of a response and, if it sends a browser to sign in with a redirect URI on loopback, lets
 * `reroute` say where it goes instead. Everything else that the response may turn out to be stays as it is.
 */
function interceptSignIn(res: Response, reroute: (redirect: SignInRedirect) => string): void {
  const end = res.end
  res.end = (...args: unknown[]) => {
    res.end = end
    const redirect = parseSignInRedirect(res)
    if (redirect) {
      res.setHeader('location', reroute(redirect))
      res.setHeader('cache-control', 'no-store')
    }
    return Reflect.apply(end, res, args)
  }
}

function parseSignInRedirect(res: Response): SignInRedirect | undefined {
  const location = res.getHeader('location')
  if (res.headersSent || typeof location !== 'string' || !URL.canParse(location)) return undefined
  const parameters = new URL(location).searchParams
  const state = parameters.get('state')
  const redirectURI = parameters.get('redirect_uri') ?? ''
  const isDeliveredHere = URL.canParse(redirectURI) && isLoopbackHost(new URL(redirectURI).hostname)
  return state && isDeliveredHere ? { state, authorizationURL: location } : undefined
}

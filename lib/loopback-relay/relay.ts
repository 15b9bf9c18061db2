import type { NextFunction, Request, Response } from 'express'
import { isLoopbackHost } from '../oauth/endpoint.js'
import { type PageResponse, privateHeaders } from '../page/page.js'
import { queryOf } from '../sign-in/callback.js'
import {
  buildRefusal,
  buildResponse,
  ExpectedSignIns,
  isFromForeignPage,
  isFromLoopback,
  receiveDelivery,
} from './delivery.js'
import { buildEndedPage, buildWaitingPage } from './page.js'

/** A state store that can tell whose sign-in a state is. */
export interface SignInHolder {
  /** Whether the browser of a request has begun the sign-in of a state, which is pending and in time still. */
  holds(req: Request, state: string): boolean | Promise<boolean>
}

/** Options that were checked, with the defaults. */
export interface RelaySettings {
  consentOrigins: readonly string[]
  store: SignInHolder
  homeURL: string
}

/** The relay of one route. */
export class LoopbackRelay {
  private readonly expected = new ExpectedSignIns()

  constructor(private readonly settings: RelaySettings) {}

  async handle(req: Request, res: Response, next: NextFunction): Promise<void> {
    const query = queryOf(req)
    const command = query.get('relay')
    const { consentOrigins } = this.settings
    if (isFromForeignPage(req)) send(res, receiveDelivery(req, consentOrigins, this.expected))
    else if (command === null) next()
    else if (command === 'begin' && req.method === 'GET' && isForPage(req)) this.begin(req, res, next)
    else send(res, await this.respond(req, command, query.get('state') ?? ''))
  }

  private begin(req: Request, res: Response, next: NextFunction): void {
    if (isFromLoopback(req)) {
      interceptSignIn(res, (state, authorizationURL) => {
        this.expected.add(state, authorizationURL)
        // A URL of its own, so that reloading the page waits on and begins nothing.
        return `?${new URLSearchParams({ relay: 'wait', state })}`
      })
    }
    next()
  }

  private async respond(req: Request, command: string, state: string): Promise<PageResponse> {
    if (req.method !== 'GET') return buildRefusal(405, 'The relay is asked by GET.')
    if (!isFromLoopback(req)) return buildRefusal(403, 'The relay works on loopback only.')
    if (command === 'wait' && isForPage(req)) return this.wait(req, state)
    if (command === 'poll' && isFromSameOrigin(req)) return this.poll(req, state)
    return buildRefusal(403, 'The relay does not allow this request.')
  }

  private async wait(req: Request, state: string): Promise<PageResponse> {
    const { homeURL } = this.settings
    const signIn = await this.find(req, state)
    if (!signIn) return buildEndedPage(homeURL)
    const { callback, authorizationURL } = signIn
    return callback
      ? buildResponse(303, { location: callback })
      : buildWaitingPage(state, authorizationURL, homeURL)
  }

  private async poll(req: Request, state: string): Promise<PageResponse> {
    const signIn = await this.find(req, state)
    if (!signIn) return buildRefusal(404, 'This sign-in has ended, or began in another browser.')
    if (!signIn.callback) return buildResponse(204)
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    return buildResponse(200, headers, JSON.stringify({ location: signIn.callback }))
  }

  /** The sign-in of a state, if the browser that asks has begun it. */
  private async find(req: Request, state: string) {
    return (await this.settings.store.holds(req, state)) ? this.expected.find(state) : undefined
  }
}

/** Whether a request can be one of our own page's script; browsers that say nothing of it are believed. */
const isFromSameOrigin = ({ headers }: Request): boolean =>
  (headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin'

/** Whether a request loads a page into a tab, and not an image or a frame into another site's page. */
const isForPage = ({ headers }: Request): boolean => (headers['sec-fetch-dest'] ?? 'document') === 'document'

/** Sends a response that nothing caches. What earlier middleware has granted to other origins is withdrawn. */
function send(res: Response, { status, headers, body }: PageResponse): void {
  for (const name of res.getHeaderNames()) if (name.startsWith('access-control-')) res.removeHeader(name)
  res.writeHead(status, { ...privateHeaders, ...headers })
  res.end(body)
}

/**
 * Waits for the end of a response and, if it sends a browser to sign in with a redirect URI on loopback, lets
 * `reroute` say where it goes instead. Everything else that the response may turn out to be stays as it is.
 */
function interceptSignIn(res: Response, reroute: (state: string, authorizationURL: string) => string): void {
  const end = res.end
  res.end = (...args: unknown[]) => {
    res.end = end
    const location = `${res.getHeader('location')}`
    const state = findStateToDeliver(location)
    if (state && !res.headersSent) {
      res.setHeader('location', reroute(state, location))
      res.setHeader('cache-control', 'no-store')
    }
    return Reflect.apply(end, res, args)
  }
}

/** The state of an authorization URL whose redirect URI is on loopback. */
function findStateToDeliver(location: string): string | null | undefined {
  if (!URL.canParse(location)) return undefined
  const parameters = new URL(location).searchParams
  const redirectURI = `${parameters.get('redirect_uri')}`
  const isDeliveredHere = URL.canParse(redirectURI) && isLoopbackHost(new URL(redirectURI).hostname)
  return isDeliveredHere ? parameters.get('state') : undefined
}

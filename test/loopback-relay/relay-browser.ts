import type { OutgoingHttpHeaders } from 'node:http'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import type { RelayApplication } from './relay-application.js'

/** A sign-in that waits: its page, and what the page knows. */
export interface Waiting {
  readonly page: ClientResponse
  readonly state: string
  readonly authorizationURL: string
}

const unescaped = (text: string): string => text.replaceAll('&amp;', '&')

/** The browser of somebody who signs in, without its scripts: a test makes the requests that they would make. */
export class RelayBrowser {
  readonly client = new CookieClient()

  constructor(private readonly application: RelayApplication) {}

  /** Opens the waiting page. */
  async begin(): Promise<Waiting> {
    const page = await this.client.open(this.application.beginURL)
    const [, link = ''] = /class="button primary wide" href="([^"]+)"/.exec(page.body) ?? []
    const authorizationURL = unescaped(link)
    return { page, authorizationURL, state: new URL(page.url).searchParams.get('state') ?? '' }
  }

  /** What the waiting page's script does every second. */
  poll({ page, state }: Pick<Waiting, 'page' | 'state'>, headers: OutgoingHttpHeaders = {}) {
    return this.client.get(new URL(`?${new URLSearchParams({ relay: 'poll', state })}`, page.url).href, {
      headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', ...headers },
    })
  }

  /** What the waiting page's script does when it is told to go on. */
  goOn(page: ClientResponse, polled: ClientResponse): Promise<ClientResponse> {
    return this.client.open(new URL(JSON.parse(polled.body).location, page.url).href)
  }
}

/** Signs in at the emulator at once, in a browser of its own, and returns the callback with the code. */
export async function obtainCallback({
  authorizationURL,
}: Pick<Waiting, 'authorizationURL'>): Promise<string> {
  const isCallback = (location: string): boolean => new URL(location).searchParams.has('code')
  const response = await new CookieClient().open(authorizationURL, isCallback)
  return `${response.headers.location}`
}

/** The headers of a consent page's `fetch(…, { mode: 'cors' })`. */
export const fetchHeaders = (origin: string): OutgoingHttpHeaders => ({
  origin,
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
})

/** Delivers a callback as the consent page of an origin does: without any cookie. */
export const deliver = (callback: string, origin: string, headers: OutgoingHttpHeaders = {}) =>
  new CookieClient().get(callback, { headers: { ...fetchHeaders(origin), ...headers } })

/** Asks first, as a browser does on behalf of a page. */
export const preflight = (callback: string, origin: string, headers: OutgoingHttpHeaders = {}) =>
  new CookieClient().send(callback, {
    method: 'OPTIONS',
    headers: { ...fetchHeaders(origin), 'access-control-request-method': 'GET', ...headers },
  })

import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { CookieJar } from './cookie-jar.js'

/** An answer whose body has arrived completely. */
export interface ClientResponse {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Form = Readonly<Record<string, string>> | URLSearchParams

export interface SignInChoice {
  readonly decision?: 'allow' | 'deny'
}

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])
const redirects = new Set([301, 302, 303, 307, 308])

const unescaped = (html: string): string =>
  html.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** The target of the form that holds a button of this name and value. */
export function formAction(page: ClientResponse, name: string, value: string): string {
  for (const [, action = '', content = ''] of page.body.matchAll(
    /<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs,
  ))
    if (content.includes(`name="${name}" value="${value}"`)) return new URL(unescaped(action), page.url).href
  throw new Error(
    `${page.url} (HTTP ${page.status}) has no form with a button ${name}=${value}:\n${page.body}`,
  )
}

/** A browser without scripts: it keeps cookies, follows redirects on loopback, and submits forms. */
export class CookieClient {
  readonly jar = new CookieJar()

  /** One request; a redirect is returned, not followed. */
  send(url: string, options: RequestOptions = {}, body = ''): Promise<ClientResponse> {
    const target = new URL(url)
    if (target.protocol !== 'http:' || !loopbackHosts.has(target.hostname))
      return Promise.reject(new Error(`${url} is not on loopback`))
    const cookie = this.jar.headerFor(target)
    const headers = { ...(cookie !== undefined && { cookie }), ...options.headers }
    return new Promise((resolve, reject) => {
      const sent = request(target, { agent: false, ...options, headers }, (response) => {
        this.jar.keep(response.headers['set-cookie'] ?? [], target)
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response
          resolve({ url: target.href, status, headers, body: Buffer.concat(chunks).toString() })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  get(url: string, options: RequestOptions = {}): Promise<ClientResponse> {
    return this.send(url, { ...options, method: 'GET' })
  }

  post(url: string, form: Form, options: RequestOptions = {}): Promise<ClientResponse> {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
      ...options.headers,
    }
    return this.send(url, { ...options, method: 'POST', headers }, body)
  }

  /**
   * Follows redirects until there is a page, or a redirect that leaves loopback, which is returned as it is,
   * or a redirect that `until` accepts.
   */
  async follow(
    response: ClientResponse,
    until: (location: string) => boolean = () => false,
  ): Promise<ClientResponse> {
    let current = response
    for (let hops = 0; hops < 20; hops += 1) {
      const { location } = current.headers
      if (!redirects.has(current.status) || location === undefined) return current
      const next = new URL(location, current.url)
      if (!loopbackHosts.has(next.hostname) || until(next.href)) return current
      current = await this.get(next.href)
    }
    throw new Error(`more than 20 redirects from ${response.url}`)
  }

  /** `get` and then `follow`. */
  async open(url: string, until?: (location: string) => boolean): Promise<ClientResponse> {
    return this.follow(await this.get(url), until)
  }

  /** Clicks the button of this name and value on a page, and follows what comes. */
  async click(
    page: ClientResponse,
    name: string,
    value: string,
    until?: (location: string) => boolean,
  ): Promise<ClientResponse> {
    return this.follow(await this.post(formAction(page, name, value), { [name]: value }), until)
  }

  /**
   * Opens the URL, clicks through the emulator's sign-in and consent pages, and returns what the person finally sees.
   * With `until`, it stops at the redirect to a URL that `until` accepts: the callback, say.
   */
  async signIn(
    startURL: string,
    accountID: string,
    { decision = 'allow' }: SignInChoice = {},
    until?: (location: string) => boolean,
  ): Promise<ClientResponse> {
    const accounts = await this.open(startURL, until)
    const consent = await this.click(accounts, 'account', accountID, until)
    return consent.body.includes('name="decision"')
      ? this.click(consent, 'decision', decision, until)
      : consent
  }
}

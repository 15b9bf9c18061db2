interface Cookie {
  readonly name: string
  readonly value: string
  readonly host: string
  readonly path: string
  readonly secure: boolean
  /** Milliseconds since the epoch; absent for a session cookie. */
  readonly expires: number | undefined
}

/** The directory of the request's path (RFC 6265 §5.1.4). */
const defaultPath = ({ pathname }: URL): string => pathname.slice(0, pathname.lastIndexOf('/')) || '/'

const pathMatches = (cookiePath: string, path: string): boolean =>
  path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)

function parseCookie(header: string, url: URL): Cookie {
  const [pair = '', ...rest] = header.split(';').map((part) => part.trim())
  const attributes = new Map(
    rest.map((attribute) => {
      const [name = '', ...value] = attribute.split('=')
      return [name.toLowerCase(), value.join('=')] as const
    }),
  )
  const [name = '', ...value] = pair.split('=')
  const path = attributes.get('path')
  const maxAge = attributes.get('max-age')
  const expires = attributes.get('expires')
  return {
    name,
    value: value.join('='),
    host: url.hostname,
    path: path?.startsWith('/') ? path : defaultPath(url),
    secure: attributes.has('secure'),
    expires:
      maxAge !== undefined ? Date.now() + Number(maxAge) * 1000 : expires ? Date.parse(expires) : undefined,
  }
}

/**
 * The cookies of one browser (RFC 6265): by host and path, and, as in every browser, *not* by port.
 * A `Domain` attribute is ignored: every cookie stays with the host that set it.
 */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>()

  /** Takes the `Set-Cookie` headers of an answer; one that has expired deletes its namesake. */
  keep(headers: readonly string[], url: URL): void {
    for (const header of headers) {
      const cookie = parseCookie(header, url)
      const key = [cookie.host, cookie.path, cookie.name].join(' ')
      const expired = cookie.expires !== undefined && cookie.expires <= Date.now()
      if (expired) this.cookies.delete(key)
      else if (!cookie.secure || url.protocol === 'https:') this.cookies.set(key, cookie)
    }
  }

  /** The cookies that a request for this URL carries, those of longer paths first. */
  matching(url: URL): ReadonlyArray<Pick<Cookie, 'name' | 'value' | 'path'>> {
    const now = Date.now()
    return [...this.cookies.values()]
      .filter(({ host }) => host === url.hostname)
      .filter(({ path }) => pathMatches(path, url.pathname))
      .filter(({ secure }) => !secure || url.protocol === 'https:')
      .filter(({ expires }) => expires === undefined || expires > now)
      .sort((a, b) => b.path.length - a.path.length)
  }

  /** The `Cookie` header for this URL, or undefined when there is nothing to send. */
  headerFor(url: URL): string | undefined {
    const pairs = this.matching(url).map(({ name, value }) => `${name}=${value}`)
    return pairs.length > 0 ? pairs.join('; ') : undefined
  }
}

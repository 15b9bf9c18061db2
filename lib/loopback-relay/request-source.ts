import type { IncomingHttpHeaders } from 'node:http'
import type { Request } from 'express'
import { isLoopbackHost } from '../oauth/endpoint.js'

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/

/**
 * Whether a request stays on this machine: by its socket, and by the name it was asked under. The name matters as
 * well, because a page may have its own host name resolve to 127.0.0.1 (DNS rebinding).
 */
export function isFromLoopback({ headers, socket }: Request): boolean {
  const hostname = `${headers.host}`.replace(/:\d+$/, '').toLowerCase()
  return isLoopbackHost(hostname) && loopbackAddress.test(`${socket.remoteAddress}`)
}

/**
 * Whether a page of another origin sends a request by itself, as a script or an image does. A navigation is the
 * person's own, and nobody else reads the response.
 */
export function isFromForeignPage({ headers }: Request): boolean {
  const { origin } = headers
  if (headers['sec-fetch-mode'] === 'navigate') return false
  if (origin === undefined) return ['same-site', 'cross-site'].includes(`${headers['sec-fetch-site']}`)
  return !URL.canParse(origin) || new URL(origin).host !== headers.host
}

/** Whether a request can be one of our own page's script; browsers that say nothing of it are believed. */
export const isFromSameOrigin = ({ headers }: { headers: IncomingHttpHeaders }): boolean =>
  (headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin'

/** Whether a request loads a page into a tab, and not an image or a frame into another site's page. */
export const isForPage = ({ headers }: { headers: IncomingHttpHeaders }): boolean =>
  (headers['sec-fetch-dest'] ?? 'document') === 'document'

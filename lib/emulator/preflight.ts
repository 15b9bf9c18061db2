import { type IncomingMessage, request } from 'node:http'

const isGranted = ({ statusCode = 0, headers }: IncomingMessage, origin: string): boolean =>
  statusCode >= 200 &&
  statusCode < 300 &&
  [origin, '*'].some((allowed) => headers['access-control-allow-origin'] === allowed) &&
  headers['access-control-allow-private-network'] === 'true'

/**
 * Sends the preflight with which a browser asks a loopback address whether a public site may fetch from it (Private
 * Network Access), and returns whether it may. The emulator's own page is on loopback, so no browser would ask.
 * Gives up after 5 seconds.
 */
export function requestPreflight(target: URL, origin: string, closing: AbortSignal): Promise<boolean> {
  const headers = {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-private-network': 'true',
  }
  return new Promise((resolve) => {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(5000)])
    const options = { method: 'OPTIONS', headers, agent: false, signal }
    const preflight = request(target, options, (response) => {
      response.destroy()
      resolve(isGranted(response, origin))
    })
    preflight.on('error', () => resolve(false))
    preflight.end()
  })
}

/** What the environment says; wrong values have been refused. */
export interface Settings {
  port: number
  /** Absent: sign in at the emulator. */
  clientID: string | undefined
  clientSecret: string | undefined
  callbackURL: string | undefined
  scope: string | undefined
  /** How the emulator shall deliver to a callback on loopback. */
  delivery: 'redirect' | 'fetch' | undefined
  /** Whether `/metrics` shows what happens. */
  metrics: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Paths that are the application's own already. */
const takenPaths = [
  ...['/', '/auth/xai', '/connect/xai', '/profile', '/metrics'],
  ...['/style.css', '/script.js', '/icon.svg'],
]

/** Reads the settings. @throws {Error} whose message is one line: which is wrong, and what to write */
export function parseSettings(environment: Environment): Settings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined
  const clientID = read('XAI_CLIENT_ID')
  const clientSecret = read('XAI_CLIENT_SECRET')
  const callbackURL = read('XAI_CALLBACK_URL')
  const scope = read('XAI_SCOPE')
  const delivery = read('XAI_DELIVERY')

  if (clientSecret && !clientID)
    throw new Error('XAI_CLIENT_SECRET is set without XAI_CLIENT_ID; set both or none.')
  if (delivery && clientID) throw new Error('XAI_DELIVERY is for the emulator, not for xAI; unset it.')
  if (delivery !== undefined && delivery !== 'redirect' && delivery !== 'fetch') {
    throw new Error(`XAI_DELIVERY is "${delivery}"; write redirect or fetch.`)
  }
  if (scope && !scope.split(' ').includes('openid')) {
    throw new Error(`XAI_SCOPE is "${scope}"; add openid, or nobody knows who signs in.`)
  }
  const metrics = read('METRICS') ?? 'off'
  if (metrics !== 'on' && metrics !== 'off') throw new Error(`METRICS is "${metrics}"; write on or off.`)
  if (callbackURL) checkCallbackURL(callbackURL)
  const port = read('PORT') ?? portOf(callbackURL)
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`PORT is "${port}"; write a number up to 65535, such as PORT=3000.`)
  }
  return {
    port: Number(port),
    clientID,
    clientSecret,
    callbackURL,
    scope,
    delivery,
    metrics: metrics === 'on',
  }
}

function checkCallbackURL(callbackURL: string): void {
  const example = 'write one such as http://127.0.0.1:3000/callback.'
  if (!/^https?:/.test(callbackURL) || !URL.canParse(callbackURL)) {
    throw new Error(`XAI_CALLBACK_URL "${callbackURL}" is no absolute http or https URL; ${example}`)
  }
  const { pathname } = new URL(callbackURL)
  if (takenPaths.includes(pathname)) {
    throw new Error(`XAI_CALLBACK_URL has the path ${pathname}, where the application has a page; ${example}`)
  }
}

/** A callback on loopback says where the application listens; for any other, a proxy stands before it. */
function portOf(callbackURL: string | undefined): string {
  const { protocol, port } = new URL(callbackURL ?? 'http://127.0.0.1:3000')
  return protocol === 'http:' ? port || '80' : '3000'
}

/** An application that the emulator knows. */
export interface EmulatorClient {
  readonly clientID: string
  /** None makes it a public client. */
  readonly clientSecret?: string
  /** What the sign-in pages call it; the client id when absent. */
  readonly name?: string
  /** Compared to the letter; without any, every http callback on loopback is accepted. */
  readonly redirectURIs?: readonly string[]
}

/** The clients of an emulator that is given none. Nothing here is a credential of anybody. */
export const defaultClients: readonly EmulatorClient[] = [
  { clientID: 'emulator-public', name: 'Public application' },
  {
    clientID: 'emulator-confidential',
    clientSecret: 'emulator-secret-not-a-secret',
    name: 'Confidential application',
  },
]

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a URL is http on a loopback host, any port, any path. */
export function isLoopbackURL(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return protocol === 'http:' && loopbackHosts.has(hostname)
}

/** Whether the client may be called back at this URI; registered ones match to the letter (RFC 9700 §2.1). */
export const isRedirectURIAllowed = ({ redirectURIs }: EmulatorClient, redirectURI: string): boolean =>
  redirectURIs === undefined ? isLoopbackURL(redirectURI) : redirectURIs.includes(redirectURI)

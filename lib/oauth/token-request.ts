import { challengeOf } from './pkce.js'

/** Parameters of an application's own, for the form of a token request; lists are sent as repeated parameters. */
export type FormParameters = Readonly<Record<string, unknown>>

/** What an authorization code is exchanged with. */
export interface CodeGrant {
  code: string
  redirectURI: string | undefined
  codeVerifier: string
  /** Whether `code_challenge` and its method are sent again, which xAI can demand (hermes-agent#26990). */
  echoCodeChallenge: boolean
}

/** The protocol's parameters of a code exchange (RFC 6749 §4.1.3, RFC 7636 §4.5). */
export const buildCodeGrant = ({ code, redirectURI, codeVerifier, echoCodeChallenge }: CodeGrant) => ({
  grant_type: 'authorization_code',
  code,
  ...(redirectURI !== undefined && { redirect_uri: redirectURI }),
  code_verifier: codeVerifier,
  ...(echoCodeChallenge && { code_challenge: challengeOf(codeVerifier), code_challenge_method: 'S256' }),
})

/** The protocol's parameters of a refresh (RFC 6749 §6): never an echo, never a verifier. */
export const buildRefreshGrant = (refreshToken: string) => ({
  grant_type: 'refresh_token',
  refresh_token: refreshToken,
})

/** Names that the protocol sets in a token request; no caller's value for them is ever sent. */
const protocolNames = new Set([
  'grant_type',
  'code',
  'refresh_token',
  'redirect_uri',
  'client_id',
  'client_secret',
  'code_verifier',
  'code_challenge',
  'code_challenge_method',
])

/** A form body: the protocol's parameters once each, and whatever the application adds that is not the protocol's. */
export function buildForm(protocol: Readonly<Record<string, string>>, extras: FormParameters = {}): string {
  const form = new URLSearchParams(protocol)
  for (const [name, value] of Object.entries(extras)) {
    if (protocolNames.has(name) || value === undefined || value === null) continue
    for (const item of [value].flat()) form.append(name, String(item))
  }
  return form.toString()
}

import { challengeOf } from './authorization-url.js'

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

/** How the client proves itself at xAI's token endpoint (RFC 6749 §2.3.1). */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** What identifies the client, and how. */
export interface ClientCredentials {
  clientID: string
  clientSecret?: string | undefined
  method: ClientAuthenticationMethod
}

const formEncode = (value: string): string => new URLSearchParams({ '': value }).toString().slice(1)

/** Builds the header or form parameters that authenticate a client; Basic credentials are form-encoded first (RFC 6749 §2.3.1). */
export function buildClientAuthentication({ clientID, clientSecret = '', method }: ClientCredentials): {
  headers: { Authorization?: string }
  parameters: Record<string, string>
} {
  if (method === 'client_secret_basic')
    return { headers: { Authorization: `Basic ${basicCredentials(clientID, clientSecret)}` }, parameters: {} }
  const secret = method === 'client_secret_post' && { client_secret: clientSecret }
  return { headers: {}, parameters: { client_id: clientID, ...secret } }
}

/** The values that prove the client, in each form in which they are sent; of base64 without its padding. */
export const credentialSecrets = ({ clientID, clientSecret }: ClientCredentials): string[] =>
  clientSecret ? [clientSecret, basicCredentials(clientID, clientSecret).replace(/=+$/, '')] : []

const basicCredentials = (clientID: string, clientSecret: string): string =>
  Buffer.from(`${formEncode(clientID)}:${formEncode(clientSecret)}`).toString('base64')

import { XaiOAuthError } from '../error.js'
import type { FailureNames } from '../http/failure.js'
import { challengeOf } from './authorization-url.js'

/** Parameters of an application's own, for the form of a token request; lists are sent as repeated parameters. */
export type FormParameters = Readonly<Record<string, unknown>>

/** How failures of a code exchange are named; of a device code's as well. */
export const exchangeNames = (secrets: FailureNames['secrets']): FailureNames => ({
  what: 'xAI token exchange',
  failed: 'xai_token_exchange_failed',
  invalid: 'xai_token_exchange_invalid',
  tierDenied: 'xai_oauth_tier_denied',
  secrets,
})

/**
 * The protocol's parameters of a code exchange (RFC 6749 §4.1.3, RFC 7636 §4.5), of which the caller gives `redirect_uri`
 * and `code_verifier`.
 *
 * @param echoes whether `code_challenge` and its method are sent again, which xAI can demand (hermes-agent#26990)
 * @throws {XaiOAuthError} `xai_pkce_verifier_missing`, before anything is sent
 */
export function buildCodeGrant(
  code: string,
  { redirect_uri: redirectURI, code_verifier: codeVerifier }: FormParameters,
  echoes: boolean,
) {
  if (typeof codeVerifier !== 'string' || codeVerifier === '') throw missingVerifierError()
  return {
    grant_type: 'authorization_code',
    code,
    ...(typeof redirectURI === 'string' && { redirect_uri: redirectURI }),
    code_verifier: codeVerifier,
    ...(echoes && { code_challenge: challengeOf(codeVerifier), code_challenge_method: 'S256' }),
  }
}

const missingVerifierError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_pkce_verifier_missing',
    'xAI token exchange not started: the PKCE code_verifier of this sign-in is missing, which the state ' +
      'store should have kept, and xAI would refuse the code. See hermes-agent#26990 ' +
      '(https://github.com/NousResearch/hermes-agent/issues/26990)',
    { status: 500 },
  )

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
  clientSecret ? [clientSecret, basicCredentials(clientID, clientSecret).replace(/=+/, '')] : []

const basicCredentials = (clientID: string, clientSecret: string): string =>
  Buffer.from(`${formEncode(clientID)}:${formEncode(clientSecret)}`).toString('base64')

/** A POST of a form that the client authenticates, but for its URL. */
export function buildAuthenticatedForm(
  credentials: ClientCredentials,
  protocol: Readonly<Record<string, string>>,
  extras?: FormParameters,
) {
  const { headers, parameters } = buildClientAuthentication(credentials)
  const body = buildForm({ ...protocol, ...parameters }, extras)
  return {
    method: 'POST' as const,
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': Buffer.byteLength(body),
      ...headers,
    },
    body,
  }
}

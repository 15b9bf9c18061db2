/** How the client proves itself at xAI's token endpoint (RFC 6749 §2.3.1). */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** What identifies the client, and how. */
export interface ClientCredentials {
  clientID: string
  clientSecret?: string | undefined
  method: ClientAuthenticationMethod
}

/** Header and form parameters that authenticate a client: one of the two, never both. */
export interface ClientAuthentication {
  headers: { Authorization?: string }
  parameters: Record<string, string>
}

const formEncode = (value: string): string => new URLSearchParams({ '': value }).toString().slice(1)

/** Builds what authenticates the client; Basic credentials are form-encoded first (RFC 6749 §2.3.1). */
export function buildClientAuthentication(credentials: ClientCredentials): ClientAuthentication {
  const { clientID, clientSecret = '', method } = credentials
  switch (method) {
    case 'client_secret_basic':
      return {
        headers: { Authorization: `Basic ${basicCredentials(clientID, clientSecret)}` },
        parameters: {},
      }
    case 'client_secret_post':
      return { headers: {}, parameters: { client_id: clientID, client_secret: clientSecret } }
    case 'none':
      return { headers: {}, parameters: { client_id: clientID } }
  }
}

/** The values that prove the client, in each form in which they are sent; of base64 without its padding. */
export const credentialSecrets = ({ clientID, clientSecret }: ClientCredentials): string[] =>
  clientSecret ? [clientSecret, basicCredentials(clientID, clientSecret).replace(/=+$/, '')] : []

const basicCredentials = (clientID: string, clientSecret: string): string =>
  Buffer.from(`${formEncode(clientID)}:${formEncode(clientSecret)}`).toString('base64')

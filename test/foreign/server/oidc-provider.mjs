// oidc-provider as it comes: its own adapter, its own pages. What it is told is how its clients are registered.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const { REDIRECT_URI: redirectURI } = process.env

/** A client that is told apart by how it authenticates. */
const client = (method, more = {}) => ({
  client_id: method,
  ...(method !== 'none' && { client_secret: `secret of ${method}, with + and %` }),
  token_endpoint_auth_method: method,
  redirect_uris: [redirectURI],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  id_token_signed_response_alg: 'ES256',
  ...more,
})

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`

/** A private key as a JWK, for an algorithm. */
function generateKey(alg) {
  const [type, options] = alg === 'ES256' ? ['ec', { namedCurve: 'P-256' }] : ['rsa', { modulusLength: 2048 }]
  const { privateKey } = generateKeyPairSync(type, options)
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg }
}

const provider = new Provider(issuer, {
  clients: [
    client('client_secret_basic'),
    client('client_secret_post'),
    client('none'),
    client('client_secret_basic', { client_id: 'rs256', id_token_signed_response_alg: 'RS256' }),
  ],
  jwks: { keys: [generateKey('ES256'), generateKey('RS256')] },
  features: { revocation: { enabled: true }, deviceFlow: { enabled: true } },
  rotateRefreshToken: true,
  pkce: { required: () => true },
})
server.on('request', provider.callback())
console.log(JSON.stringify({ issuer }))

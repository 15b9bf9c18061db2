// better-auth with its OAuth provider, in memory; one person and its clients are made as its documentation says.
import { createServer } from 'node:http'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'

const { REDIRECT_URI: redirectURI } = process.env
const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}`
const ofAccounts = ['user', 'session', 'account', 'verification', 'jwks']
const ofOAuth = [
  'Client',
  'AccessToken',
  'RefreshToken',
  'Consent',
  'Resource',
  'ClientResource',
  'ClientAssertion',
]
const tables = [...ofAccounts, ...ofOAuth.map((name) => `oauth${name}`)]

const auth = betterAuth({
  baseURL: origin,
  secret: 'a secret of the tests that is no secret',
  database: memoryAdapter(Object.fromEntries(tables.map((table) => [table, []]))),
  emailAndPassword: { enabled: true },
  disabledPaths: ['/token'],
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'ES256' } } }),
    oauthProvider({ loginPage: '/login', consentPage: '/consent' }),
  ],
})
server.on('request', toNodeHandler(auth))

const person = { email: 'ada@example.com', password: 'a password of the tests', name: 'Ada Example' }
const signedUp = await auth.api.signUpEmail({ body: person, asResponse: true })
const cookie = signedUp.headers
  .getSetCookie()
  .map((line) => line.split(';', 1)[0])
  .join('; ')
const clients = {}
for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
  const { client_id: id, client_secret: secret } = await auth.api.adminCreateOAuthClient({
    headers: new Headers({ cookie }),
    body: {
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: method,
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access',
      skip_consent: true,
      application_type: 'native',
    },
  })
  clients[method] = { id, ...(secret && { secret }) }
}
console.log(JSON.stringify({ issuer: `${origin}/api/auth`, origin, clients, person }))

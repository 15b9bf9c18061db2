// Glewlwyd from Debian's package: a database of its own, set up by its administration API as its manual says.
import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { REDIRECT_URI: redirectURI, ALG: alg = 'ES256' } = process.env
const folder = mkdtempSync(join(tmpdir(), 'passport-xai-glewlwyd-'))
mkdirSync(join(folder, 'none'))
const schema = readFileSync('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')
execFileSync('sqlite3', [join(folder, 'glewlwyd.db')], { input: schema })

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const origin = `http://127.0.0.1:${port}`
const settings = {
  port,
  bind_address: '127.0.0.1',
  external_url: origin,
  login_url: 'login.html',
  api_prefix: 'api',
  static_files_path: '/usr/share/glewlwyd/webapp/',
  log_mode: 'console',
  log_level: 'WARNING',
  cookie_domain: '127.0.0.1',
  session_key: 'GLEWLWYD2_SESSION_ID',
  admin_scope: 'g_admin',
  profile_scope: 'g_profile',
  user_module_path: '/usr/lib/glewlwyd/user',
  user_middleware_module_path: join(folder, 'none'),
  client_module_path: '/usr/lib/glewlwyd/client',
  user_auth_scheme_module_path: '/usr/lib/glewlwyd/scheme',
  plugin_module_path: '/usr/lib/glewlwyd/plugin',
  hash_algorithm: 'SHA512',
}
const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
const database = `database = { type = "sqlite3" path = "${join(folder, 'glewlwyd.db')}" };`
writeFileSync(join(folder, 'glewlwyd.conf'), [...lines, 'cookie_secure=false', database, ''].join('\n'))

const glewlwyd = spawn('glewlwyd', ['-c', join(folder, 'glewlwyd.conf')], { stdio: ['ignore', 2, 2] })
const end = () => {
  glewlwyd.kill()
  rmSync(folder, { recursive: true, force: true })
}
process.on('SIGTERM', () => {
  end()
  process.exit()
})
process.on('exit', end)

let cookie = ''
async function call(method, path, body) {
  const headers = { 'content-type': 'application/json', cookie }
  const response = await fetch(`${origin}/api${path}`, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  const set = response.headers.getSetCookie().map((line) => line.split(';', 1)[0])
  if (set.length > 0) cookie = set.join('; ')
}

for (let tries = 0; ; tries += 1) {
  try {
    await call('POST', '/auth', { username: 'admin', password: 'password' })
    break
  } catch (error) {
    if (tries === 50) throw error
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const isECDSA = alg.startsWith('ES')
const { privateKey, publicKey } = generateKeyPairSync(isECDSA ? 'ec' : 'rsa', {
  ...(isECDSA ? { namedCurve: 'P-256' } : { modulusLength: 2048 }),
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const issuer = `${origin}/api/oidc`
await call('POST', '/mod/plugin', {
  module: 'oidc',
  name: 'oidc',
  display_name: 'OpenID Connect',
  parameters: {
    iss: issuer,
    'jwt-type': isECDSA ? 'ecdsa' : 'rsa',
    'jwt-key-size': '256',
    key: privateKey,
    cert: publicKey,
    'jwks-show': true,
    'access-token-duration': 3600,
    'refresh-token-duration': 86_400,
    'code-duration': 60,
    'refresh-token-rolling': false,
    'refresh-token-one-use': 'always',
    'allow-non-oidc': true,
    'auth-type-code-enabled': true,
    'auth-type-code-revoke-replayed': true,
    'auth-type-refresh-enabled': true,
    'auth-type-token-enabled': false,
    'auth-type-id-token-enabled': true,
    'auth-type-password-enabled': false,
    'auth-type-client-enabled': false,
    'auth-type-device-enabled': false,
    'pkce-allowed': true,
    'pkce-method-plain-allowed': false,
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'subject-type': 'public',
    scope: [],
    'additional-parameters': [],
    claims: [],
    'name-claim': 'mandatory',
    'name-claim-scope': [],
    'email-claim': 'mandatory',
    'email-claim-scope': [],
    'oauth-as-iss-id': true,
  },
})
await call('POST', '/user', {
  username: 'ada',
  name: 'Ada Example',
  email: 'ada@example.com',
  password: 'a password of the tests',
  scope: ['openid'],
  enabled: true,
})
// Without characters that RFC 6749 §2.3.1 has encoded: Glewlwyd takes them as they stand in the header.
const secret = 'secret-of-the-client'
const shared = {
  redirect_uri: [redirectURI],
  authorization_type: ['code', 'refresh_token'],
  scope: [],
  enabled: true,
}
await call('POST', '/client', {
  ...shared,
  client_id: 'confidential',
  confidential: true,
  client_secret: secret,
  token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
})
await call('POST', '/client', {
  ...shared,
  client_id: 'public',
  confidential: false,
  token_endpoint_auth_method: ['none'],
})
console.log(JSON.stringify({ issuer, origin, secret }))

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { serveParent } from './child.js'
import { parseCode } from './code.js'
import { listen } from './listen.js'
import { clientID, person } from './setting.js'

/** An authorization server that costs as little as it can: one client, one person, codes that speak for themselves. */
const [certFile, keyFile] = process.argv.slice(2)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] }
const counts = { connections: 0, requests: 0 }
let issuer = ''
/** Milliseconds before each answer. */
let delay = 0

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signJWT(typ: string, claims: object): string {
  const signed = `${encode({ alg: 'ES256', kid: 'bench', typ })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

function issueTokens(form: URLSearchParams): object {
  const { nonce, codeChallenge } = parseCode(form.get('code') ?? '')
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  if (codeChallenge && codeChallenge !== challenge) return { error: 'invalid_grant' }
  const now = Math.floor(Date.now() / 1000)
  const common = { iss: issuer, aud: clientID, sub: person.sub, iat: now, exp: now + 3600 }
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: 21600,
    refresh_token: `OR-${randomBytes(24).toString('base64url')}`,
    scope: 'openid profile email',
    ...(form.get('grant_type') === 'authorization_code' && {
      id_token: signJWT('JWT', { ...common, ...person, ...(nonce && { nonce }) }),
    }),
  }
}

let accessToken = ''

function answer(response: ServerResponse, value: object): void {
  const send = (): void => {
    const body = JSON.stringify(value)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    response.writeHead('error' in value ? 400 : 200, headers).end(body)
  }
  if (delay > 0) setTimeout(send, delay)
  else send()
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  counts.requests++
  if (request.url === '/userinfo') {
    const isBearer = request.headers.authorization === `Bearer ${accessToken}`
    return answer(response, isBearer ? person : { error: 'invalid_token' })
  }
  if (request.url === '/jwks') return answer(response, keys)
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => answer(response, issueTokens(new URLSearchParams(body))))
}

const server =
  certFile && keyFile
    ? createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, handle)
    : createServer(handle)
// As long as nginx keeps them by default; Node's 5 seconds are exceptional among servers.
server.keepAliveTimeout = 75_000
server.on(certFile ? 'secureConnection' : 'connection', () => {
  counts.connections++
})

serveParent({
  async start(): Promise<string> {
    return `${certFile ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`
  },
  issueAs(value: string) {
    issuer = value
    accessToken = signJWT('at+jwt', { iss: issuer, aud: clientID, sub: person.sub, principal_type: 'User' })
  },
  delay(milliseconds: number) {
    delay = milliseconds
  },
  counts: () => counts,
})

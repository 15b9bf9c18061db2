import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { serveParent } from './child.js'
import { listen, listenBehindLine } from './line.js'
import { clientID, deviceAuthorization, person } from './setting.js'

/** How a server is reached, and for how long it keeps a connection that is idle; times in milliseconds. */
export interface ServerSettings {
  roundTrip: number
  keepAlive: number
}

/** An authorization server that costs as little as it can: one client, one person, codes that speak for themselves. */
const [keyFile, certFile] = process.argv.slice(2)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] }
let requests = 0
let issuer = ''
let accessToken = ''
/** Milliseconds before each response. */
let delay = 0

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signJWT(typ: string, claims: object): string {
  const signed = `${encode({ alg: 'ES256', kid: 'bench', typ })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

function issueTokens(form: URLSearchParams): object {
  const [nonce, challenge] = (form.get('code') ?? '').split('~')
  const verifier = form.get('code_verifier') ?? ''
  if (challenge && challenge !== createHash('sha256').update(verifier).digest('base64url')) {
    return { error: 'invalid_grant' }
  }
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

function respond(response: ServerResponse, value: object): void {
  const send = (): void => {
    const body = JSON.stringify(value)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    response.writeHead('error' in value ? 400 : 200, headers).end(body)
  }
  if (delay > 0) setTimeout(send, delay)
  else send()
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  requests++
  if (request.url === '/userinfo') {
    const isBearer = request.headers.authorization === `Bearer ${accessToken}`
    return respond(response, isBearer ? person : { error: 'invalid_token' })
  }
  if (request.url === '/jwks') return respond(response, keys)
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => {
    const isDevice = request.url === '/device'
    respond(response, isDevice ? deviceAuthorization(issuer) : issueTokens(new URLSearchParams(body)))
  })
}

const server =
  keyFile && certFile
    ? createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, handle)
    : createServer(handle)

serveParent({
  /** Gives the issuer. */
  async start({ roundTrip, keepAlive }: ServerSettings): Promise<string> {
    server.keepAliveTimeout = keepAlive
    const own = await listen(server)
    const port = roundTrip > 0 ? await listenBehindLine(own, roundTrip) : own
    issuer = `${keyFile ? 'https' : 'http'}://127.0.0.1:${port}`
    accessToken = signJWT('at+jwt', { iss: issuer, aud: clientID, sub: person.sub, principal_type: 'User' })
    return issuer
  },
  delay(milliseconds: number) {
    delay = milliseconds
  },
  requests: () => requests,
})

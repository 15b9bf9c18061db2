import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newKey, signJWS } from '../conformance/signing.js'
import { serveParent } from './child.js'
import { type Fate, type Fault, fateOf } from './fault.js'

// xAI as the soak needs it, in a process of its own. A code says which sign-in it is and what goes wrong in it, so that
// whoever drives the soak knows how each has to end.

/** A device sign-in that has begun. */
interface Device {
  readonly number: number
  readonly fate: Fate
  /** Times are milliseconds of a clock that nobody sets. */
  readonly decision: number
  /** Seconds. */
  interval: number
  /** Before this, nobody may ask. */
  due: number
  questions: number
}

const [key, foreignKey] = [newKey(), newKey()]
const huge = 'x'.repeat(2 * 1024 * 1024)
const exchanged = new Set<string>()
const used = new WeakSet<object>()
const devices = new Map<string, Device>()
let [begun, questions, slack, decisionTime] = [0, 0, Number.POSITIVE_INFINITY, 0]
/** What the client did that it may not. */
const wrong: string[] = []
let issuer = ''

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

function send(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

const cut = (res: ServerResponse): void => {
  res.writeHead(200, { 'content-length': 99 }).write('{"access_token":', () => res.destroy())
}

function buildTokens(number: number | string, clientID: unknown, fault = '', nonce?: string): object {
  const sub = `person-${number}`
  const access_token = `${fault}~${sub}`
  const iat = Math.floor(Date.now() / 1000)
  const at_hash = sha256(access_token).subarray(0, 16).toString('base64url')
  // Without a name, userinfo is asked.
  const name = fault.startsWith('userinfo') ? undefined : sub
  const claims = { iss: issuer, aud: clientID, sub, name, nonce, iat, exp: iat + 3600, at_hash }
  const signer = fault === 'forged id_token' ? foreignKey : key
  const id_token = signJWS({ alg: 'ES256', kid: key.jwk.kid }, claims, { key: signer.privateKey })
  return { access_token, token_type: 'Bearer', expires_in: 3600, id_token }
}

const breaks: Partial<Record<Fault, (res: ServerResponse) => void>> = {
  'connection reset': ({ req }) => req.socket.resetAndDestroy(),
  'cut in the body': cut,
  'not HTTP': ({ req }) => req.socket.end('\u0000garbage\r\n\r\n'),
  'not JSON': (res) => res.end('<html>Just a moment…</html>'),
  'oversized body': (res) => res.end(huge),
  'HTTP 503': (res) => send(res, 503, { error: 'temporarily_unavailable' }),
  'no response': () => undefined,
}

function exchange(res: ServerResponse, form: URLSearchParams, wasUsed: boolean): void {
  const code = form.get('code') ?? ''
  const [fault = '', number = '', nonce = '', challenge = ''] = code.split('~')
  if (fault === 'used connection closed' && wasUsed) return void res.destroy()
  const respond = breaks[fault as Fault]
  if (respond) return respond(res)
  if (exchanged.has(number)) wrong.push(`the code of sign-in ${number} came twice`)
  exchanged.add(number)
  const verifier = sha256(form.get('code_verifier') ?? '').toString('base64url')
  const isEchoed = form.get('code_challenge') === challenge && verifier === challenge
  if (isEchoed) send(res, 200, buildTokens(number, form.get('client_id'), fault, nonce))
  else send(res, 400, { error: 'invalid_grant' })
}

function beginDevice(res: ServerResponse): void {
  const number = begun++
  const fate = fateOf(number)
  const [now, interval] = [performance.now(), 5]
  const decision = now + (number % 97) * (decisionTime / 97)
  const device_code = `device-code-${number}`
  devices.set(device_code, { number, fate, decision, interval, due: now + interval * 1000, questions: 0 })
  const expires_in = fate === 'LATE' ? Math.ceil(decisionTime / 1000) : 900
  const codes = { device_code, user_code: `${fate}-${number}`, verification_uri: `${issuer}/device` }
  send(res, 200, { ...codes, expires_in, interval })
}

/** A question about a device: one in 20 meets trouble at first, and one in 20 is told to slow down. */
function respondAboutDevice(res: ServerResponse, form: URLSearchParams, wasUsed: boolean): void {
  const now = performance.now()
  const device = devices.get(form.get('device_code') ?? '')
  questions++
  if (!device) {
    wrong.push(`asked about ${form.get('device_code')} after its end`)
    return send(res, 400, { error: 'invalid_grant' })
  }
  const { number, fate, decision, due } = device
  slack = Math.min(slack, now - due)
  // Two clocks round differently.
  if (now < due - 5) wrong.push(`asked about device ${number} ${due - now} ms too early`)
  const isFirst = device.questions++ === 0
  if (isFirst && number % 20 === 5) device.interval += 5
  const isInTrouble = isFirst && number % 20 === 12
  device.due = now + device.interval * 1000 * (isInTrouble ? 2 : 1)
  if (isInTrouble && number % 40 === 12) {
    // A request that meets the end of a used connection goes out once more: docs/decisions/request-sent-once-more.md.
    if (wasUsed) device.due = now
    return void res.destroy()
  }
  if (isInTrouble) return send(res, 503, {})
  if (isFirst && number % 20 === 5) return send(res, 400, { error: 'slow_down' })
  if (now < decision || fate === 'LATE') return send(res, 400, { error: 'authorization_pending' })
  devices.delete(`device-code-${number}`)
  if (fate === 'DENIED') send(res, 400, { error: 'access_denied' })
  else send(res, 200, buildTokens(number, form.get('client_id')))
}

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const wasUsed = used.has(req.socket)
  used.add(req.socket)
  const form = new URLSearchParams(Buffer.concat(await req.toArray()).toString())
  switch (req.url) {
    case '/.well-known/jwks.json':
      return send(res, 200, { keys: [key.jwk] })
    case '/oauth2/device/code':
      return beginDevice(res)
    case '/oauth2/token':
      return form.has('device_code') ? respondAboutDevice(res, form, wasUsed) : exchange(res, form, wasUsed)
    case '/oauth2/userinfo':
      return req.headers.authorization?.includes('cut') ? cut(res) : send(res, 500, {})
    default:
      wrong.push(`${req.method} ${req.url}`)
      return send(res, 404, {})
  }
}

const server = createServer((req, res) => void handle(req, res))

serveParent({
  /** Gives the issuer; people decide about a device within so many milliseconds. */
  async start(decideWithin: number): Promise<string> {
    decisionTime = decideWithin
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return issuer
  },
  connections: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
  report: () => ({ begun, questions, slack, wrong: wrong.slice(0, 10) }),
  close: () => server.closeAllConnections(),
})

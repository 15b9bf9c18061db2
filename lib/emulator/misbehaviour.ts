import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { findMeant, optionError } from '../check.js'
import type { Misbehaviour } from './emulator.js'
import type { Context } from './oidc-provider.js'
import { boolean, checkRules, integer, isRecord, oneOf, type Rules } from './option.js'
import { isDevicePath, paths } from './page.js'
import type { EmulatorState } from './state.js'

const where = 'misbehaveOnce'

const rules: Rules<keyof Misbehaviour> = {
  path: [(value) => typeof value === 'string', 'the path of an endpoint'],
  status: integer(200, 599, 'an HTTP status from 200 to 599'),
  headers: [isRecord, 'an object of headers'],
  body: [(value) => typeof value === 'string' || value instanceof Uint8Array, 'a string or a Buffer'],
  delay: [(value) => typeof value === 'number' && value >= 0, 'a number of milliseconds'],
  cut: oneOf('before-headers', 'in-body'),
  endless: boolean,
  carriedOut: boolean,
}

/** @throws {TypeError} that names what is wrong and says what to write */
export function orderMisbehaviour({ settings, misbehaviours }: EmulatorState, order: Misbehaviour): void {
  checkRules(where, order, rules, 'path')
  const { path } = order
  const served = Object.values(paths).filter((known) => settings.deviceFlow || !isDevicePath(known))
  if (served.some((known) => known === path)) return void misbehaviours.push(order)
  const meant = findMeant(path, served)
  const advice = meant ? `write ${meant}` : `the paths are ${served.join(', ')}`
  throw optionError(where, `there is nothing at the path ${path}; ${advice}`)
}

/** The bytes of a response as Koa would send them. */
const bytesOf = ({ body }: Context): Buffer =>
  Buffer.from(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body ?? ''))

/** The bytes, or spaces, again and again. */
function* repeat(bytes: Buffer): Generator<Buffer> {
  const repeated = bytes.length > 0 ? bytes : Buffer.from(' ')
  // In large pieces, because each is a chunk of its own, and newer versions of Node take long over many small ones.
  const chunk = Buffer.alloc(repeated.length * Math.ceil(8_192 / repeated.length), repeated)
  for (;;) yield chunk
}

/** Responds as it was ordered. Throws when nothing shall be sent, or when the client goes away while it waits. */
export async function misbehave(
  ctx: Context,
  order: Misbehaviour,
  respond: () => Promise<void>,
): Promise<void> {
  const { status, headers = {}, body, delay = 0, cut, endless = false } = order
  const isOrdinary = status === undefined && body === undefined && cut !== 'before-headers' && !endless
  if (order.carriedOut ?? isOrdinary) await respond()
  if (!isOrdinary) {
    for (const name of ctx.res.getHeaderNames()) ctx.remove(name)
    ctx.body = Buffer.from(body ?? '')
    ctx.type = 'application/json'
    // Not by Koa, which refuses a status without a name, such as 299.
    ctx.res.statusCode = status ?? 200
  }
  if (delay > 0) {
    const gone = once(ctx.res, 'close').then(() => Promise.reject(new Error('The client went away')))
    const isForever = delay === Number.POSITIVE_INFINITY
    await Promise.race([gone, isForever ? gone : setTimeout(delay, undefined, { ref: false })])
  }
  if (cut === 'before-headers') throw new Error('The connection is cut, as it was ordered')
  if (endless) ctx.body = Readable.from(repeat(bytesOf(ctx)))
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) ctx.res.setHeader(name, value)
  if (cut === 'in-body') {
    const bytes = bytesOf(ctx)
    ctx.respond = false
    ctx.res.setHeader('content-length', bytes.length + 1)
    ctx.res.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => ctx.res.destroy())
  }
}

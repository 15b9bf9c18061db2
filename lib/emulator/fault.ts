import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Misbehaviour } from './misbehaviour.js'
import type { Context } from './oidc-provider.js'

const usesOrdinaryResponse = ({ status, body, cut, endless }: Misbehaviour): boolean =>
  status === undefined && body === undefined && cut !== 'before-headers' && !endless

/** Waits as long as the misbehaviour wants; rejects when the connection closes before. */
async function waitFor({ delay: milliseconds = 0 }: Misbehaviour, response: ServerResponse): Promise<void> {
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  if (milliseconds === Number.POSITIVE_INFINITY)
    await new Promise((_resolve, reject) => closed.signal.addEventListener('abort', reject))
  if (milliseconds > 0) await delay(milliseconds, undefined, { signal: closed.signal })
}

/** The bytes of a response as Koa would send them. */
const bytesOf = (body: unknown): Buffer =>
  Buffer.from(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body ?? ''))

/** Sends the body, or spaces, again and again, as fast as the client reads. */
function sendEndlessly(response: ServerResponse, bytes: Buffer): void {
  const repeated = bytes.length > 0 ? bytes : Buffer.from(' ')
  // In large pieces, because each is a chunk of its own, and newer versions of Node take long over many small ones.
  const chunk = Buffer.alloc(repeated.length * Math.ceil(8_192 / repeated.length), repeated)
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.removeHeader('content-length')
  response.on('drain', write)
  write()
}

/** Sends half of the body that the headers promise, and destroys the connection. */
function sendHalf(response: ServerResponse, bytes: Buffer): void {
  response.setHeader('content-length', bytes.length + 1)
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy())
}

/**
 * Responds as it was ordered.
 *
 * @param respond lets the ordinary response come about, which is asked for only when it is needed
 * @returns whether a status is sent; rejects when the client goes away while it waits
 */
export async function misbehave(
  ctx: Context,
  misbehaviour: Misbehaviour,
  respond: () => Promise<void>,
): Promise<boolean> {
  const usesOrdinary = usesOrdinaryResponse(misbehaviour)
  const { status = 200, headers = {}, body = '', cut, endless, carriedOut = usesOrdinary } = misbehaviour
  if (carriedOut) await respond()
  if (!usesOrdinary) {
    for (const name of ctx.res.getHeaderNames()) ctx.remove(name)
    ctx.body = Buffer.from(body)
    ctx.type = 'application/json'
    // Not by Koa, which refuses a status without a name, such as 299.
    ctx.res.statusCode = status
  }
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) ctx.res.setHeader(name, value)
  await waitFor(misbehaviour, ctx.res)
  if (cut === undefined && !endless) return true
  ctx.respond = false
  if (cut === 'before-headers') ctx.res.destroy()
  else if (endless) sendEndlessly(ctx.res, bytesOf(ctx.body))
  else sendHalf(ctx.res, bytesOf(ctx.body))
  return cut !== 'before-headers'
}

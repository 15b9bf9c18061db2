import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './answer.js'

/** How the next request of a path shall be answered. */
export interface Misbehaviour {
  /** The path whose next request this is for, such as `/oauth2/token`. */
  readonly path: string
  /** The HTTP status of the answer. With neither `status` nor `body`, the ordinary answer is the base. */
  readonly status?: number
  /** Added to the headers of the answer, or put in their place. */
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
  /** Milliseconds to wait before the answer; `Infinity` never answers. */
  readonly delay?: number
  /** Destroys the connection before the first byte of the answer, or halfway through its body. */
  readonly cut?: 'before-headers' | 'in-body'
  /** Repeats the body until the client or the emulator closes the connection. */
  readonly endless?: boolean
  /**
   * Whether the request is carried out although its answer is another or gets lost: a code or a refresh token is
   * spent then. Default: only when the ordinary answer is the base.
   */
  readonly carriedOut?: boolean
}

type Rule = readonly [isValid: (value: unknown) => boolean, write: string]

const rules: Readonly<Record<keyof Misbehaviour, Rule>> = {
  path: [(value) => typeof value === 'string' && value.startsWith('/'), 'a path that begins with /'],
  status: [
    (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
    'an HTTP status from 200 to 599',
  ],
  headers: [(value) => typeof value === 'object' && value !== null, 'an object of headers'],
  body: [(value) => typeof value === 'string' || Buffer.isBuffer(value), 'a string or a Buffer'],
  delay: [(value) => typeof value === 'number' && value >= 0, 'a number of milliseconds'],
  cut: [(value) => value === 'before-headers' || value === 'in-body', "'before-headers' or 'in-body'"],
  endless: [(value) => typeof value === 'boolean', 'true or false'],
  carriedOut: [(value) => typeof value === 'boolean', 'true or false'],
}

/** A TypeError names what is wrong and says what to write. */
export function checkMisbehaviour(misbehaviour: Misbehaviour): void {
  for (const [name, [isValid, write]] of Object.entries(rules)) {
    const value = misbehaviour[name as keyof Misbehaviour]
    if (!isValid(value) && (value !== undefined || name === 'path'))
      throw new TypeError(`"${name}" of misbehaveOnce must be ${write}`)
  }
  const unknown = Object.keys(misbehaviour).find((name) => !Object.hasOwn(rules, name))
  if (unknown !== undefined) throw new TypeError(`misbehaveOnce knows no "${unknown}"`)
}

const usesOrdinaryAnswer = ({ status, body, cut, endless }: Misbehaviour): boolean =>
  status === undefined && body === undefined && cut !== 'before-headers' && !endless

/** The answer that is sent in the place of the ordinary one, which is asked for only when it is needed. */
export async function buildMisbehaviour(
  misbehaviour: Misbehaviour,
  answerOrdinarily: () => Promise<Answer>,
): Promise<Answer> {
  const {
    status = 200,
    headers = {},
    body = '',
    carriedOut = usesOrdinaryAnswer(misbehaviour),
  } = misbehaviour
  const ordinary = carriedOut ? await answerOrdinarily() : undefined
  if (ordinary && usesOrdinaryAnswer(misbehaviour))
    return { ...ordinary, headers: { ...ordinary.headers, ...headers } }
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** Waits as long as the misbehaviour wants; rejects when the connection closes before. */
export async function waitFor({ delay: milliseconds = 0 }: Misbehaviour, signal: AbortSignal): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY)
    await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
  await delay(milliseconds, undefined, { signal })
}

/** Sends an endless answer: the body, or spaces, again and again, as fast as the client reads. */
export function sendEndlessly(response: ServerResponse, { status, headers, body }: Answer): void {
  const repeated = body.length > 0 ? Buffer.from(body) : Buffer.from(' ')
  // In large pieces, because each is a chunk of its own, and newer versions of Node take long over many small ones.
  const chunk = Buffer.alloc(repeated.length * Math.ceil(8_192 / repeated.length), repeated)
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.writeHead(status, headers)
  response.on('drain', write)
  write()
}

/** Sends half of the body that the headers promise, and destroys the connection. */
export function sendHalf(response: ServerResponse, { status, headers, body }: Answer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length + 1 })
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy())
}

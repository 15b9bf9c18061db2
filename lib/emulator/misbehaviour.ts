import { findMeant, optionError } from '../check.js'
import { boolean, checkRules, integer, isRecord, oneOf, type Rules } from './rule.js'

/** What the response to the next request of a path shall be. */
export interface Misbehaviour {
  /** The path of the endpoint whose next request this is for, such as `/oauth2/token`. */
  readonly path: string
  /** The HTTP status of the response. With neither `status` nor `body`, the ordinary response is the base. */
  readonly status?: number
  /** Added to the headers of the response, or put in their place. */
  readonly headers?: Readonly<Record<string, string | string[] | number | undefined>>
  /** Sent as it is; the content type is JSON unless `headers` says another. */
  readonly body?: string | Uint8Array
  /** Milliseconds to wait before the response; `Infinity` never responds. */
  readonly delay?: number
  /** Destroys the connection before the first byte of the response, or halfway through its body. */
  readonly cut?: 'before-headers' | 'in-body'
  /** Repeats the body until the client or the emulator closes the connection. */
  readonly endless?: boolean
  /**
   * Whether the request is carried out although its response is another or gets lost: a code or a refresh token is
   * spent then. Default: only when the ordinary response is the base.
   */
  readonly carriedOut?: boolean
}

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

/** The misbehaviours that were ordered and not yet carried out. */
export class MisbehaviourQueue {
  private readonly orders: Misbehaviour[] = []

  constructor(private readonly paths: readonly string[]) {}

  /** @throws {TypeError} that names what is wrong and says what to write */
  order(misbehaviour: Misbehaviour): void {
    checkRules(where, misbehaviour, rules, 'path')
    const { path } = misbehaviour
    if (!this.paths.includes(path)) {
      const meant = findMeant(path, this.paths)
      const advice = meant ? `write ${meant}` : `the paths are ${this.paths.join(', ')}`
      throw optionError(where, `there is nothing at the path ${path}; ${advice}`)
    }
    this.orders.push(misbehaviour)
  }

  /** Removes and returns the first order for a path; without one, a misbehaviour that changes nothing. */
  take(path: string): Misbehaviour {
    const index = this.orders.findIndex((order) => order.path === path)
    const [order = { path }] = index < 0 ? [] : this.orders.splice(index, 1)
    return order
  }
}

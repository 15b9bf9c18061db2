import { tracingChannel } from 'node:diagnostics_channel'
import { debuglog, inspect } from 'node:util'

/** What a `passport-xai:request` event says of a request to xAI; see docs/diagnostics.md. */
export interface RequestEvent {
  /** Such as `xAI token exchange`. */
  what: string
  method: string
  /** Without query and fragment. */
  url: string
  /** HTTP status; absent without a response. */
  status?: number
  /** From sending the request until its response was read, or it failed. */
  milliseconds?: number
  /** Whether the request went out a second time, on a new connection. */
  resent?: boolean
  /** `aborted`: the caller's signal ended it. */
  outcome?: 'response' | 'timeout' | 'no_response' | 'too_large' | 'aborted'
}

/** What a `passport-xai:sign-in` event says of a request that a strategy handled. */
export interface SignInEvent {
  /** `xai` or `xai-device`. */
  strategy: string
  outcome?: 'redirect' | 'pending' | 'success' | 'fail' | 'error'
  /** The `code` of the info or error, and with `xai_state_invalid` its reason. */
  code?: string
  reason?: string
  milliseconds?: number
}

/** What a `passport-xai:refresh` event says of a refresh. */
export interface RefreshEvent {
  outcome?: 'refreshed' | 'revoked' | 'failed'
  code?: string
  status?: number
  milliseconds?: number
  /** Whether the token was known to be revoked, so that nothing was sent. */
  remembered?: boolean
}

interface Events {
  'sign-in': SignInEvent
  request: RequestEvent
  refresh: RefreshEvent
}

const channels = {
  'sign-in': tracingChannel<SignInEvent, SignInEvent>('passport-xai:sign-in'),
  request: tracingChannel<RequestEvent, RequestEvent>('passport-xai:request'),
  refresh: tracingChannel<RefreshEvent, RefreshEvent>('passport-xai:refresh'),
}

/** Whether somebody listens to a channel; then {@link trace} is worth its while. */
export const isTraced = (name: keyof Events): boolean => channels[name].hasSubscribers

/**
 * Publishes the start of something and, when `run` has settled, its end with what `conclude` says of it.
 * Node's `tracePromise` would publish results and errors, which hold secrets.
 */
export async function trace<Name extends keyof Events, Result>(
  name: Name,
  event: Events[Name],
  run: () => Promise<Result>,
  conclude: (result: Result | undefined, error: unknown) => Partial<Events[Name]>,
): Promise<Result> {
  const channel = channels[name] as unknown as ReturnType<typeof tracingChannel<object, object>>
  const began = performance.now()
  const finish = (result: Result | undefined, error: unknown): void => {
    Object.assign(event, { milliseconds: performance.now() - began }, conclude(result, error))
    channel.asyncStart.publish(event)
    channel.asyncEnd.publish(event)
  }
  // Inside `start`, so that a tracer's span is the parent of whatever `run` does.
  const settled = channel.start.runStores(event, () => {
    const promise = run()
    channel.end.publish(event)
    return promise
  })
  try {
    const result = await settled
    finish(result, undefined)
    return result
  } catch (error) {
    finish(undefined, error)
    throw error
  }
}

/** Prints a line for each outcome under `NODE_DEBUG=passport-xai`. */
export const debug = debuglog('passport-xai')

/**
 * Makes an error that no sign-in can report any more a warning of the process (`process.on('warning')`), so that
 * it is not lost. Of an error only the stack is told: its fields may hold what no log should.
 */
export function emitErrorWarning(what: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : inspect(error, { depth: 0 })
  process.emitWarning(`${what}: ${words}`, 'XaiStrategyWarning')
}

const warned = new Set<string>()

/** Where README says what to do. */
const readme = 'https://www.npmjs.com/package/passport-xai#sign-in-failed'

/** Warns of a sign-in that failed for a reason that an operator has to mend, once a process for each `topic`. */
export const warnOfFailedSignIn = (topic: string, what: string, message: string): void =>
  warnOnce(topic, `xAI sign-in failed (${what}). ${message} See ${readme}`)

/** Warns of something that an operator has to mend, once a process for each `topic`. */
export function warnOnce(topic: string, message: string): void {
  if (warned.has(topic)) return
  warned.add(topic)
  process.emitWarning(message, { type: 'XaiStrategyWarning', code: topic })
}

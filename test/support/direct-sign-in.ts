import type { Request } from 'express'
import type { XaiAuthenticateOptions } from '../../lib/index.js'
import { CookieClient } from './browserless-client.js'
import { type PassportAction, run } from './passport-run.js'

/** The Passport action that a request ended with. */
export interface Action {
  kind: PassportAction['kind']
  /** The location, the user, the info or the error. */
  value: unknown
  /** The info of a success, or the status of a failure. */
  detail?: unknown
}

type BareRequest = Partial<Pick<Request, 'query' | 'method' | 'headers' | 'body' | 'url'>> & {
  session?: object
}

/** Runs one request through a strategy as Passport does, on an object derived from it. */
export async function act(
  strategy: object,
  req: BareRequest,
  options?: XaiAuthenticateOptions,
): Promise<Action> {
  const [action] = await run(strategy, req, options)
  const { kind, values } = action as PassportAction
  return { kind, value: values[0], detail: values[1] }
}

/**
 * A whole sign-in at an issuer that shows no pages: begin, redirect there and back, callback. Both requests get the
 * same options unless the callback is given its own.
 */
export async function signInDirectly(
  strategy: object,
  options?: XaiAuthenticateOptions,
  callbackOptions = options,
): Promise<Action> {
  const session = {}
  const begun = await act(strategy, { session }, options)
  if (begun.kind !== 'redirect') return begun
  const callback = await new CookieClient().open(String(begun.value), (location) =>
    new URL(location).searchParams.has('state'),
  )
  const query = Object.fromEntries(new URL(String(callback.headers.location)).searchParams)
  return act(strategy, { session, query }, callbackOptions)
}

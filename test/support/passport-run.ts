import type { Request } from 'express'
import type { XaiAuthenticateOptions, XaiStrategy } from '../../lib/index.js'

/** One call of one of Passport's actions. */
export interface PassportAction {
  kind: 'redirect' | 'success' | 'fail' | 'error'
  /** What the action was called with. */
  values: unknown[]
}

/** Every action of a request; the list goes on to fill if there is more than one. */
export type PassportActions = readonly PassportAction[]

/** Runs a request through a strategy as Passport does; resolves with the first action. */
export function run(
  strategy: object,
  request: object,
  options?: XaiAuthenticateOptions,
): Promise<PassportActions> {
  return new Promise((resolve) => {
    const actions: PassportAction[] = []
    const record =
      (kind: PassportAction['kind']) =>
      (...values: unknown[]): void => {
        actions.push({ kind, values })
        resolve(actions)
      }
    const derived = Object.assign(Object.create(strategy) as XaiStrategy, {
      redirect: record('redirect'),
      success: record('success'),
      fail: record('fail'),
      error: record('error'),
    })
    derived.authenticate(
      { method: 'GET', url: '/', headers: {}, query: {}, ...request } as unknown as Request,
      options,
    )
  })
}

/** A sign-in that has begun: the browser's session, and the authorization request. */
export interface BegunSignIn {
  location: string
  session: object
  parameters: URLSearchParams
}

/** Begins a sign-in, as the first click does. */
export async function begin(strategy: XaiStrategy, options?: XaiAuthenticateOptions): Promise<BegunSignIn> {
  const session = {}
  const [action] = await run(strategy, { session }, options)
  if (action?.kind !== 'redirect') throw action?.values[0]
  const location = String(action.values[0])
  return { session, location, parameters: new URL(location).searchParams }
}

/** Ends a sign-in with the callback that brings this code. */
export function finish(
  strategy: XaiStrategy,
  { session, parameters }: BegunSignIn,
  code: string,
  options?: XaiAuthenticateOptions,
): Promise<PassportActions> {
  return run(strategy, { session, query: { code, state: parameters.get('state') } }, options)
}

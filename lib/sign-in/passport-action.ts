import { inspect } from 'node:util'
import type { Request } from 'express'
import { emitErrorWarning } from '../diagnostics.js'

/** How a request to the strategy ends; exactly one of Passport's actions follows from it. */
export type Outcome =
  | { kind: 'redirect'; location: string }
  | { kind: 'success'; user: unknown; info: object | undefined }
  | { kind: 'fail'; info: unknown; status?: number }
  | { kind: 'error'; error: unknown }

/** The functions that Passport puts onto a strategy for one request. */
interface PassportActions {
  redirect(location: string): unknown
  success(user: unknown, info?: object): unknown
  fail(info: unknown, status?: number): unknown
  error(error: unknown): unknown
}

/**
 * Binds the one place where Passport is told how a request ended. To be called before anything else happens to
 * the request: given an instance instead of a name, Passport writes its actions onto that shared instance, and
 * the next request's would sign one person in as another.
 */
export function bindPassport(strategy: object, req: Request): (outcome: Outcome) => void {
  const { redirect, success, fail, error } = strategy as PassportActions
  const actions = { redirect, success, fail, error }
  const { next } = req as { next?: (error: unknown) => unknown }
  const handle = next ?? actions.error
  return (outcome) => {
    try {
      // An application may write its callback as an async function.
      Promise.resolve(perform(actions, outcome)).catch((thrown: unknown) => passOn(thrown, handle))
    } catch (thrown) {
      passOn(thrown, handle)
    }
  }
}

function perform(actions: PassportActions, outcome: Outcome): unknown {
  switch (outcome.kind) {
    case 'redirect':
      return actions.redirect(outcome.location)
    case 'success':
      return actions.success(outcome.user, outcome.info)
    case 'fail':
      return actions.fail(outcome.info, outcome.status)
    case 'error':
      return actions.error(errorOf(outcome.error))
  }
}

/**
 * Hands on what the application's own code threw inside an action. That is no sign-in error, so it goes past the
 * callback of passport.authenticate, straight to the framework.
 */
function passOn(thrown: unknown, handle: (error: unknown) => unknown): void {
  try {
    handle(errorOf(thrown))
  } catch (again) {
    emitErrorWarning('nobody handles what the application threw', again)
  }
}

/** Without an error, frameworks take `next(error)` for leave to go on, past the sign-in that failed. */
const errorOf = (error: unknown): unknown =>
  error || new Error(`the sign-in failed with ${inspect(error, { depth: 0 })}`)

import type { Request } from 'express'

/** How a request to the strategy ends; exactly one of Passport's actions follows from it. */
export type Outcome =
  | { kind: 'redirect'; location: string }
  | { kind: 'success'; user: unknown; info: object | undefined }
  | { kind: 'fail'; info: unknown; status?: number }
  | { kind: 'error'; error: unknown }

/** The functions that Passport puts onto a strategy for one request. */
interface PassportActions {
  redirect(location: string): void
  success(user: unknown, info?: object): void
  fail(info: unknown, status?: number): void
  error(error: unknown): void
}

/**
 * Binds the one place where Passport is told how a request ended. To be called before anything else happens to
 * the request: given an instance instead of a name, Passport writes its actions onto that shared instance, and
 * the next request's would sign one person in as another.
 */
export function bindPassport(strategy: object, req: Request): (outcome: Outcome) => void {
  const { redirect, success, fail, error } = strategy as PassportActions
  const actions = { redirect, success, fail, error }
  const { next } = req as { next?: (error: unknown) => void }
  return (outcome) => {
    try {
      perform(actions, outcome)
    } catch (thrown) {
      // The application's own code threw inside the action. That is no sign-in error, so it goes past the
      // callback of passport.authenticate, straight to the framework.
      passOn(thrown, next ?? actions.error)
    }
  }
}

function perform(actions: PassportActions, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'redirect':
      return actions.redirect(outcome.location)
    case 'success':
      return actions.success(outcome.user, outcome.info)
    case 'fail':
      return actions.fail(outcome.info, outcome.status)
    case 'error':
      return actions.error(outcome.error)
  }
}

function passOn(thrown: unknown, handle: (error: unknown) => void): void {
  try {
    handle(thrown)
  } catch (again) {
    process.emitWarning(`nobody handles what the application threw: ${again}`, 'XaiStrategyWarning')
  }
}

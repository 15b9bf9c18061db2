import { inspect } from 'node:util'
import type { Request } from 'express'
import {
  debug,
  emitErrorWarning,
  isTraced,
  type SignInEvent,
  trace,
  warnOfFailedSignIn,
} from '../diagnostics.js'
import { XaiOAuthError } from '../error.js'
import { isStateFailureReason } from '../state/state-store.js'

/** How a request to a strategy ends; exactly one of Passport's actions follows from it. */
export type Outcome =
  | { kind: 'redirect'; location: string }
  | { kind: 'success'; user: unknown; info: object | undefined }
  | { kind: 'fail'; info: unknown; status?: number }
  | { kind: 'error'; error: unknown }
  /** The device strategy has sent its own response. */
  | { kind: 'pending'; send: () => void }

/** Refuses a request that is not from xAI. Nothing is sent, and no new sign-in begins, which could go round in a loop. */
export const refuse = (problem: string): Outcome => ({
  kind: 'fail',
  info: {
    code: 'xai_callback_invalid',
    message: `This request neither begins nor ends a sign-in: ${problem}.`,
  },
  status: 400,
})

/** `Sec-Fetch-Dest` of a page that is loaded, or of a script's `fetch`; an image, a style or a script is neither. */
const destinations = new Set(['document', 'iframe', 'frame', 'empty'])

/**
 * Why a request may neither begin nor end a sign-in, whatever its parameters; `undefined` when it may. Scanners,
 * browsers that look ahead, and other sites' images must not spend the code of the person who comes after them, nor
 * begin sign-ins that push out those of the person.
 */
export function findPurposeProblem({ method = 'GET', headers = {} }: Partial<Request>): string | undefined {
  if (method !== 'GET' && method !== 'POST') return `its method is ${method}`
  const purposes = [headers['sec-purpose'], headers.purpose, headers['x-moz']]
  if (/prefetch|prerender/i.test(purposes.join())) return 'it is a prefetch'
  const destination = headers['sec-fetch-dest'] ?? 'document'
  const isForeignScript = destination === 'empty' && headers['sec-fetch-site'] === 'cross-site'
  if (isForeignScript)
    return 'a script of another site sent it (xAI does that on loopback: see loopbackRelay)'
  return destinations.has(`${destination}`) ? undefined : 'it is for a part of a page, such as an image'
}

/** What Passport puts onto a strategy for one request. */
interface PassportStrategy {
  name: string
  redirect(location: string): unknown
  success(user: unknown, info?: object): unknown
  fail(info: unknown, status?: number): unknown
  error(error: unknown): unknown
}

/**
 * Runs `decide` and tells Passport its outcome by exactly one action; a rejection is Passport's `error`. The only
 * place where Passport is told anything.
 */
export function endWithOneAction(strategy: object, req: Request, decide: () => Promise<Outcome>): void {
  // Taken before anything else happens to the request: given an instance instead of a name, Passport writes its actions
  // onto that shared instance, and the next request's would sign one person in as another.
  const { name, redirect, success, fail, error } = strategy as PassportStrategy
  const actions = { name, redirect, success, fail, error }
  const { next } = req as { next?: (error: unknown) => unknown }
  const passOn = next ?? error
  const act = (outcome: Outcome): void => {
    if (debug.enabled) debug('%s: %s', name, Object.values(eventOf(outcome)).join(' '))
    try {
      // An application may write its callback as an async function.
      Promise.resolve(perform(actions, outcome)).catch((thrown: unknown) => passThrown(thrown, passOn))
    } catch (thrown) {
      passThrown(thrown, passOn)
    }
  }
  observe(name, decide).then(act, (reason: unknown) => act({ kind: 'error', error: reason }))
}

function observe(strategy: string, decide: () => Promise<Outcome>): Promise<Outcome> {
  if (!isTraced('sign-in')) return decide()
  return trace('sign-in', { strategy }, decide, (outcome, error) =>
    eventOf(outcome ?? { kind: 'error', error }),
  )
}

function perform(actions: PassportStrategy, outcome: Outcome): unknown {
  switch (outcome.kind) {
    case 'redirect':
      return actions.redirect(outcome.location)
    case 'success':
      return actions.success(outcome.user, outcome.info)
    case 'fail':
      return actions.fail(outcome.info, outcome.status)
    case 'error':
      warnOfUnknownClient(outcome.error)
      return actions.error(errorOf(outcome.error))
    case 'pending':
      return outcome.send()
  }
}

/** xAI's words for a wrong client id or secret (RFC 6749 §5.2), which only an operator can mend. */
function warnOfUnknownClient(error: unknown): void {
  if (!(error instanceof XaiOAuthError) || error.error !== 'invalid_client') return
  const message =
    'xAI does not know this client: check clientID, clientSecret and clientAuthentication, and that xAI has allowed the client.'
  warnOfFailedSignIn('xai_invalid_client', `${error.code}, invalid_client`, message)
}

const failureCodes = new Set<unknown>([
  'xai_callback_invalid',
  'xai_state_invalid',
  'xai_device_expired',
  'access_denied',
])

/** The words of an outcome that are from closed sets: an application's own `info` may hold what no event should. */
function eventOf(outcome: Outcome): Pick<SignInEvent, 'outcome' | 'code' | 'reason'> {
  const { kind } = outcome
  if (kind === 'error') {
    const { error } = outcome
    return { outcome: kind, ...(error instanceof XaiOAuthError && { code: error.code }) }
  }
  const { code, reason } = Object(kind === 'fail' ? outcome.info : undefined) as {
    code?: string
    reason?: unknown
  }
  return {
    outcome: kind,
    ...(failureCodes.has(code) && { code }),
    ...(code === 'xai_state_invalid' && isStateFailureReason(reason) && { reason }),
  }
}

/**
 * Hands on what the application's own code threw inside an action. That is not a sign-in error, so it goes past the
 * callback of passport.authenticate, straight to the framework.
 */
function passThrown(thrown: unknown, passOn: (error: unknown) => unknown): void {
  try {
    passOn(errorOf(thrown))
  } catch (again) {
    emitErrorWarning('nobody handles what the application threw', again)
  }
}

/** `next(undefined)` continues to the next handler, so a real Error is substituted. */
const errorOf = (error: unknown): unknown => error || new Error(`the sign-in failed with ${inspect(error)}`)

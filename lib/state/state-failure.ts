import type { Request } from 'express'
import { warnOfFailedSignIn } from '../diagnostics.js'
import { isSecureRequest } from './cookie.js'

/** Why a callback's state was refused; the set is closed. */
export type StateFailureReason =
  | 'missing'
  | 'unknown'
  | 'used'
  | 'expired'
  | 'mismatch'
  | 'unreadable'
  | 'superseded'

/** What `info` says of a refused state. */
export interface StateFailure {
  reason: StateFailureReason
  /** For the operator: the likely cause. */
  message: string
}

const messages: Readonly<Record<StateFailureReason, string>> = {
  missing:
    'No pending sign-in came with this callback. The session or cookie has expired or been replaced, or the sign-in began on another host name.',
  unknown:
    'This browser has no such sign-in pending: it began in another browser, or it gave way because more than 8 were pending in this one.',
  used: 'This sign-in was completed already: the callback was loaded a second time.',
  expired: 'This sign-in began more than 10 minutes ago and has expired. Begin again.',
  mismatch:
    'This sign-in began with another client ID, issuer, token URL or callbackURL than the callback expects, or with openid in the scope of one request alone. Pass the same ones to both requests.',
  unreadable:
    'The cookie of this sign-in cannot be opened: it was changed on its way, or sealed with a secret that this process does not have.',
  superseded:
    'Somebody signed in or out here after this sign-in began (perhaps by this very callback, loaded a second time), and that ends pending sign-ins. Begin again.',
}

/** Builds the failure of a reason. */
export const buildStateFailure = (reason: StateFailureReason, message = messages[reason]): StateFailure => ({
  reason,
  message,
})

/** Types what a store gave in place of a sign-in: ours say both, others a message at most, or anything. */
export function parseStateFailure(given: unknown): StateFailure {
  const { reason, message } = Object(given) as Partial<Record<keyof StateFailure, unknown>>
  const known = Object.hasOwn(messages, String(reason)) ? (reason as StateFailureReason) : 'unknown'
  return buildStateFailure(known, typeof message === 'string' ? message : undefined)
}

const cookielessMessage =
  'The browser sent no cookie with this callback. Usual causes: the sign-in began on another host name (localhost is not 127.0.0.1), ' +
  'the cookie is SameSite=Strict, or it is Secure and the address is http.'

/**
 * Says why a callback came without any pending sign-in, as precisely as its request shows.
 *
 * @param beganOn the host name on which this very sign-in began, if this process knows it
 * @param sessionCookie how the session's cookie is set, where sign-ins are kept in a session
 */
export function explainMissing(req: Request, beganOn: string | undefined, sessionCookie?: unknown): string {
  const { secure, sameSite } = Object(sessionCookie) as { secure?: unknown; sameSite?: unknown }
  if (secure === true && !isSecureRequest(req)) {
    return 'The session cookie is Secure, but this request came by http, so no session is kept. Use https; behind a proxy, let the framework trust it (Express: app.set("trust proxy", 1)).'
  }
  if (sameSite === true || sameSite === 'strict') {
    return 'The session cookie is SameSite=Strict, so browsers do not send it with the redirect from xAI. Use SameSite=Lax.'
  }
  const host = hostOf(req)
  if (beganOn && host && beganOn !== host) {
    return `This sign-in began on ${beganOn}, but its callback came to ${host}, and cookies stay with their host name. Open the application under the host name of its callbackURL.`
  }
  return req.headers?.cookie === undefined ? cookielessMessage : messages.missing
}

/** The host name that a request was sent to; `undefined` of anything that is not a plain one. */
export function hostOf({ headers }: Request): string | undefined {
  const [, name] = /^([\w.-]{1,255}|\[[\da-f:]{2,39}\])(?::\d+)?$/i.exec(headers?.host ?? '') ?? []
  return name?.toLowerCase()
}

/** Failures that an operator can mend, and nobody else. */
const mendable: ReadonlySet<StateFailureReason> = new Set(['missing', 'mismatch', 'unreadable'])

/** Warns of a failure that an operator has to mend, once a process for each reason. */
export function warnOfFailure({ reason, message }: StateFailure): void {
  if (mendable.has(reason)) warnOfFailedSignIn(`xai_state_${reason}`, `xai_state_invalid, ${reason}`, message)
}

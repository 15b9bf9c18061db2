/** Why a callback's state was refused; the set is closed. */
export type StateFailureReason = 'missing' | 'unknown' | 'used' | 'expired' | 'mismatch' | 'unreadable'

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
    'This browser has no such sign-in pending: it began in another browser, or so long ago that it gave way to newer ones.',
  used: 'This sign-in was completed already: the callback was loaded a second time.',
  expired: 'This sign-in began more than 10 minutes ago and has expired. Begin again.',
  mismatch:
    'This sign-in began with another client ID, issuer or callbackURL than the callback expects. Pass the same ones to both requests.',
  unreadable:
    'The cookie of this sign-in cannot be opened: it was changed on its way, or sealed with a secret that this process does not have.',
}

const noCookieMessage =
  'The browser sent no cookie with this callback. Usual causes: the sign-in began on another host name (localhost is not 127.0.0.1), ' +
  'the cookie is SameSite=Strict, or it is Secure and the address is http.'

/** Builds the failure of a reason; a request without any cookie gets the causes of that. */
export function buildStateFailure(
  reason: StateFailureReason,
  { headers }: { headers?: { cookie?: string | undefined } } = {},
): StateFailure {
  const cookieless = reason === 'missing' && headers?.cookie === undefined
  return { reason, message: cookieless ? noCookieMessage : messages[reason] }
}

/** Types what a store gave in place of a sign-in: ours say both, others a message at most, or anything. */
export function parseStateFailure(given: unknown): StateFailure {
  const { reason, message } = Object(given) as Partial<Record<keyof StateFailure, unknown>>
  const known = Object.hasOwn(messages, String(reason)) ? (reason as StateFailureReason) : 'unknown'
  return { reason: known, message: typeof message === 'string' ? message : messages[known] }
}

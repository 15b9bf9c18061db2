import { type XaiErrorCode, XaiOAuthError } from 'passport-xai'

/** What the strategies report, with their errors or when they call `fail`, and what the application adds. */
export type ProblemCode =
  | XaiErrorCode
  | 'access_denied'
  | 'xai_device_expired'
  | 'form_invalid'
  | 'refresh_token_missing'
  | 'not_found'
  | 'unexpected'

/** Something that ends on the problem page. */
export class Problem extends Error {
  /** Why a state was refused. */
  reason?: string | undefined
  /** Seconds that xAI asks to wait. */
  retryAfter?: number | undefined

  constructor(
    readonly code: ProblemCode,
    message: string,
    /** HTTP status. */
    readonly status: number,
  ) {
    super(message)
  }

  /** From what Passport says of a sign-in that failed. */
  static fromRefusal(info: unknown, status: unknown): Problem {
    const { code = 'unexpected', message = 'The sign-in failed.', reason } = Object(info)
    return Object.assign(new Problem(code, message, Number(status ?? 401)), { reason })
  }

  /** From whatever was thrown; what an unexpected error says is for the log alone. */
  static fromError(error: unknown): Problem {
    if (error instanceof Problem) return error
    if (error instanceof XaiOAuthError) {
      const { code, message, status, retryAfter } = error
      return Object.assign(new Problem(code, message, status), { retryAfter })
    }
    const { status } = Object(error)
    if (status >= 400 && status < 500) return new Problem('form_invalid', 'The request is malformed.', status)
    return new Problem('unexpected', 'The application failed. Its log says why.', 500)
  }
}

/** What the problem page says. */
export interface Advice {
  title: string
  /** For the person who reads the page. */
  person: string
  /** For the operator, whom that person may call. */
  operator?: string
  /** What the page's one button does. */
  next: 'sign in' | 'go on'
}

/** The advice on a problem: by the reason of a refused state, else by the code. */
export function adviceOn({ code, reason }: Problem): Advice {
  if (code === 'xai_state_invalid' && reason && Object.hasOwn(adviceByReason, reason)) {
    return adviceByReason[reason as keyof typeof adviceByReason]
  }
  return Object.hasOwn(adviceByCode, code) ? adviceByCode[code] : adviceByCode.unexpected
}

const checkSettings = 'Compare client id, callback URL and scopes with what xAI registered, to the letter.'
const checkProxy = 'If it comes back, look for a proxy between this machine and xAI that changes responses.'

/** By the reason of `xai_state_invalid`. Whoever is signed in already does not get here: the application sends them on. */
export const adviceByReason = {
  missing: {
    title: 'Your browser lost this sign-in',
    person: 'Sign in again, and stay in this browser until you are back here.',
    operator:
      'The session or its cookie did not come back. It must be SameSite=Lax, Secure with https alone, and of the host name of the callback: localhost is not 127.0.0.1. Every process needs the same session store and secret.',
    next: 'sign in',
  },
  unknown: {
    title: 'This sign-in did not begin here',
    person:
      'It began in another browser, or long ago. If a link brought you here, somebody else may have begun it: do not follow that link again.',
    next: 'sign in',
  },
  used: {
    title: 'This sign-in is over',
    person: 'It was completed before, and works once. Sign in again if you are not signed in.',
    next: 'sign in',
  },
  expired: {
    title: 'This sign-in took too long',
    person: 'More than ten minutes passed, so it is no longer good. Sign in again.',
    next: 'sign in',
  },
  superseded: {
    title: 'This sign-in is over',
    person: 'Somebody signed in or out here since it began. Sign in again if you are not signed in.',
    next: 'sign in',
  },
  mismatch: {
    title: 'This sign-in does not fit',
    person: 'The application changed while you signed in. Sign in again.',
    operator: 'Both calls of passport.authenticate need the same client id, issuer and callback URL.',
    next: 'sign in',
  },
  unreadable: {
    title: 'This sign-in cannot be read',
    person: 'The application changed while you signed in. Sign in again.',
    operator:
      'Every process needs the same secrets. Keep an old one in the list for ten minutes after a change.',
    next: 'sign in',
  },
} satisfies Readonly<Record<string, Advice>>

/** By code, for everything else. */
export const adviceByCode: Readonly<Record<ProblemCode, Advice>> = {
  access_denied: {
    title: 'You declined at xAI',
    person: 'Nothing is broken. To use this application, sign in again and allow what it asks for.',
    next: 'sign in',
  },
  xai_state_invalid: {
    title: 'This sign-in cannot be completed',
    person: 'Sign in again, in one browser and at one address.',
    next: 'sign in',
  },
  xai_callback_invalid: {
    title: 'This address is not right',
    person: 'It was changed on its way, or it never came from xAI. Sign in again.',
    next: 'sign in',
  },
  xai_authorization_failed: {
    title: 'xAI did not let the sign-in begin',
    person: 'Try again in a moment. If it comes back, tell whoever runs this application.',
    operator: checkSettings,
    next: 'sign in',
  },
  xai_device_authorization_failed: {
    title: 'xAI gave no code to sign in with',
    person: 'Try again in a moment. If it comes back, tell whoever runs this application.',
    operator: `With HTTP 404, xAI has this way of signing in switched off. ${checkSettings}`,
    next: 'go on',
  },
  xai_device_expired: {
    title: 'The code has expired',
    person: 'It was not confirmed in time. Sign in again for a new one.',
    next: 'sign in',
  },
  xai_pkce_verifier_missing: {
    title: 'The application lost this sign-in',
    person: 'Sign in again. If it comes back, tell whoever runs this application.',
    operator: 'The state store of the application loses the code verifier that it is given to keep.',
    next: 'sign in',
  },
  xai_token_exchange_failed: {
    title: 'xAI did not complete the sign-in',
    person: 'Sign in again. If it comes back, wait a few minutes.',
    operator:
      'A code works once, for seconds. With invalid_client, check client id and secret. Where no callback can reach the application, people can use a code instead. With code_challenge in the response, leave echoCodeChallenge on. Without a response, check that this machine reaches the token endpoint.',
    next: 'sign in',
  },
  xai_token_exchange_invalid: {
    title: 'xAI sent something that nobody can use',
    person: 'Sign in again. If it comes back, tell whoever runs this application.',
    operator: checkProxy,
    next: 'sign in',
  },
  xai_oauth_tier_denied: {
    title: 'This xAI account is not entitled',
    person:
      'Signing in again with the same account does not help. Change its plan at xAI, or use another account.',
    next: 'sign in',
  },
  xai_id_token_invalid: {
    title: 'The identity from xAI could not be verified',
    person: 'Nobody was signed in. Try again; if it comes back, tell whoever runs this application.',
    operator:
      'Check the clock of this machine, the issuer and the client id. If they are right, somebody may be forging tokens.',
    next: 'sign in',
  },
  xai_identity_missing: {
    title: 'xAI did not say who you are',
    person: 'Sign in again, and choose your personal account at xAI, not a Team.',
    next: 'sign in',
  },
  xai_userinfo_failed: {
    title: 'xAI did not give your profile',
    person: 'Nobody was signed in. Try again in a moment.',
    next: 'sign in',
  },
  xai_userinfo_invalid: {
    title: 'xAI gave a profile that nobody can use',
    person: 'Nobody was signed in. Try again; if it comes back, tell whoever runs this application.',
    operator: `It has no sub, or another one than the id_token. ${checkProxy}`,
    next: 'sign in',
  },
  xai_refresh_failed: {
    title: 'The token could not be refreshed',
    person: 'You are still signed in. Try again in a moment.',
    operator:
      'If the response was lost on its way, the refresh token may be spent: then the person has to sign in again.',
    next: 'go on',
  },
  xai_refresh_invalid: {
    title: 'The new token cannot be used',
    person: 'Sign in again.',
    operator: `The refresh token may be spent. ${checkProxy}`,
    next: 'sign in',
  },
  xai_refresh_token_revoked: {
    title: 'xAI ended this access',
    person: 'Sign in again to go on.',
    operator:
      'If it happens often, two requests or processes use the same refresh token: xAI takes that for theft.',
    next: 'sign in',
  },
  xai_revocation_failed: {
    title: 'You are still signed in everywhere',
    person:
      'xAI did not confirm that it revoked the access. Try again in a moment, or sign out in this browser only.',
    next: 'go on',
  },
  xai_sign_in_needed: {
    title: 'xAI asks you to sign in again',
    person: 'What it granted before is no longer good.',
    next: 'sign in',
  },
  refresh_token_missing: {
    title: 'There is nothing to refresh with',
    person: 'xAI gave no refresh token for this sign-in.',
    operator: 'Ask for the scope offline_access.',
    next: 'go on',
  },
  form_invalid: {
    title: 'This page was too old',
    person: 'Nothing was changed. Go on and try again.',
    next: 'go on',
  },
  not_found: {
    title: 'There is nothing here',
    person: 'The address is misspelt, or the page is gone.',
    next: 'go on',
  },
  unexpected: {
    title: 'Something went wrong here',
    person: 'Try again in a moment. If it comes back, tell whoever runs this application.',
    operator: 'The log says more.',
    next: 'go on',
  },
}

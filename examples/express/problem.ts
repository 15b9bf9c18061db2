import { type XaiErrorCode, XaiOAuthError } from 'passport-xai'

/** What the strategy reports, with its errors or when it calls `fail`, and what the application adds. */
export type ProblemCode = XaiErrorCode | 'access_denied' | ApplicationCode
type ApplicationCode = 'form_invalid' | 'refresh_token_missing' | 'not_found' | 'unexpected'

/** Something that ends on the error page. */
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

interface Advice {
  title: string
  whatToDo: string
  /** Whether the page offers to sign in again. */
  signInAgain?: false
}

/** For a person who reads the page and for the operator whom they call. */
export const advice: Readonly<Record<ProblemCode, Advice>> = {
  access_denied: {
    title: 'You declined at xAI',
    whatToDo: 'Nothing is broken. To use this application, sign in again and allow what it asks for.',
  },
  xai_state_invalid: {
    title: 'This sign-in cannot be completed',
    whatToDo:
      'Sign in again from the start page, in one browser and at one address. If it happens to many people, look at the session: is its cookie SameSite=Lax, does every process share its store and its secret?',
  },
  xai_callback_invalid: {
    title: 'This is not an answer from xAI',
    whatToDo: 'Sign in again from the start page. The address was changed, or never came from xAI.',
  },
  xai_authorization_failed: {
    title: 'xAI did not let the sign-in begin',
    whatToDo:
      'Compare client id, callback URL and scopes with what xAI registered for this client, to the letter.',
  },
  xai_pkce_verifier_missing: {
    title: 'The sign-in lost its code verifier',
    whatToDo:
      'Sign in again. If it comes back, the state store of the application loses what it is given to keep.',
  },
  xai_token_exchange_failed: {
    title: 'xAI did not exchange the code for tokens',
    whatToDo:
      'Sign in again: a code works once, for seconds. With invalid_client, check client id and secret. With code_challenge in the answer, leave echoCodeChallenge on. With a status of 429 or from 500 on, wait. Without an answer, check that this machine reaches the token endpoint.',
  },
  xai_token_exchange_invalid: {
    title: 'The answer with the tokens is unusable',
    whatToDo:
      'Sign in again. If it comes back, look for a proxy between this machine and xAI that changes answers.',
  },
  xai_oauth_tier_denied: {
    title: 'This xAI account is not entitled',
    whatToDo:
      'Signing in again with the same account does not help. Change its plan at xAI, or use another account.',
  },
  xai_id_token_invalid: {
    title: 'The identity from xAI could not be verified',
    whatToDo:
      'Nobody was signed in. Check the clock of this machine, the issuer and the client id. If they are right, somebody may be forging tokens.',
  },
  xai_identity_missing: {
    title: 'xAI did not say who you are',
    whatToDo: 'Sign in again, and choose your personal account at xAI, not a Team.',
  },
  xai_userinfo_failed: {
    title: 'The profile could not be fetched',
    whatToDo: 'Sign in again in a moment. Nobody was signed in.',
  },
  xai_userinfo_invalid: {
    title: 'The profile belongs to somebody else',
    whatToDo: 'Nobody was signed in. Sign in again; if it comes back, report it to xAI.',
  },
  xai_refresh_failed: {
    title: 'The token could not be refreshed',
    whatToDo:
      'Try again in a moment. If the answer was lost on its way, the refresh token may be spent: then sign in again.',
  },
  xai_refresh_invalid: {
    title: 'The answer with the new token is unusable',
    whatToDo:
      'The refresh token may be spent: sign in again. If it comes back, look for a proxy that changes answers.',
  },
  xai_refresh_token_revoked: {
    title: 'xAI ended this grant',
    whatToDo:
      'Sign in again. If it happens often, two requests or processes use the same refresh token: xAI takes that for theft.',
  },
  xai_revocation_failed: {
    title: 'The token could not be revoked',
    whatToDo: 'You are still signed in. Try again in a moment, or sign out in this browser only.',
    signInAgain: false,
  },
  xai_device_authorization_failed: {
    title: 'xAI gave no code to sign in with',
    whatToDo:
      'Try again in a moment. With 404, xAI has this way of signing in switched off; with invalid_client, compare the client id with the one that xAI issued.',
  },
  xai_sign_in_needed: {
    title: 'xAI asks you to sign in again',
    whatToDo: 'The tokens of this account are no longer valid. Sign in again.',
  },
  refresh_token_missing: {
    title: 'There is nothing to refresh with',
    whatToDo: 'Ask for the scope offline_access, and sign in again.',
  },
  form_invalid: {
    title: 'This form cannot be used',
    whatToDo: 'Go back to the start page and try again. Nothing was changed.',
    signInAgain: false,
  },
  not_found: {
    title: 'There is nothing here',
    whatToDo: 'Go to the start page.',
    signInAgain: false,
  },
  unexpected: {
    title: 'Something unexpected happened',
    whatToDo: 'Try again. If it comes back, the log of the application says more.',
    signInAgain: false,
  },
}

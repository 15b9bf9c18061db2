import { XaiOAuthError } from '../error.js'
import { redact } from '../http/redaction.js'
import type { Identity } from '../identity/identity.js'
import type { XaiProfile } from '../identity/profile.js'
import { nonceOf } from '../oauth/pkce.js'
import type { XaiTokenResponse } from '../oauth/token-response.js'
import { takeSignIn } from '../state/state-store.js'
import { exchangeCode } from '../token/code-exchange.js'
import type { CallbackParameters } from './callback-request.js'
import { metadataOf, type ReplaceableStrategy, type SignInContext, scopeOf } from './context.js'
import type { Outcome } from './passport-action.js'
import { callVerify } from './verify.js'

/**
 * Ends a sign-in. State first, then `iss`, then `error`, then `code`: nothing is believed of a callback that is
 * not ours, and nothing is sent for it.
 */
export async function finishSignIn(context: SignInContext, parameters: CallbackParameters): Promise<Outcome> {
  const { settings, identity, req } = context
  const { state, code, iss, error } = parameters
  const meta = metadataOf(context)
  const scope = scopeOf(context)
  const taken = await takeSignIn(settings.store, req, state ?? '', meta)
  if ('failure' in taken) {
    return { kind: 'fail', info: { code: 'xai_state_invalid', ...taken.failure }, status: 403 }
  }
  if (iss !== undefined && iss !== settings.issuer) {
    const received = redact(iss, [code, state]).slice(0, 200)
    const message = `This callback has an unexpected iss: expected "${settings.issuer}", received "${received}".`
    return { kind: 'fail', info: { code: 'xai_callback_invalid', message }, status: 403 }
  }
  if (error !== undefined) return concludeRefusal(parameters)
  const codeVerifier = taken.codeVerifier as string
  const { strategy, options } = context
  const tokens = await exchangeCode(strategy, code as string, {
    ...strategy.tokenParams(options),
    grant_type: 'authorization_code',
    redirect_uri: meta.callbackURL,
    code_verifier: codeVerifier,
  })
  const profile = await loadProfile(
    context,
    tokens,
    await identity.identify({ tokens, nonce: nonceOf(codeVerifier), scope }),
  )
  const verdict = await callVerify(context.verify, { req, tokens, profile: profile as XaiProfile })
  if ('error' in verdict) return { kind: 'error', error: verdict.error }
  if (!verdict.user) return { kind: 'fail', info: verdict.info }
  return { kind: 'success', user: verdict.user, info: buildInfo(verdict.info, taken.state) }
}

function concludeRefusal({ code, ...refusal }: CallbackParameters): Outcome {
  const [error, error_description, error_uri] = [
    refusal.error,
    refusal.error_description,
    refusal.error_uri,
  ].map((words) => words && redact(words, [code]))
  if (error === 'access_denied') {
    const message = error_description ?? 'Access was denied at xAI.'
    return { kind: 'fail', info: { code: 'access_denied', message }, status: 403 }
  }
  const message = `xAI refused the authorization: ${[error, error_description].filter(Boolean).join(': ')}`
  const words = { error, error_description, error_uri } as { error: string }
  return { kind: 'error', error: new XaiOAuthError('xai_authorization_failed', message, words) }
}

async function loadProfile(
  { settings, identity, strategy, stockUserProfile }: SignInContext,
  { access_token: accessToken }: XaiTokenResponse,
  who: Identity | undefined,
): Promise<unknown> {
  const { skipUserProfile } = settings
  if (await isSkipped(skipUserProfile, accessToken)) return undefined
  if (strategy.userProfile === stockUserProfile) return identity.readProfile(who, accessToken)
  return new Promise((resolve, reject) => {
    const done = (error?: unknown, profile?: unknown): void => (error ? reject(error) : resolve(profile))
    // Should the replacement ask the stock one, that finds there of whom userinfo must speak.
    const expectation = { _expectedSub: { value: who?.verified.claims.sub } }
    const asked: ReplaceableStrategy = Object.create(strategy, expectation)
    asked.userProfile(accessToken, done)
  })
}

async function isSkipped(
  skip: SignInContext['settings']['skipUserProfile'],
  accessToken: string,
): Promise<boolean | undefined> {
  if (typeof skip === 'boolean') return skip
  // passport-oauth2 tells the two forms by their number of parameters.
  if (skip.length < 2) return (skip as () => boolean)()
  return new Promise((resolve, reject) => {
    skip(accessToken, (error, skipped) => (error ? reject(error) : resolve(skipped)))
  })
}

/** What Passport gets as `info`: what `verify` said, with the application's state. */
function buildInfo(info: unknown, state: unknown): object {
  if (state === undefined) return (info as object | undefined) ?? {}
  return typeof info === 'string' ? { message: info, state } : { ...(info as object | undefined), state }
}

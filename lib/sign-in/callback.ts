import type { Request } from 'express'

import OAuth2Strategy = require('passport-oauth2')

import { type XaiErrorDetail, XaiOAuthError } from '../error.js'
import type { FailureNames } from '../http/failure.js'
import { redact, secretUnlessWord } from '../http/redaction.js'
import { nonceOf } from '../oauth/authorization-url.js'
import { exchangeNames, type FormParameters } from '../oauth/token-request.js'
import { parseTokenResponse, type XaiTokenResponse } from '../oauth/token-response.js'
import { takeSignIn } from '../state/state-store.js'
import { beginSignIn, metadataOf, scopeOf } from './begin.js'
import { completeSignIn } from './completion.js'
import type { ReplaceableStrategy, SignInContext } from './context.js'
import { findPurposeProblem, type Outcome, refuse } from './passport-action.js'

/** Handles one request to XaiStrategy: begins a sign-in, or ends one. @throws what is to end as Passport's `error` */
export async function signIn(context: SignInContext): Promise<Outcome> {
  const purposeProblem = findPurposeProblem(context.req)
  if (purposeProblem) return refuse(purposeProblem)
  const callback = parseCallbackRequest(context.req)
  switch (callback.kind) {
    case 'begin':
      return beginSignIn(context)
    case 'invalid':
      return refuse(callback.problem)
    case 'callback':
      return finishSignIn(context, callback.parameters)
  }
}

/** What xAI may send back (RFC 6749 §4.1.2, RFC 9207); each is non-empty, comes once and is of bounded length. */
export interface CallbackParameters {
  code?: string
  state?: string
  error?: string
  error_description?: string
  error_uri?: string
  iss?: string
}

/** What a request to the strategy is: the beginning of a sign-in, a callback to judge, or neither. */
export type CallbackRequest =
  | { kind: 'begin' }
  | { kind: 'invalid'; problem: string }
  | { kind: 'callback'; parameters: CallbackParameters }

const names = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss'] as const

const maxCharacters = 4096

type Entry = readonly [key: string, value: unknown]

/** Judges a request by its parameters alone, from the query and, of a POST, the form; the code is not looked at. */
export function parseCallbackRequest(req: Request): CallbackRequest {
  const query = entriesOf(req.query)
  // A query parser may keep one of several values, or none; the URL itself shows them all.
  const raw = [...queryOf(req)]
  const form = req.method === 'POST' ? entriesOf(req.body) : []
  const parameters: CallbackParameters = {}
  let problem: string | undefined
  let isCallback = false
  for (const name of names) {
    const parsed = entriesNamed(name, query)
    const listed = entriesNamed(name, raw)
    const filled = entriesNamed(name, form)
    const asked = listed.length > parsed.length ? listed : parsed
    const first = asked[0] ?? filled[0]
    if (!first) continue
    isCallback ||= name !== 'error_uri'
    const [key, value] = first
    if (asked.length + filled.length > 1 || Array.isArray(value)) problem ??= `${name} is repeated`
    else if (key !== name || typeof value !== 'string') problem ??= `${name} is nested`
    else if (value === '') problem ??= `${name} is empty`
    else if (value.length > maxCharacters) problem ??= `${name} is longer than ${maxCharacters} characters`
    else parameters[name] = value
  }
  if (!isCallback) return { kind: 'begin' }
  problem ??= combinationProblem(parameters)
  return problem === undefined ? { kind: 'callback', parameters } : { kind: 'invalid', problem }
}

function combinationProblem({ code, state, error }: CallbackParameters): string | undefined {
  if (!code && !state && !error) return 'there is neither a code nor an error'
  if (code && !state) return 'there is a code without a state'
  if (state && !code && !error) return 'there is a state without a code or an error'
  return undefined
}

const entriesOf = (source: unknown): Entry[] =>
  typeof source === 'object' && source !== null ? Object.entries(source) : []

/** The parameters of a request's URL, whatever a framework has made of them. */
export const queryOf = ({ url = '' }: Partial<Request>): URLSearchParams =>
  new URLSearchParams(url.replace(/^[^?]*/, ''))

/** The entries of a parameter; `code[x]` is one of `code`, whether a parser understands it or not. */
const entriesNamed = (name: string, entries: readonly Entry[]): Entry[] =>
  entries.filter(([key]) => key === name || key.startsWith(`${name}[`))

/**
 * Ends a sign-in. State first, then `iss`, then `error`, then `code`: nothing is believed of a callback that is
 * not ours, and nothing is sent for it.
 */
async function finishSignIn(context: SignInContext, parameters: CallbackParameters): Promise<Outcome> {
  const { settings, req } = context
  const { state, code, iss, error } = parameters
  const meta = metadataOf(context)
  const scope = scopeOf(context)
  const taken = await takeSignIn(settings.store, req, state ?? '', meta)
  if ('failure' in taken) {
    return { kind: 'fail', info: { code: 'xai_state_invalid', ...taken.failure }, status: 403 }
  }
  if (iss !== undefined && iss !== settings.issuer) {
    const received = redact(iss, [secretUnlessWord(code), state]).slice(0, 200)
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
  return completeSignIn(context, {
    tokens,
    nonce: nonceOf(codeVerifier),
    scope,
    applicationState: taken.state,
  })
}

function concludeRefusal({ code, ...refusal }: CallbackParameters): Outcome {
  const clean = (words: string | undefined) => words && redact(words, [secretUnlessWord(code)])
  const [error, description] = [clean(refusal.error), clean(refusal.error_description)]
  if (error === 'access_denied') {
    const message = description ?? 'Access was denied at xAI.'
    return { kind: 'fail', info: { code: 'access_denied', message }, status: 403 }
  }
  const message = `xAI refused the authorization: ${[error, description].filter(Boolean).join(': ')}`
  const detail = { error, error_description: description, error_uri: clean(refusal.error_uri) }
  return {
    kind: 'error',
    error: new XaiOAuthError('xai_authorization_failed', message, detail as XaiErrorDetail),
  }
}

/**
 * Exchanges a code through the methods that an application may have replaced.
 *
 * @throws {XaiOAuthError}, or the error that the application makes of a refusal
 */
async function exchangeCode(
  strategy: ReplaceableStrategy,
  code: string,
  params: FormParameters,
): Promise<XaiTokenResponse> {
  const names = exchangeNames([secretUnlessWord(code), params.code_verifier as string])
  try {
    return await new Promise((resolve, reject) => {
      strategy._oauth2.getOAuthAccessToken(code, params, (error, accessToken, refreshToken, response) => {
        if (error) reject(error instanceof Error ? error : buildForeignError(names, error))
        else if (typeof accessToken !== 'string' || accessToken === '') reject(missingTokenError())
        else {
          const refresh = refreshToken ? { refresh_token: refreshToken } : {}
          resolve({ ...response, access_token: accessToken, ...refresh })
        }
      })
    })
  } catch (error) {
    throw parseByApplication(strategy, error) ?? error
  }
}

/** A replaced token request may fail as the `oauth` package does: with status and body in an object that is not an error. */
function buildForeignError(names: FailureNames, failure: { statusCode?: unknown; data?: unknown }): unknown {
  const { statusCode: status, data } = failure
  const isRefusal = typeof status === 'number' && status !== 200
  if (!isRefusal) return new XaiOAuthError(names.failed, `${names.what} failed`, { cause: failure })
  try {
    const body = typeof data === 'string' || Buffer.isBuffer(data) ? data : (JSON.stringify(data) ?? '')
    return parseTokenResponse(names, { status, headers: {}, body: Buffer.from(body as string) })
  } catch (error) {
    return error
  }
}

const missingTokenError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_token_exchange_invalid',
    'xAI token exchange gave no access token: the application’s own getOAuthAccessToken called back without one',
  )

/** As passport-oauth2 does it: an override that throws or has nothing to say leaves the error as it was. */
function parseByApplication(strategy: ReplaceableStrategy, error: unknown): unknown {
  const isReplaced = strategy.parseErrorResponse !== OAuth2Strategy.prototype.parseErrorResponse
  const { response } = error as XaiOAuthError
  if (!isReplaced || !response || response.status === 200) return undefined
  try {
    return strategy.parseErrorResponse(response.body, response.status)
  } catch {
    return undefined
  }
}

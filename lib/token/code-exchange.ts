import type { OAuth2, oauth2tokenCallback } from 'oauth'

import OAuth2Strategy = require('passport-oauth2')

import { XaiOAuthError } from '../error.js'
import type { FailureNames } from '../http/failure.js'
import { secretUnlessWord } from '../http/redaction.js'
import { buildCodeGrant, type FormParameters } from '../oauth/token-request.js'
import { parseTokenResponse, type XaiTokenResponse } from '../oauth/token-response.js'

/** What applications may replace of a code exchange, by a subclass or by assignment (passport-oauth2). */
export interface CodeExchanger {
  _oauth2: Pick<OAuth2, 'getOAuthAccessToken'>
  /** Makes an error of the status and body with which the token endpoint refuses; called when it is replaced. */
  parseErrorResponse(body: string, status: number): Error | null
}

/** How failures of a code exchange are named. */
export const exchangeNames = (secrets: FailureNames['secrets']): FailureNames => ({
  what: 'xAI token exchange',
  failed: 'xai_token_exchange_failed',
  invalid: 'xai_token_exchange_invalid',
  tierDenied: 'xai_oauth_tier_denied',
  secrets,
})

/**
 * The protocol's parameters of a code exchange.
 *
 * @throws {XaiOAuthError} `xai_pkce_verifier_missing`, before anything is sent
 */
export function buildExchange(
  code: string,
  { code_verifier: codeVerifier, redirect_uri: redirectURI }: FormParameters,
  { echoCodeChallenge }: { echoCodeChallenge: boolean },
): ReturnType<typeof buildCodeGrant> {
  if (typeof codeVerifier !== 'string' || codeVerifier === '') throw missingVerifierError()
  return buildCodeGrant({
    code,
    redirectURI: redirectURI as string | undefined,
    codeVerifier,
    echoCodeChallenge,
  })
}

const missingVerifierError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_pkce_verifier_missing',
    'xAI token exchange not started: the PKCE code_verifier of this sign-in is missing, which the state ' +
      'store should have kept, and xAI would refuse the code. See hermes-agent#26990 ' +
      '(https://github.com/NousResearch/hermes-agent/issues/26990)',
    { status: 500 },
  )

/**
 * Exchanges a code through the methods that an application may have replaced.
 *
 * @throws {XaiOAuthError}, or the error that the application makes of a refusal
 */
export async function exchangeCode(
  strategy: CodeExchanger,
  code: string,
  params: FormParameters,
): Promise<XaiTokenResponse> {
  try {
    return await callTokenRequest(strategy, code, params)
  } catch (error) {
    throw parseByApplication(strategy, error) ?? error
  }
}

function callTokenRequest(
  { _oauth2 }: CodeExchanger,
  code: string,
  params: FormParameters,
): Promise<XaiTokenResponse> {
  const names = exchangeNames([secretUnlessWord(code), params.code_verifier as string])
  return new Promise((resolve, reject) => {
    const done: oauth2tokenCallback = (error, accessToken, refreshToken, response) => {
      if (error) reject(error instanceof Error ? error : buildForeignError(names, error))
      else if (typeof accessToken !== 'string' || accessToken === '') reject(missingTokenError())
      else {
        const refresh = refreshToken ? { refresh_token: refreshToken } : {}
        resolve({ ...response, access_token: accessToken, ...refresh })
      }
    }
    _oauth2.getOAuthAccessToken(code, params, done)
  })
}

/** A replaced token request may fail as the `oauth` package does: with status and body in an object that is not an error. */
function buildForeignError(names: FailureNames, failure: { statusCode?: unknown; data?: unknown }): unknown {
  const { statusCode: status, data } = failure
  const isRefusal = typeof status === 'number' && status !== 200
  if (!isRefusal) return new XaiOAuthError(names.failed, `${names.what} failed`, { cause: failure })
  try {
    const body = typeof data === 'string' || Buffer.isBuffer(data) ? data : JSON.stringify(data ?? '')
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
function parseByApplication(strategy: CodeExchanger, error: unknown): unknown {
  const isReplaced = strategy.parseErrorResponse !== OAuth2Strategy.prototype.parseErrorResponse
  const { response } = error as XaiOAuthError
  if (!isReplaced || !response || response.status === 200) return undefined
  try {
    return strategy.parseErrorResponse(response.body, response.status)
  } catch {
    return undefined
  }
}

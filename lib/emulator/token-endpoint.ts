import type { EmulatorAccount } from './account.js'
import { type Answer, buildErrorAnswer } from './answer.js'
import { refuseMissingEcho } from './code-challenge-echo.js'
import { accountOfSubject, type EmulatorState } from './emulator-state.js'
import type { StoredModel } from './memory-store.js'
import { mediaTypeOf, type ReceivedRequest } from './received-request.js'
import { refuseUnknownClient } from './request-client.js'
import { buildTokenForm } from './token-form.js'
import type { TokenResponse } from './token-issuer.js'

/** What oidc-provider has just saved of an access token. */
type IssuedAccessToken = Required<Pick<StoredModel, 'accountId' | 'clientId' | 'iat' | 'exp'>>

const formType = 'application/x-www-form-urlencoded'

function refuse(emulator: EmulatorState, request: ReceivedRequest): Answer | undefined {
  const { refuseJSON, requireCodeChallengeEcho } = emulator.settings
  const { parameters, headers } = request
  if (refuseJSON && mediaTypeOf(headers) !== formType)
    return buildErrorAnswer(415, 'invalid_request', `Content-Type must be ${formType}`)
  const refused = refuseUnknownClient(emulator, request)
  if (refused || !requireCodeChallengeEcho || parameters?.grant_type !== 'authorization_code') return refused
  return refuseMissingEcho(parameters)
}

async function buildSuccess(emulator: EmulatorState, answer: Answer): Promise<Answer> {
  const response = JSON.parse(`${answer.body}`) as TokenResponse
  const issued = emulator.store.find('AccessToken', response.access_token) as IssuedAccessToken
  const account = accountOfSubject(emulator, issued.accountId) as EmulatorAccount
  const owner = { account, clientID: issued.clientId, issuedAt: issued.iat, expiresAt: issued.exp }
  return { ...answer, body: JSON.stringify(await emulator.tokens.issue(response, owner)) }
}

function buildFailure(emulator: EmulatorState, { parameters = {} }: ReceivedRequest, answer: Answer): Answer {
  const { error } = JSON.parse(`${answer.body}`) as { error: string }
  const { grant_type: grantType, refresh_token: refreshToken = '' } = parameters
  if (grantType !== 'refresh_token' || error !== 'invalid_grant') return answer
  const isRevoked = emulator.store.hasRevokedRefreshToken(emulator.tokens.opaqueTokenOf(refreshToken))
  const description = isRevoked ? 'Refresh token has been revoked' : 'Refresh token not found or invalid'
  return buildErrorAnswer(400, 'invalid_grant', description)
}

/** Answers `/oauth2/token`, one request after the other. */
export function answerToken(emulator: EmulatorState, request: ReceivedRequest): Promise<Answer> {
  return emulator.tokenTurns.take(async () => {
    const refused = refuse(emulator, request)
    if (refused) return refused
    const { authorization, 'content-type': contentType } = request.headers
    const answer = await emulator.server.answer({
      method: 'POST',
      target: request.path,
      headers: { authorization, 'content-type': contentType },
      body: buildTokenForm(emulator, request, 'refresh_token'),
    })
    return answer.status === 200 ? buildSuccess(emulator, answer) : buildFailure(emulator, request, answer)
  })
}

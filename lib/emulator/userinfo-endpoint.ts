import { type Answer, buildErrorAnswer } from './answer.js'
import { accountOfSubject, type EmulatorState } from './emulator-state.js'
import { isForgery } from './forgery-queue.js'
import type { ReceivedRequest } from './received-request.js'

function forge(emulator: EmulatorState, answer: Answer): Answer {
  if (answer.status !== 200 || !emulator.forgeries.take(isForgery('userinfo of another sub'))) return answer
  const claims = JSON.parse(`${answer.body}`) as Record<string, unknown>
  return { ...answer, body: JSON.stringify({ ...claims, sub: 'another-subject' }) }
}

/** Answers `/oauth2/userinfo`; the access token of a Team, which lacks `openid`, is refused. */
export async function answerUserinfo(emulator: EmulatorState, request: ReceivedRequest): Promise<Answer> {
  const [scheme = '', token = ''] = `${request.headers.authorization ?? ''}`.split(' ')
  const opaqueToken = emulator.tokens.opaqueTokenOf(token)
  const subject = emulator.store.find('AccessToken', opaqueToken)?.accountId
  if (accountOfSubject(emulator, subject)?.principal !== undefined)
    return buildErrorAnswer(403, 'insufficient_scope', 'access token missing openid scope')
  const authorization = scheme === '' ? undefined : `${scheme} ${opaqueToken}`
  const answer = await emulator.server.answer({
    method: 'GET',
    target: request.path,
    headers: { authorization },
  })
  return forge(emulator, answer)
}

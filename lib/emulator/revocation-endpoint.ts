import type { Answer } from './answer.js'
import type { EmulatorState } from './emulator-state.js'
import type { ReceivedRequest } from './received-request.js'
import { refuseUnknownClient } from './request-client.js'
import { buildTokenForm } from './token-form.js'

/** Answers `/oauth2/revoke` (RFC 7009); a token that is not known is no error. */
export async function answerRevocation(emulator: EmulatorState, request: ReceivedRequest): Promise<Answer> {
  const { authorization, 'content-type': contentType } = request.headers
  return (
    refuseUnknownClient(emulator, request) ??
    emulator.server.answer({
      method: 'POST',
      target: request.path,
      headers: { authorization, 'content-type': contentType },
      body: buildTokenForm(emulator, request, 'token'),
    })
  )
}

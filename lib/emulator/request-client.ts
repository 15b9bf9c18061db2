import { type Answer, buildErrorAnswer } from './answer.js'
import { clientOf, type EmulatorState } from './emulator-state.js'
import type { ReceivedRequest } from './received-request.js'

/** Decodes as a form does, and never throws (RFC 6749 §2.3.1). */
const decodeForm = (text: string): string => `${new URLSearchParams(`value=${text}`).get('value')}`

function clientIDOf({ headers, parameters }: ReceivedRequest): string | undefined {
  if (parameters?.client_id !== undefined) return parameters.client_id
  const [scheme, credentials = ''] = `${headers.authorization}`.split(' ')
  if (scheme?.toLowerCase() !== 'basic') return undefined
  const [clientID = ''] = Buffer.from(credentials, 'base64').toString().split(':')
  return decodeForm(clientID)
}

/** xAI's answer to a client id that it does not know; undefined when the request names a known one, or none. */
export function refuseUnknownClient(emulator: EmulatorState, request: ReceivedRequest): Answer | undefined {
  const clientID = clientIDOf(request)
  return clientID === undefined || clientOf(emulator, clientID) !== undefined
    ? undefined
    : buildErrorAnswer(400, 'invalid_client', 'Unknown or disabled client')
}

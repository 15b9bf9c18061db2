import type { Request } from 'express'
import { parseCallbackRequest } from '../oauth/authorization-response.js'
import type { ExpectedSignIns } from './expected-sign-in.js'
import type { RelaySettings } from './option.js'
import { isFromLoopback } from './request-source.js'
import { buildEmptyResponse, buildRefusal, type RelayResponse } from './response.js'

const maxHeaderListCharacters = 256

const headerList = /^[\w-]+(, ?[\w-]+)*$/

/**
 * Responds to what a page of another origin sends by itself: a delivery, or the preflight before one. Whoever is refused gets
 * no CORS headers. The `fetch` of a consent page then fails, and xAI's page shows the code to copy.
 */
export function receiveDelivery(
  req: Request,
  settings: RelaySettings,
  expected: ExpectedSignIns,
): RelayResponse {
  const { method, headers } = req
  const origin = settings.consentOrigins.find((consentOrigin) => consentOrigin === headers.origin)
  if (origin === undefined) return buildRefusal(403, 'No sign-in is delivered from this origin.')
  if (!isFromLoopback(req)) return buildRefusal(403, 'Sign-ins are delivered on loopback only.')
  if (method === 'OPTIONS') return buildPreflightResponse(req, origin)
  if (method !== 'GET') return buildRefusal(405, 'A sign-in is delivered by GET.')
  const callback = parseCallbackRequest(req)
  if (callback.kind !== 'callback') return buildRefusal(400, 'This is not the delivery of a sign-in.')
  const { state = '' } = callback.parameters
  switch (expected.receive(state, callback.parameters)) {
    case 'kept':
      return buildEmptyResponse(204, allow(origin))
    case 'repeated':
      return buildRefusal(409, 'This sign-in was delivered already.')
    case 'unexpected':
      return buildRefusal(404, 'This sign-in is not expected, or has expired.')
  }
}

/**
 * Grants a delivery to a browser that asks first. Private Network Access, which Chromium has given up, asks by a
 * header of its own. Its successor Local Network Access asks the person, and the server only by CORS.
 */
function buildPreflightResponse({ headers }: Request, origin: string): RelayResponse {
  const asked = headers['access-control-request-headers'] ?? ''
  const isList = asked.length <= maxHeaderListCharacters && headerList.test(asked)
  return buildEmptyResponse(204, {
    ...allow(origin),
    'access-control-allow-methods': 'GET',
    ...(isList && { 'access-control-allow-headers': asked }),
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
  })
}

const allow = (origin: string) => ({
  'access-control-allow-origin': origin,
  vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Private-Network',
})

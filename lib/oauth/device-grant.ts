import { isText } from '../check.js'
import type { XaiOAuthError } from '../error.js'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import type { HttpResponse } from '../http/request.js'
import { isCloudflare, parseObject, parseUtf8 } from '../http/response.js'
import { isLoopbackHost, xaiIssuer } from './endpoint.js'

/** The protocol's parameters of a device sign-in's token request (RFC 8628 §3.4). */
export const buildDeviceGrant = (deviceCode: string) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
  device_code: deviceCode,
})

/** What the device authorization endpoint gives (RFC 8628 §3.2), checked. */
export interface DeviceAuthorization {
  deviceCode: string
  userCode: string
  verificationURI: string
  /** The same with the user code filled in; absent when the server gives none. */
  verificationURIComplete?: string
  /** Seconds. */
  expiresIn: number
  /** Seconds. */
  interval: number
}

export const deviceAuthorizationNames: FailureNames = {
  what: 'xAI device authorization',
  failed: 'xai_device_authorization_failed',
  invalid: 'xai_device_authorization_failed',
  secrets: [],
}

const defaultInterval = 5
const maxInterval = 60
const defaultExpiresIn = 900
/** A day, in seconds: longer than any server is known to give. */
const maxExpiresIn = 86_400
/** Of a device code or an address. */
const maxCharacters = 2048

/**
 * Types the response of the device authorization endpoint.
 *
 * @throws {XaiOAuthError} `xai_device_authorization_failed` for any status but 200, without codes, and for addresses
 *   that are not the issuer's: a person would be shown them with the word of the application
 */
export function parseDeviceAuthorization(
  names: FailureNames,
  response: HttpResponse,
  issuer: string,
): DeviceAuthorization {
  if (response.status === 404) {
    const start = `${names.what} failed (HTTP 404). The server has the device authorization grant switched off.`
    throw buildRefusalError(names, response, start)
  }
  if (response.status !== 200) throw buildRefusalError(names, response)
  const refuse = (why: string): Error => buildInvalidResponseError(names, response, why)
  const given = parseObject(parseUtf8(response))
  if (given === undefined) throw refuse('it is not a JSON object')
  const { device_code, user_code, verification_uri, verification_uri_complete: complete } = given
  if (!isText(device_code) || device_code.length > maxCharacters) throw refuse('it holds no device_code')
  if (!isText(user_code) || !/^[A-Za-z0-9-]{1,64}$/.test(user_code))
    throw refuse('its user_code is missing, or holds more than letters, digits and hyphens')
  if (!isVerificationURI(verification_uri, issuer))
    throw refuse(`its verification_uri is not on ${hostOf(issuer)}`)
  const hasComplete = complete !== undefined && complete !== null
  if (hasComplete && !isVerificationURI(complete, issuer))
    throw refuse(`its verification_uri_complete is not on ${hostOf(issuer)}`)
  return {
    deviceCode: device_code,
    userCode: user_code,
    verificationURI: verification_uri,
    ...(hasComplete && { verificationURIComplete: complete as string }),
    expiresIn: isWithin(given.expires_in, 1, maxExpiresIn) ? given.expires_in : defaultExpiresIn,
    interval: isWithin(given.interval, 1, maxInterval) ? given.interval : defaultInterval,
  }
}

/** xAI's pages are on another host below x.ai than its issuer; another issuer's are on its own host or below it. */
const hostOf = (issuer: string): string => (issuer === xaiIssuer ? 'x.ai' : new URL(issuer).hostname)

/** An absolute URL as it is shown: visible ASCII, without user name, and without what browsers read in several ways. */
const plainURL = /^https?:\/\/(?:(?![\\@<>"'`])[!-~])+$/

/**
 * Whether an address may be shown to a person: https on the issuer's host or below it, at the usual port or the
 * issuer's; or on loopback with a loopback issuer.
 */
function isVerificationURI(value: unknown, issuer: string): value is string {
  if (!isText(value) || value.length > maxCharacters || !plainURL.test(value) || !URL.canParse(value))
    return false
  const { protocol, hostname, port } = new URL(value)
  const host = hostOf(issuer)
  if (isLoopbackHost(host)) return isLoopbackHost(hostname)
  const isBelow = hostname === host || hostname.endsWith(`.${host}`)
  return protocol === 'https:' && isBelow && (port === '' || port === new URL(issuer).port)
}

const isWithin = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most

/** How often the token endpoint is asked about a device code; seconds. */
export interface DevicePace {
  /** Between two questions; grows with `slow_down`. */
  interval: number
  /** Until the next question, when it is longer than the interval because xAI was in trouble. */
  pause?: number
}

/** Seconds until the next question, counted from the last one. */
export const pauseOf = ({ interval, pause = interval }: DevicePace): number => pause

export const isSamePace = (one: DevicePace, other: DevicePace): boolean =>
  one.interval === other.interval && pauseOf(one) === pauseOf(other)

/** What the token endpoint's refusal says of a device code. */
export type DeviceProgress =
  | ({ kind: 'pending' } & DevicePace)
  | { kind: 'denied' }
  | { kind: 'expired' }
  | { kind: 'failed'; error: XaiOAuthError }

/** Seconds that `slow_down` adds to the interval, for good (RFC 8628 §3.5). */
const slowDown = 5

/** Seconds between two questions at most, however long xAI is in trouble. */
const maxPause = 60

/** What a refusal means (RFC 8628 §3.5): waiting on, an end, or trouble that passes and makes the pauses longer. */
export function progressOf(error: XaiOAuthError, pace: DevicePace): DeviceProgress {
  const { interval } = pace
  switch (isVerdict(error) && error.error) {
    case 'authorization_pending':
      return { kind: 'pending', interval }
    case 'slow_down':
      return { kind: 'pending', interval: interval + slowDown }
    case 'access_denied':
    case 'authorization_denied':
      return { kind: 'denied' }
    case 'expired_token':
      return { kind: 'expired' }
  }
  return isPassing(error)
    ? { kind: 'pending', interval, pause: Math.max(interval, Math.min(2 * pauseOf(pace), maxPause)) }
    : { kind: 'failed', error }
}

/**
 * Whether the words of a refusal are about the device code. A server that is in trouble gives none, and
 * `access_denied` with status 403 is the account's tier, as it is for every grant.
 */
const isVerdict = ({ code, error, response }: XaiOAuthError): boolean =>
  response !== undefined &&
  response.status >= 400 &&
  response.status <= 499 &&
  !(code === 'xai_oauth_tier_denied' && error === 'access_denied')

/** No response, 429, 5xx or Cloudflare say nothing about the device code. */
function isPassing({ response }: XaiOAuthError): boolean {
  if (!response) return true
  const { status, headers, body } = response
  if (status === 429 || status >= 500) return true
  return status === 403 && isCloudflare({ status, headers, body: Buffer.from(body) })
}

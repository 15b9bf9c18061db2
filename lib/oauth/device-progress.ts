import type { XaiOAuthError } from '../error.js'
import { isCloudflare } from '../http/response.js'

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

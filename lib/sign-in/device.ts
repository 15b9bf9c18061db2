import { setTimeout } from 'node:timers/promises'
import { XaiOAuthError } from '../error.js'
import { isCloudflare } from '../http/response.js'
import { parseScope } from '../oauth/authorization-url.js'
import type { DeviceAuthorization } from '../oauth/device-authorization.js'
import type { XaiTokenResponse } from '../oauth/token-response.js'
import type { DeviceStore, PendingDevice } from '../state/pending-device.js'
import type { XaiOAuth2 } from '../token/client.js'
import { type CompletionContext, completeSignIn, type SkipUserProfile } from './completion.js'
import type { XaiAuthenticateOptions } from './context.js'
import {
  buildEndedResponse,
  buildPendingResponse,
  checkResponse,
  respond,
  type XaiDevicePage,
} from './device-response.js'
import type { Outcome } from './passport-action.js'
import { findPurposeProblem, refuse } from './refusal.js'

/** Seconds that `slow_down` adds to the interval, for good (RFC 8628 §3.5). */
const slowDown = 5

/** Seconds between two questions at most, however long xAI is in trouble. */
const maxPause = 60

/** The options of XaiDeviceStrategy that a sign-in needs, checked and with their defaults. */
export interface DeviceSettings {
  clientID: string
  issuer: string
  tokenURL: string
  deviceAuthorizationURL: string
  scope: string
  store: DeviceStore
  page: XaiDevicePage
  skipUserProfile: SkipUserProfile
}

/** What of a request's options a device sign-in knows. */
export type XaiDeviceAuthenticateOptions = Omit<
  XaiAuthenticateOptions,
  'callbackURL' | 'prompt' | 'loginHint'
>

/** Everything that one request to XaiDeviceStrategy is decided from. */
export interface DeviceContext extends CompletionContext {
  settings: DeviceSettings
  client: XaiOAuth2
  /** Requests to xAI that are under way; of one strategy. */
  flights: DeviceFlights
  options: XaiDeviceAuthenticateOptions
}

/** Requests to xAI that are under way, which others join. */
export interface DeviceFlights {
  /** By session id. */
  beginnings: Map<string, Promise<DeviceAuthorization>>
  /** By device code. */
  questions: Map<string, Promise<Progress>>
}

/** What the token endpoint says of a device code (RFC 8628 §3.5). */
export type Progress =
  | { kind: 'pending'; pause: number; interval: number }
  | { kind: 'approved'; tokens: XaiTokenResponse }
  | { kind: 'denied' }
  | { kind: 'expired' }
  | { kind: 'failed'; error: XaiOAuthError }

/** Answers one request to XaiDeviceStrategy: begins a sign-in, asks xAI, or ends one. @throws what is to end as Passport's `error` */
export async function signInByDevice(context: DeviceContext): Promise<Outcome> {
  const { settings, req } = context
  const problem = findPurposeProblem(req)
  if (problem) return refuse(problem)
  checkResponse(req)
  const query = new URLSearchParams(`${req.url}`.split('?').slice(1).join('?'))
  const device = await settings.store.readDevice(req, settings)
  if (query.has('restart') && req.method === 'POST') {
    if (req.headers['sec-fetch-site'] === 'cross-site') return refuse('a page of another site sent it')
    if (device) await settings.store.forgetDevice(req, device, settings)
    return begin(context)
  }
  const shown = query.get('shown')
  if (shown !== null && device?.userCode !== shown) return ended(context)
  return device ? proceed(context, device) : begin(context)
}

async function begin(context: DeviceContext): Promise<Outcome> {
  const { settings, client, identity, flights, req, options } = context
  const scope = scopeOf(context)
  const { sessionID } = req as { sessionID?: string }
  const { expiresIn, ...authorization } = await join(flights.beginnings, sessionID, () =>
    client.authorizeDevice(settings, scope),
  )
  void identity.prepare(scope)
  const now = Date.now()
  const device: PendingDevice = {
    ...authorization,
    scope,
    expires: now + expiresIn * 1000,
    nextQuestion: now + authorization.interval * 1000,
    ...(options.state !== undefined && { applicationState: options.state }),
  }
  await settings.store.keepDevice(req, device, settings)
  return pending(context, device)
}

/** Asks xAI when it is time, and otherwise lets the browser wait on. */
async function proceed(context: DeviceContext, device: PendingDevice): Promise<Outcome> {
  const { settings, client, flights, req } = context
  const { store } = settings
  const { deviceCode, interval } = device
  if (Date.now() >= device.expires) return fail(context, device, expired)
  const isUnderWay = flights.questions.has(deviceCode)
  if (!isUnderWay && Date.now() < device.nextQuestion) return waitOn(context, device)
  const progress = await join(flights.questions, deviceCode, async () => {
    // Noted before the question, so that other processes do not ask meanwhile.
    await store.keepDevice(req, { ...device, nextQuestion: Date.now() + interval * 1000 }, settings)
    return client.exchangeDeviceCode(deviceCode).then(
      (tokens): Progress => ({ kind: 'approved', tokens }),
      (error: unknown) => progressOf(error, device),
    )
  })
  // Whoever joined the question waits on, and learns with the next one what became of it: a sign-in has one end.
  if (isUnderWay) return pending(context, device)
  switch (progress.kind) {
    case 'pending': {
      const { kind, ...pace } = progress
      const later = { ...device, ...pace, nextQuestion: Date.now() + pace.pause * 1000 }
      await store.keepDevice(req, later, settings)
      return pending(context, later)
    }
    case 'approved': {
      // Before anything else: whatever follows, this device code has been spent.
      await store.forgetDevice(req, device, settings)
      const { tokens } = progress
      const { scope, applicationState } = device
      return completeSignIn(context, { tokens, nonce: undefined, scope, applicationState })
    }
    case 'denied':
      return fail(context, device, denied)
    case 'expired':
      return fail(context, device, expired)
    case 'failed': {
      const { error } = progress
      if (error.error === 'invalid_grant' && (await hasEndedElsewhere(context, device))) return ended(context)
      await store.forgetDevice(req, device, settings)
      return { kind: 'error', error }
    }
  }
}

/** Lets the browser wait until the next question is due; a clock that was set back does not make that any longer. */
async function waitOn(context: DeviceContext, device: PendingDevice): Promise<Outcome> {
  const { interval, pause = interval } = device
  const latest = Date.now() + Math.max(interval, pause) * 1000
  if (device.nextQuestion <= latest) return pending(context, device)
  const earlier = { ...device, nextQuestion: latest }
  await context.settings.store.keepDevice(context.req, earlier, context.settings)
  return pending(context, earlier)
}

/** Runs something, or joins what runs under the same key. Without a key, nothing is shared. */
function join<Value>(
  flights: Map<string, Promise<Value>>,
  key: string | undefined,
  run: () => Promise<Value>,
): Promise<Value> {
  if (key === undefined) return run()
  const underWay = flights.get(key)
  if (underWay) return underWay
  const flight = run().finally(() => flights.delete(key))
  flights.set(key, flight)
  return flight
}

/** What a refusal means: waiting, an end, or trouble that passes. @throws what is not an answer of xAI's */
function progressOf(error: unknown, { interval, pause = interval }: PendingDevice): Progress {
  if (!(error instanceof XaiOAuthError)) throw error
  switch (error.error) {
    case 'authorization_pending':
      return { kind: 'pending', pause: interval, interval }
    case 'slow_down':
      return { kind: 'pending', pause: interval + slowDown, interval: interval + slowDown }
    case 'access_denied':
    case 'authorization_denied':
      return { kind: 'denied' }
    case 'expired_token':
      return { kind: 'expired' }
  }
  return isPassing(error)
    ? { kind: 'pending', pause: Math.max(interval, Math.min(pause * 2, maxPause)), interval }
    : { kind: 'failed', error }
}

/** No response, 429, 5xx or Cloudflare say nothing about the device code. */
function isPassing({ response }: XaiOAuthError): boolean {
  if (!response) return true
  const { status, headers, body } = response
  if (status === 429 || status >= 500) return true
  return status === 403 && isCloudflare({ status, headers, body: Buffer.from(body) })
}

/** Milliseconds between looks at the store: another process has spent the code, and is about to write that down. */
const looks = [0, 200, 800]

async function hasEndedElsewhere({ settings, req }: DeviceContext, device: PendingDevice): Promise<boolean> {
  for (const wait of looks) {
    await setTimeout(wait)
    const current = await settings.store.readDevice(req, settings)
    if (current?.deviceCode !== device.deviceCode) return true
  }
  return false
}

const denied = { code: 'access_denied', message: 'Access was denied at xAI.' }
const expired = { code: 'xai_device_expired', message: 'The code has expired. Begin again for a new one.' }

async function fail({ settings, req }: DeviceContext, device: PendingDevice, info: object): Promise<Outcome> {
  await settings.store.forgetDevice(req, device, settings)
  return { kind: 'fail', info, status: 403 }
}

const pending = async ({ req, settings }: DeviceContext, device: PendingDevice): Promise<Outcome> =>
  respond(req, await buildPendingResponse(req, device, settings.page))

const ended = ({ req, settings }: DeviceContext): Outcome =>
  respond(req, buildEndedResponse(req, settings.page))

const scopeOf = ({ settings, options }: DeviceContext): string =>
  options.scope === undefined ? settings.scope : parseScope('XaiDeviceStrategy', options.scope)

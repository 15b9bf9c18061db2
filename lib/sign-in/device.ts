import { setTimeout } from 'node:timers/promises'
import { XaiOAuthError } from '../error.js'
import { parseScope } from '../oauth/authorization-url.js'
import {
  buildDeviceGrant,
  type DevicePace,
  type DeviceProgress,
  deviceAuthorizationNames,
  parseDeviceAuthorization,
  pauseOf,
  progressOf,
} from '../oauth/device-grant.js'
import { exchangeNames } from '../oauth/token-request.js'
import { parseTokenResponse, type XaiTokenResponse } from '../oauth/token-response.js'
import type { DeviceStore, PendingDevice } from '../state/pending-device.js'
import { isFromElsewhere } from '../state/pending-sign-in.js'
import type { XaiOAuth2 } from '../token/client.js'
import { queryOf } from './callback.js'
import { type CompletionContext, completeSignIn, type SkipUserProfile } from './completion.js'
import type { XaiDeviceAuthenticateOptions } from './context.js'
import {
  buildEndedResponse,
  buildPendingResponse,
  checkResponse,
  respond,
  type XaiDevicePage,
} from './device-response.js'
import { findPurposeProblem, type Outcome, refuse } from './passport-action.js'

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

/** Everything that one request to XaiDeviceStrategy is decided from. */
export interface DeviceContext extends CompletionContext {
  settings: DeviceSettings
  client: XaiOAuth2
  underWay: DeviceRequests
  options: XaiDeviceAuthenticateOptions
}

/** What one strategy is asking xAI at this moment. */
export interface DeviceRequests {
  /** Sign-ins that begin, by session and scope. */
  beginnings: Map<string, Promise<PendingDevice>>
  /** Device codes that the token endpoint is asked about. */
  questions: Set<string>
}

/**
 * Responds to one request to XaiDeviceStrategy: begins a sign-in, asks xAI, or ends one.
 *
 * @throws what is to end as Passport's `error`
 */
export async function signInByDevice(context: DeviceContext): Promise<Outcome> {
  const { settings, req } = context
  const problem = findPurposeProblem(req)
  if (problem) return refuse(problem)
  checkResponse(req)
  const { store } = settings
  const query = queryOf(req)
  const restarts = req.method === 'POST' && query.has('restart')
  if (restarts && isFromElsewhere(req)) return refuse('a page of another site sent it')
  const device = await store.readDevice(req, settings)
  if (device && restarts) await store.forgetDevice(req, device, settings)
  if (restarts) return begin(context)
  const shown = query.get('shown')
  if (shown !== null && shown !== device?.userCode) return ended(context)
  return device ? proceed(context, device) : begin(context)
}

/** Begins a sign-in, or joins the beginning that is under way in the same session. */
async function begin(context: DeviceContext): Promise<Outcome> {
  const { settings, underWay, req, options } = context
  const scope = options.scope === undefined ? settings.scope : parseScope('XaiDeviceStrategy', options.scope)
  const { sessionID } = req as { sessionID?: string }
  if (sessionID === undefined) return pending(context, await requestDevice(context, scope))
  const key = `${sessionID} ${scope}`
  const { beginnings } = underWay
  const joined = beginnings.get(key)
  const beginning = joined ?? requestDevice(context, scope).finally(() => beginnings.delete(key))
  beginnings.set(key, beginning)
  const device = await beginning
  // The session of a request that joins was read before; saved as it is, it would lose the sign-in.
  if (joined) await settings.store.keepDevice(req, device, settings)
  return pending(context, device)
}

async function requestDevice(
  { settings, client, identity, req, options }: DeviceContext,
  scope: string,
): Promise<PendingDevice> {
  const form = { url: settings.deviceAuthorizationURL, protocol: { ...(scope && { scope }) } }
  const { expiresIn, ...authorization } = await client.postForm(
    deviceAuthorizationNames,
    form,
    (names, response) => parseDeviceAuthorization(names, response, settings.issuer),
  )
  void identity.prepare(scope)
  const now = Date.now()
  const device: PendingDevice = {
    ...authorization,
    scope,
    expires: now + expiresIn * 1000,
    nextQuestion: now + authorization.interval * 1000,
    applicationState: options.state,
  }
  await settings.store.keepDevice(req, device, settings)
  return device
}

/** Asks xAI when it is time, and otherwise lets the browser wait on. */
async function proceed(context: DeviceContext, device: PendingDevice): Promise<Outcome> {
  const { questions } = context.underWay
  const { deviceCode, expires, nextQuestion } = device
  if (questions.has(deviceCode)) return pending(context, device)
  if (Date.now() >= expires) return end(context, device, expired)
  if (Date.now() < nextQuestion) return waitOn(context, device)
  questions.add(deviceCode)
  try {
    return await ask(context, device)
  } finally {
    questions.delete(deviceCode)
  }
}

async function ask(context: DeviceContext, device: PendingDevice): Promise<Outcome> {
  const { settings, client, req } = context
  const { store } = settings
  // Noted before the question, so that other processes do not ask meanwhile.
  await store.noteQuestion(req, { ...device, nextQuestion: Date.now() + device.interval * 1000 }, settings)
  const form = { url: settings.tokenURL, protocol: buildDeviceGrant(device.deviceCode) }
  const progress = await client.postForm(exchangeNames([device.deviceCode]), form, parseTokenResponse).then(
    (tokens) => ({ kind: 'approved', tokens }) as const,
    (error: unknown) => explain(error, device),
  )
  switch (progress.kind) {
    case 'approved':
      return complete(context, device, progress.tokens)
    case 'pending':
      return wait(context, device, progress)
    case 'denied':
      return end(context, device, denied)
    case 'expired':
      return end(context, device, expired)
    case 'failed': {
      const { error } = progress
      if (error.error === 'invalid_grant' && (await hasEndedElsewhere(context, device))) return ended(context)
      await store.forgetDevice(req, device, settings)
      return { kind: 'error', error }
    }
  }
}

/** @throws what is not a response of xAI's */
function explain(error: unknown, device: PendingDevice): DeviceProgress {
  if (error instanceof XaiOAuthError) return progressOf(error, device)
  throw error
}

async function complete(
  context: DeviceContext,
  device: PendingDevice,
  tokens: XaiTokenResponse,
): Promise<Outcome> {
  const { settings, req } = context
  // Before anything else: whatever follows, this device code has been spent.
  await settings.store.forgetDevice(req, device, settings)
  const { scope, applicationState } = device
  return completeSignIn(context, { tokens, nonce: undefined, scope, applicationState })
}

/** Lets the browser wait after a question. */
async function wait(context: DeviceContext, device: PendingDevice, pace: DevicePace): Promise<Outcome> {
  const { settings, req } = context
  const pause = pauseOf(pace)
  const later = { ...device, interval: pace.interval, pause, nextQuestion: Date.now() + pause * 1000 }
  const isCurrent = await settings.store.updateDevice(req, later, settings)
  return isCurrent ? pending(context, later) : ended(context)
}

/** Lets the browser wait until the next question is due; a clock that was set back does not make that any longer. */
async function waitOn(context: DeviceContext, device: PendingDevice): Promise<Outcome> {
  const latest = Date.now() + pauseOf(device) * 1000
  if (device.nextQuestion <= latest) return pending(context, device)
  const earlier = { ...device, nextQuestion: latest }
  await context.settings.store.keepDevice(context.req, earlier, context.settings)
  return pending(context, earlier)
}

/** Milliseconds between looks at the store: another process has spent the code, and is about to write that down. */
const looks = [0, 200, 800, 2000]

/** Whether this is not the browser's pending device sign-in any more, because another process has ended it. */
async function hasEndedElsewhere(
  { settings, req }: DeviceContext,
  { deviceCode }: PendingDevice,
): Promise<boolean> {
  for (const look of looks) {
    await setTimeout(look)
    const current = await settings.store.readDevice(req, settings)
    if (current?.deviceCode !== deviceCode) return true
  }
  return false
}

const denied = { code: 'access_denied', message: 'Access was denied at xAI.' }
const expired = { code: 'xai_device_expired', message: 'The code has expired. Begin again for a new one.' }

async function end({ settings, req }: DeviceContext, device: PendingDevice, info: object): Promise<Outcome> {
  await settings.store.forgetDevice(req, device, settings)
  return { kind: 'fail', info, status: 403 }
}

const pending = async ({ req, settings }: DeviceContext, device: PendingDevice): Promise<Outcome> =>
  respond(req, await buildPendingResponse(req, device, settings.page))

const ended = ({ req, settings }: DeviceContext): Outcome =>
  respond(req, buildEndedResponse(req, settings.page))

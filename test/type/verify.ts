/** Compiled, never run: the forms of `verify`, and that each slip is a compile error. */
import type { Request } from 'express'
import {
  type XaiProfile,
  XaiStrategy,
  type XaiTokenResponse,
  type XaiTokens,
  type XaiVerifyCallback,
  type XaiVerifyFunction,
  type XaiVerifyFunctionWithParams,
  type XaiVerifyFunctionWithRequest,
  type XaiVerifyFunctionWithRequestAndParams,
} from '../../lib/index.js'
import { exactly } from './exactly.js'

const options = { clientID: 'client', callbackURL: 'https://app.example/callback' }
const optionsWithRequest = { ...options, passReqToCallback: true } as const

declare function find(id: string): Promise<{ id: string } | undefined>

// The modern form is inferred, with and without passReqToCallback.
new XaiStrategy(options, async ({ profile, tokens, req }) => {
  exactly<XaiProfile>()(profile)
  exactly<'xai'>()(profile.provider)
  exactly<string | undefined>()(profile.displayName)
  exactly<string | undefined>()(profile.emails?.[0]?.value)
  exactly<XaiTokenResponse>()(tokens)
  exactly<string | undefined>()(tokens.refresh_token)
  exactly<Request>()(req)
  return { id: profile.id }
})
new XaiStrategy(optionsWithRequest, async ({ profile: { id }, req }) => ({ id, ip: req.ip }))
new XaiStrategy(options, ({ profile }) => profile)
new XaiStrategy(options, async ({ profile }) => find(profile.id))
new XaiStrategy(options, async ({ profile }) => (profile.id === 'known' ? profile : false))
new XaiStrategy(options, async ({ profile }) => [profile, { message: 'welcome' }])
new XaiStrategy(options, async (_signIn) => null)
new XaiStrategy(options, async (_signIn) => {})
// @ts-expect-error a profile has no email of its own
new XaiStrategy(options, async ({ profile }) => profile.email)

// passport-oauth2's forms call done.
const plain: XaiVerifyFunction = (accessToken, refreshToken, profile, done) => {
  exactly<string>()(accessToken)
  exactly<string | undefined>()(refreshToken)
  exactly<XaiProfile>()(profile)
  exactly<XaiVerifyCallback>()(done)
  done(null, { id: profile.id })
  done(null, false, { message: 'unknown here' })
  done(new Error('the database is down'))
}
new XaiStrategy(options, plain)
const withParams: XaiVerifyFunctionWithParams = async (accessToken, _refreshToken, params, profile, done) => {
  exactly<string>()(accessToken)
  exactly<number | undefined>()(params.expires_in)
  exactly<XaiProfile>()(profile)
  done(null, await find(profile.id))
}
new XaiStrategy(options, withParams)
const withRequest: XaiVerifyFunctionWithRequest = (req, _accessToken, _refreshToken, { id }, done) =>
  done(null, { id, ip: exactly<Request>()(req) })
new XaiStrategy(optionsWithRequest, withRequest)
const withRequestAndParams: XaiVerifyFunctionWithRequestAndParams = (
  req,
  _access,
  _refresh,
  params,
  { id },
  done,
) => {
  exactly<Request>()(req)
  exactly<XaiTokenResponse>()(params)
  done(null, { id })
}
new XaiStrategy(optionsWithRequest, withRequestAndParams)
// An inline function with done names its types.
new XaiStrategy(
  options,
  (_access: string, _refresh: string | undefined, { id }: XaiProfile, done: XaiVerifyCallback) =>
    done(null, { id }),
)

// @ts-expect-error the request comes only under passReqToCallback
new XaiStrategy(options, withRequestAndParams)
const forgetsDoneWithParams = async (
  _access: string,
  _refresh: string | undefined,
  _params: XaiTokenResponse,
  profile: XaiProfile,
) => find(profile.id)
// @ts-expect-error an async function that declares params and forgets done
new XaiStrategy(options, forgetsDoneWithParams)
const returnsUser = async (
  _access: string,
  _refresh: string | undefined,
  profile: XaiProfile,
  _done: XaiVerifyCallback,
) => find(profile.id)
// @ts-expect-error an async function that declares done and returns a user
new XaiStrategy(options, returnsUser)
const threeParameters = async (_access: string, _refresh: string | undefined, profile: XaiProfile) =>
  find(profile.id)
// @ts-expect-error three parameters, and a promise of a user
new XaiStrategy(options, threeParameters)
const profileForToken = async (_req: Request, _accessToken: string, profile: XaiProfile) => find(profile.id)
// @ts-expect-error under passReqToCallback, a profile in the place of the refresh token
new XaiStrategy(optionsWithRequest, profileForToken)

const strategy = new XaiStrategy(options, async (_signIn) => ({}))
exactly<Promise<XaiTokens>>()(strategy.refresh('token'))
exactly<Promise<XaiTokens>>()(strategy.refresh('token', { signal: AbortSignal.timeout(1) }))
exactly<Promise<void>>()(strategy.revoke('token'))
// @ts-expect-error a token is text
strategy.refresh(7)

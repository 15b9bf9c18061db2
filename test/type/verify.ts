/** Compiled, never run: the forms of `verify`, with the types that their parameters get by themselves. */
import type { Request } from 'express'
import {
  type XaiProfile,
  XaiStrategy,
  type XaiTokenResponse,
  type XaiTokens,
  type XaiVerifyCallback,
  type XaiVerifyFunctionWithParams,
  type XaiVerifyFunctionWithRequestAndParams,
} from '../../lib/index.js'
import { exactly } from './exactly.js'

const options = { clientID: 'client', callbackURL: 'https://app.example/callback' }
const optionsWithRequest = { ...options, passReqToCallback: true } as const

new XaiStrategy(options, (accessToken, refreshToken, profile, done) => {
  exactly<string>()(accessToken)
  exactly<string | undefined>()(refreshToken)
  exactly<XaiProfile>()(profile)
  exactly<XaiVerifyCallback>()(done)
  done(null, { id: profile.id })
  done(null, false, { message: 'unknown here' })
  done(new Error('the database is down'))
})

// TypeScript takes the types of an inline function from the first form, so one that gets `params` names its form.
const withParams: XaiVerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
  exactly<string>()(accessToken)
  exactly<string | undefined>()(refreshToken)
  exactly<XaiTokenResponse>()(params)
  exactly<number | undefined>()(params.expires_in)
  exactly<XaiProfile>()(profile)
  exactly<XaiVerifyCallback>()(done)
}
new XaiStrategy(options, withParams)
new XaiStrategy(
  options,
  (_a: string, _r: string | undefined, _p: XaiTokenResponse, { id }: XaiProfile, done: XaiVerifyCallback) =>
    done(null, { id }),
)

new XaiStrategy(optionsWithRequest, (req, accessToken, refreshToken, profile, done) => {
  exactly<Request>()(req)
  exactly<string>()(accessToken)
  exactly<string | undefined>()(refreshToken)
  exactly<XaiProfile>()(profile)
  exactly<XaiVerifyCallback>()(done)
})

const withRequestAndParams: XaiVerifyFunctionWithRequestAndParams = (
  req,
  accessToken,
  refreshToken,
  params,
  profile,
  done,
) => {
  exactly<Request>()(req)
  exactly<string>()(accessToken)
  exactly<string | undefined>()(refreshToken)
  exactly<XaiTokenResponse>()(params)
  exactly<XaiProfile>()(profile)
  exactly<XaiVerifyCallback>()(done)
}
new XaiStrategy(optionsWithRequest, withRequestAndParams)
// @ts-expect-error the request comes only under passReqToCallback
new XaiStrategy(options, withRequestAndParams)

new XaiStrategy(options, async (_accessToken, _refreshToken, profile) => {
  exactly<XaiProfile>()(profile)
  exactly<'xai'>()(profile.provider)
  exactly<string | undefined>()(profile.displayName)
  exactly<string | undefined>()(profile.emails?.[0]?.value)
  return { id: profile.id }
})
new XaiStrategy(options, async (_accessToken, _refreshToken, { id }) => (id === 'known' ? { id } : false))
new XaiStrategy(optionsWithRequest, async (req, _accessToken, _refreshToken, { id }) => ({ id, ip: req.ip }))

const strategy = new XaiStrategy(options, async () => ({}))
exactly<Promise<XaiTokens>>()(strategy.refresh('token'))
exactly<Promise<XaiTokens>>()(strategy.refresh('token', { signal: AbortSignal.timeout(1) }))
exactly<Promise<void>>()(strategy.revoke('token'))

// @ts-expect-error a profile has no email of its own
new XaiStrategy(options, async (_accessToken, _refreshToken, profile) => profile.email)
// @ts-expect-error a token is text
strategy.refresh(7)

/** Compiled, never run: what TypeScript accepts of XaiDeviceStrategy. */
import type { Request } from 'express'
import passport from 'passport'
import {
  CookieStateStore,
  type XaiDevicePending,
  XaiDeviceStrategy,
  type XaiDeviceStrategyOptions,
  type XaiFailure,
  type XaiInfo,
  type XaiProfile,
  type XaiTokenResponse,
  type XaiTokens,
  type XaiVerifyFunction,
  type XaiVerifyFunctionWithRequestAndParams,
} from '../../lib/index.js'
import { exactly } from './exactly.js'

const options = { clientID: 'client' }

declare function find(id: string): Promise<{ id: string } | undefined>

// The modern form is inferred.
new XaiDeviceStrategy(options, async ({ profile, tokens, req }) => {
  exactly<XaiProfile>()(profile)
  exactly<XaiTokenResponse>()(tokens)
  exactly<Request>()(req)
  return find(profile.id)
})
new XaiDeviceStrategy({ ...options, passReqToCallback: true }, async ({ profile }) => profile)
new XaiDeviceStrategy(options, async ({ profile }) => [profile, { message: 'welcome' }])
new XaiDeviceStrategy(options, async (_signIn) => false)
// @ts-expect-error a profile has no email of its own
new XaiDeviceStrategy(options, async ({ profile }) => profile.email)

// passport-oauth2's forms call done.
const plain: XaiVerifyFunction = (_accessToken, _refreshToken, profile, done) => done(null, profile)
new XaiDeviceStrategy(options, plain)
const withRequest: XaiVerifyFunctionWithRequestAndParams = (
  req,
  _access,
  _refresh,
  params,
  profile,
  done,
) => {
  exactly<Request>()(req)
  exactly<string>()(params.access_token)
  done(null, profile)
}
new XaiDeviceStrategy({ ...options, passReqToCallback: true }, withRequest)
const forgotten = async (_access: string, _refresh: string, profile: XaiProfile, _done: object) => profile
// @ts-expect-error a promise of a user signs nobody in beside done
new XaiDeviceStrategy(options, forgotten)
// @ts-expect-error verify is missing
new XaiDeviceStrategy(options)

const all: XaiDeviceStrategyOptions = {
  clientID: 'client',
  clientSecret: 'secret',
  clientAuthentication: 'client_secret_post',
  scope: ['openid', 'api:access'],
  issuer: 'https://auth.x.ai',
  deviceAuthorizationURL: 'https://auth.x.ai/oauth2/device/code',
  tokenURL: 'https://auth.x.ai/oauth2/token',
  page: { title: 'Notes', homeURL: '/notes' },
  store: new CookieStateStore({ secret: 'secret' }),
  timeout: 20_000,
  userInfo: 'never',
  allowTeamPrincipal: true,
}
new XaiDeviceStrategy(all, async ({ profile }) => profile)
new XaiDeviceStrategy(
  {
    ...options,
    page: (pending, req) => {
      exactly<XaiDevicePending>()(pending)
      exactly<Request>()(req)
      exactly<string | undefined>()(pending.verification_uri_complete)
      // @ts-expect-error the device code stays on the server
      void pending.device_code
      return `<p>${pending.user_code}</p>`
    },
  },
  async ({ profile }) => profile,
)
new XaiDeviceStrategy({ ...options, page: async () => '' }, async ({ profile }) => profile)

declare const refuse: (options: XaiDeviceStrategyOptions) => void
// @ts-expect-error the client is missing
refuse({})
// @ts-expect-error there is no callback
refuse({ clientID: 'client', callbackURL: 'https://app.example/callback' })
// @ts-expect-error a page is HTML
refuse({ clientID: 'client', page: () => 7 })
// @ts-expect-error no such part of a page
refuse({ clientID: 'client', page: { name: 'Notes' } })

passport.authenticate('xai-device')
passport.authenticate('xai-device', { successRedirect: '/', failureRedirect: '/sign-in' })
passport.authenticate('xai-device', { state: { returnTo: '/inbox', items: [1, 2] }, scope: ['openid'] })
// @ts-expect-error a scope is text
passport.authenticate('xai-device', { scope: 7 })
// @ts-expect-error there is no callback
passport.authenticate('xai-device', { callbackURL: 'https://app.example/callback' })

passport.authorize('xai-device', { state: { plan: 1 }, failureRedirect: '/settings' })
passport.authorize('xai-device', {}, (error, user, info, status) => {
  exactly<unknown>()(error)
  exactly<Express.User | false | null | undefined>()(user)
  exactly<XaiFailure | XaiInfo | undefined>()(info)
  exactly<number | undefined>()(status)
  if (info?.code === 'xai_device_expired') exactly<string>()(info.message)
})
// @ts-expect-error no such option
passport.authorize('xai-device', { loginHint: 'person@example.com' })

const strategy = new XaiDeviceStrategy(options, async ({ profile }) => profile)
exactly<Promise<XaiTokens>>()(strategy.refresh('refresh-token'))
exactly<Promise<void>>()(strategy.revoke('token', { hint: 'refresh_token' }))

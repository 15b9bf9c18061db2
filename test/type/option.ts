/** Compiled, never run: which options TypeScript accepts. */
import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

import OAuth2Strategy = require('passport-oauth2')

import {
  CookieStateStore,
  SessionStateStore,
  Strategy,
  XaiStrategy,
  type XaiStrategyOptions,
  type XaiStrategyOptionsWithRequest,
} from '../../lib/index.js'
import { exactly } from './exactly.js'

const verify = async () => ({ id: 1 })
const required = { clientID: 'client', callbackURL: 'https://app.example/callback' }

const everything: Required<XaiStrategyOptions> = {
  ...required,
  clientSecret: 'secret',
  clientAuthentication: 'client_secret_post',
  scope: ['openid', 'offline_access'],
  issuer: 'https://auth.x.ai',
  authorizationURL: 'https://auth.x.ai/oauth2/authorize',
  tokenURL: 'https://auth.x.ai/oauth2/token',
  userInfoURL: 'https://auth.x.ai/oauth2/userinfo',
  revocationURL: 'https://auth.x.ai/oauth2/revoke',
  jwksURL: 'https://auth.x.ai/.well-known/jwks.json',
  timeout: 30_000,
  agent: new HttpsAgent(),
  echoCodeChallenge: false,
  authorizationParams: { referrer: 'app' },
  userInfo: 'never',
  allowTeamPrincipal: true,
  store: new CookieStateStore({ secret: ['x', 'y'] }),
  sessionKey: 'xai',
  customHeaders: { 'X-Request': '1' },
  skipUserProfile: true,
  state: true,
  pkce: 'S256',
  passReqToCallback: false,
}
new XaiStrategy(everything, verify)
new XaiStrategy({ ...required, agent: new Agent(), store: new SessionStateStore() }, verify)
new XaiStrategy({ ...required, clientSecret: undefined }, verify)
new XaiStrategy({ ...required, skipUserProfile: (_token, done) => done(null, true) }, verify)
new XaiStrategy(
  { ...required, authorizationParams: (req, { scope }) => ({ ip: req.ip, scope: `${scope}` }) },
  verify,
)
exactly<typeof XaiStrategy>()(Strategy)
new XaiStrategy(required, verify) satisfies OAuth2Strategy

// @ts-expect-error a clientID is required
new XaiStrategy({ callbackURL: 'https://app.example/callback' }, verify)
// @ts-expect-error a callbackURL is required
new XaiStrategy({ clientID: 'client' }, verify)
// @ts-expect-error verify is required
new XaiStrategy(required)
// @ts-expect-error state is always on
new XaiStrategy({ ...required, state: false }, verify)
// @ts-expect-error PKCE is always on
new XaiStrategy({ ...required, pkce: false }, verify)
// @ts-expect-error PKCE is always S256
new XaiStrategy({ ...required, pkce: 'plain' }, verify)
// @ts-expect-error no such method
new XaiStrategy({ ...required, clientAuthentication: 'private_key_jwt' }, verify)
// @ts-expect-error a number of milliseconds
new XaiStrategy({ ...required, timeout: '30s' }, verify)
// @ts-expect-error no such word
new XaiStrategy({ ...required, userInfo: 'sometimes' }, verify)
// @ts-expect-error no alias of clientID
new XaiStrategy({ ...required, clientId: 'client' }, verify)
// @ts-expect-error a parameter is a plain value
new XaiStrategy({ ...required, authorizationParams: { nested: {} } }, verify)
// @ts-expect-error a secret is required
new CookieStateStore({})

const withRequest: XaiStrategyOptionsWithRequest = { ...required, passReqToCallback: true }
// @ts-expect-error what asks for the request is no option set without it
withRequest satisfies XaiStrategyOptions

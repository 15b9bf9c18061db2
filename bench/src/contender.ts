import { createRequire } from 'node:module'
import type { Strategy } from 'passport'
import type * as passportXai from '../../dist/lib/index.js'
import { clientID, endpointsOf, scopes } from './setting.js'

/** A way of signing in, set up. */
export interface Contender {
  strategy: Strategy
  refresh?: (refreshToken: string) => Promise<unknown>
}

/** Where a contender asks, and where people come back to. */
export interface Place {
  issuer: string
  callbackURL: string
}

const require = createRequire(import.meta.url)
const xaiOf = (build: string): typeof passportXai => require(build || '../../dist/lib/index.js')

/** Sets up a contender by its name: `auto`, say, or `auto of FILE`, which is the same of another build of passport-xai. */
export async function buildContender(name: string, place: Place): Promise<Contender> {
  const [kind = '', build] = name.split(' of ')
  switch (kind) {
    case 'passport-oauth2':
      return buildPlain(place)
    case 'openid-client':
      return buildOpenIDClient(place)
    case 'Express alone':
      return buildAlone(place)
    default:
      return buildXai(kind, place, build ?? '')
  }
}

/** passport-xai with everything on that is on by default; the id_token's signature is verified. */
function buildXai(kind: string, { issuer, callbackURL }: Place, build: string): Contender {
  const { CookieStateStore, XaiDeviceStrategy, XaiStrategy } = xaiOf(build)
  const client = { issuer, ...endpointsOf(issuer), clientID }
  const verify: passportXai.XaiVerify = async ({ profile }) => ({ id: profile.id, name: profile.displayName })
  if (kind === 'device') {
    const { authorizationURL: _, ...endpoints } = client
    const deviceAuthorizationURL = `${issuer}/device`
    return { strategy: new XaiDeviceStrategy({ ...endpoints, deviceAuthorizationURL }, verify) }
  }
  const strategy = new XaiStrategy(
    {
      ...client,
      callbackURL,
      userInfo: kind === 'always' ? 'always' : 'auto',
      ...(kind === 'cookie store' && { store: new CookieStateStore({ secret: 'bench '.repeat(8) }) }),
    },
    verify,
  )
  return { strategy, refresh: (refreshToken) => strategy.refresh(refreshToken) }
}

/** passport-oauth2 as its users configure it: state, PKCE, and a profile from userinfo. No id_token is looked at. */
async function buildPlain({ issuer, callbackURL }: Place): Promise<Contender> {
  const { default: OAuth2Strategy } = await import('passport-oauth2')
  const { userInfoURL, authorizationURL, tokenURL } = endpointsOf(issuer)
  type Done = (error?: unknown, profile?: unknown) => void
  class PlainStrategy extends OAuth2Strategy {
    override userProfile(accessToken: string, done: Done): void {
      this._oauth2.get(userInfoURL, accessToken, (error, body) => {
        if (error) return done(error)
        const { sub, name, email } = JSON.parse(String(body))
        done(null, { provider: 'plain', id: sub, displayName: name, emails: [{ value: email }] })
      })
    }

    get client() {
      return this._oauth2
    }
  }
  const client = { authorizationURL, tokenURL, clientID, clientSecret: '', callbackURL, scope: scopes }
  const strategy = new PlainStrategy(
    { ...client, state: true, pkce: true },
    (...[, , profile, done]: [string, string, { id: string; displayName: string }, Done]) =>
      done(null, { id: profile.id, name: profile.displayName }),
  )
  strategy.client.useAuthorizationHeaderforGET(true)
  const refresh = (refreshToken: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      strategy.client.getOAuthAccessToken(
        refreshToken,
        { grant_type: 'refresh_token' },
        (error, accessToken) => (error ? reject(error) : resolve(accessToken)),
      )
    })
  return { strategy, refresh }
}

/** openid-client's own Passport strategy, its signature check switched on, with a profile from userinfo. */
async function buildOpenIDClient({ issuer, callbackURL }: Place): Promise<Contender> {
  const client = await import('openid-client')
  const { Strategy: OpenIDStrategy } = await import('openid-client/passport')
  const { authorizationURL, tokenURL, userInfoURL, jwksURL } = endpointsOf(issuer)
  const config = new client.Configuration(
    {
      issuer,
      authorization_endpoint: authorizationURL,
      token_endpoint: tokenURL,
      userinfo_endpoint: userInfoURL,
      jwks_uri: jwksURL,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
    },
    clientID,
    { id_token_signed_response_alg: 'ES256' },
    client.None(),
  )
  client.enableNonRepudiationChecks(config)
  if (issuer.startsWith('http:')) client.allowInsecureRequests(config)
  const strategy = new OpenIDStrategy(
    { config, callbackURL, scope: scopes.join(' ') },
    async (tokens, verified) => {
      try {
        const { sub = '' } = tokens.claims() ?? {}
        const { name } = await client.fetchUserInfo(config, tokens.access_token, sub)
        verified(null, { id: sub, name } as Express.User)
      } catch (error) {
        verified(error)
      }
    },
  )
  // Its types and those of passport disagree about `this`.
  return { strategy: strategy as unknown as Strategy }
}

/** What Express, sessions and Passport cost without any work of a strategy's: a state in the session, and nobody asked. */
async function buildAlone({ issuer, callbackURL }: Place): Promise<Contender> {
  const [{ Strategy }, { randomBytes }, { person }] = await Promise.all([
    import('passport'),
    import('node:crypto'),
    import('./setting.js'),
  ])
  const strategy = new (class extends Strategy {
    override name = 'alone'
    override authenticate({ query, session }: Parameters<Strategy['authenticate']>[0]): void {
      const kept = session as unknown as { state?: string }
      if (query.code) {
        if (kept.state === query.state) this.success({ id: person.sub, name: person.name })
        else this.fail(403)
        return
      }
      kept.state = randomBytes(32).toString('base64url')
      const sent = {
        response_type: 'code',
        client_id: clientID,
        redirect_uri: callbackURL,
        state: kept.state,
      }
      this.redirect(`${endpointsOf(issuer).authorizationURL}?${new URLSearchParams(sent)}`)
    }
  })()
  return { strategy }
}

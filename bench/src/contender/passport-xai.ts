import { createRequire } from 'node:module'
import type * as passportXai from '../../../dist/lib/index.js'
import type { ContenderInstance, ContenderSettings } from '../contender.js'
import { clientID, endpointsOf } from '../setting.js'

// As it is published; the declarations are elsewhere.
const { CookieStateStore, XaiStrategy }: typeof passportXai = createRequire(import.meta.url)(
  '../../../dist/lib/index.js',
)

const secret = 'bench-bench-bench-bench-bench-bench'

/** passport-xai with everything on that is on by default; the id_token's signature is verified. */
export function build({ issuer, callbackURL, variant = '' }: ContenderSettings): ContenderInstance {
  const [userInfo, kind] = variant.split(' ')
  const strategy = new XaiStrategy(
    {
      issuer,
      ...endpointsOf(issuer),
      clientID,
      callbackURL,
      userInfo: userInfo as 'auto' | 'always',
      ...(kind === 'cookie' && { store: new CookieStateStore({ secret }) }),
    },
    (_accessToken, _refreshToken, profile, done) => done(null, { id: profile.id, name: profile.displayName }),
  )
  return { strategy, refresh: (refreshToken) => strategy.refresh(refreshToken) }
}

import type { Emulator } from '../../lib/emulator/index.js'
import { XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { signInDirectly } from './direct-sign-in.js'

/** A strategy at an emulator that asks for refresh tokens; its users are the tokens that they got. */
export const buildOfflineStrategy = (
  { issuer, publicClient: { clientID } }: Emulator,
  options: Partial<XaiStrategyOptions> = {},
): XaiStrategy =>
  new XaiStrategy(
    {
      issuer,
      clientID,
      callbackURL: 'http://127.0.0.1:9/callback',
      scope: 'openid profile email offline_access',
      ...options,
    },
    async ({ tokens }) => ({ accessToken: tokens.access_token, refreshToken: tokens.refresh_token }),
  )

/** Signs in, and gives tokens that nobody has used; the emulator has forgotten the requests. */
export async function signInOffline(
  emulator: Emulator,
  strategy: XaiStrategy,
): Promise<{ accessToken: string; refreshToken: string }> {
  const { value } = await signInDirectly(strategy)
  emulator.clearRequests()
  return value as { accessToken: string; refreshToken: string }
}

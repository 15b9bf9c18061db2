import { XaiOAuthError } from '../../lib/error.js'
import type { XaiTokenResponse } from '../../lib/index.js'
import type { TokenStrategy } from '../../lib/token/token-manager.js'

/** The tokens that came from one sign-in. */
interface Family {
  who: string
  refreshToken: string
  isRevoked: boolean
}

const errorOf = (code: 'xai_refresh_token_revoked' | 'xai_refresh_failed', status: number): XaiOAuthError =>
  new XaiOAuthError(code, `the test's server: ${code}`, { status })

/**
 * Issues tokens as xAI does, without a network: each use replaces the refresh token, and one that comes again revokes
 * its family. Who a token belongs to can be read from it.
 */
export class RotatingServer {
  /** The refresh tokens that arrived, oldest first. */
  readonly sent: string[] = []
  readonly revoked: string[] = []
  /** Called when a refresh token has arrived; what it throws is the outcome, and nothing is carried out. */
  onArrival: (refreshToken: string) => Promise<void> | void = () => {}
  /** Called when a refresh has been carried out; what it throws is the outcome: the response is lost. */
  onResponse: (refreshToken: string) => Promise<void> | void = () => {}
  /** Seconds; `undefined` leaves `expires_in` out. */
  lifetime: number | undefined = 21_600
  private readonly families = new Map<string, Family>()
  private issued = 0

  /** Tokens of a new sign-in. */
  signIn(who: string): XaiTokenResponse & { refresh_token: string } {
    return this.issue({ who, refreshToken: '', isRevoked: false })
  }

  /** Whether a refresh token would be accepted. */
  isAlive(refreshToken: string): boolean {
    const family = this.families.get(refreshToken)
    return family !== undefined && !family.isRevoked && family.refreshToken === refreshToken
  }

  /** What a process has in the place of a strategy; each call gives another one, which remembers nothing. */
  strategy(): TokenStrategy {
    return {
      refresh: async (refreshToken) => {
        this.sent.push(refreshToken)
        await this.onArrival(refreshToken)
        const family = this.families.get(refreshToken)
        if (family?.refreshToken !== refreshToken && family) family.isRevoked = true
        if (!family || family.isRevoked) throw errorOf('xai_refresh_token_revoked', 400)
        const { access_token, refresh_token, expires_in } = this.issue(family)
        await this.onResponse(refreshToken)
        const expiresIn = expires_in === undefined ? {} : { expiresIn: expires_in }
        return { accessToken: access_token, refreshToken: refresh_token, ...expiresIn }
      },
      revoke: async (token) => {
        this.revoked.push(token)
        const family = this.families.get(token)
        if (family) family.isRevoked = true
      },
    }
  }

  private issue(family: Family): XaiTokenResponse & { refresh_token: string } {
    this.issued += 1
    family.refreshToken = `refresh of ${family.who}, number ${this.issued}`
    this.families.set(family.refreshToken, family)
    return {
      access_token: `access of ${family.who}, number ${this.issued}`,
      refresh_token: family.refreshToken,
      ...(this.lifetime !== undefined && { expires_in: this.lifetime }),
    }
  }
}

/** The failure of a request whose response did not come. */
export const lostResponse = (): never => {
  throw errorOf('xai_refresh_failed', 502)
}

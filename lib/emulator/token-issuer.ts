import type { EmulatorAccount } from './account.js'
import { buildAccessTokenClaims, buildIDTokenClaims, grantedScope, type JWTClaims } from './claim.js'
import { forgeAccessToken, forgeIDToken } from './forgery.js'
import { isAccessTokenForgery, isIDTokenForgery } from './forgery-name.js'
import { type ForgeryQueue, isForgery } from './forgery-queue.js'
import { signAccessToken, signIDToken } from './jwt.js'
import type { KeyRing } from './signing-key.js'

/** What oidc-provider answers at the token endpoint; its access and refresh tokens are opaque. */
export interface TokenResponse {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope: string
  readonly [parameter: string]: unknown
}

/** To whom the tokens of an answer belong, and when they were issued. */
export interface TokenOwner {
  readonly account: EmulatorAccount
  readonly clientID: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Turns oidc-provider's tokens into ones that look like xAI's, forged when that was ordered, and back. */
export class TokenIssuer {
  private readonly opaqueTokens = new Map<string, string>()
  private readonly nonces = new Set<unknown>()

  constructor(
    private readonly issuer: string,
    private readonly idTokenClaims: readonly string[],
    private readonly keys: KeyRing,
    private readonly forgeries: ForgeryQueue,
  ) {}

  /** What oidc-provider calls an access or refresh token that was issued here; a word it does not know for others. */
  opaqueTokenOf(token: string): string {
    return this.opaqueTokens.get(token) ?? 'unknown'
  }

  /** The answer that xAI would give in the place of oidc-provider's. */
  async issue(response: TokenResponse, owner: TokenOwner): Promise<Record<string, unknown>> {
    const { access_token: opaqueAccessToken, refresh_token: opaqueRefreshToken, id_token, ...rest } = response
    const scope = grantedScope(owner.account, response.scope)
    const accessToken = await this.issueAccessToken(scope, owner)
    this.opaqueTokens.set(accessToken, opaqueAccessToken)
    const refreshToken = opaqueRefreshToken && `OR-${opaqueRefreshToken}`
    if (refreshToken) this.opaqueTokens.set(refreshToken, opaqueRefreshToken)
    const isTeam = owner.account.principal !== undefined
    const idToken = id_token && !isTeam ? await this.issueIDToken(id_token, accessToken) : undefined
    return {
      ...rest,
      access_token: accessToken,
      refresh_token: refreshToken,
      id_token: idToken,
      scope: scope || undefined,
    }
  }

  private async issueAccessToken(scope: string, owner: TokenOwner): Promise<string> {
    const claims = buildAccessTokenClaims({ issuer: this.issuer, scope, ...owner })
    const forgery = this.forgeries.take(isAccessTokenForgery)
    const key = this.keys.signing
    return forgery ? forgeAccessToken(forgery, { claims, key }) : signAccessToken(claims, key)
  }

  private async issueIDToken(original: string, accessToken: string): Promise<string | undefined> {
    const { decodeJwt } = await import('jose')
    const claims: JWTClaims = buildIDTokenClaims(decodeJwt(original), this.idTokenClaims, accessToken)
    const earlierNonce = [...this.nonces].find((nonce) => nonce !== claims.nonce)
    if (claims.nonce !== undefined) this.nonces.add(claims.nonce)
    if (this.forgeries.take(isForgery('missing id_token'))) return undefined
    const forgery = this.forgeries.take(isIDTokenForgery)
    const key = this.keys.signing
    return forgery ? forgeIDToken(forgery, { claims, key, earlierNonce }) : signIDToken(claims, key)
  }
}

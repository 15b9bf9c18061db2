import { XaiOAuthError } from '../error.js'
import { hasOpenID } from '../oauth/authorization-url.js'
import { askedForIDToken, nonceOf } from '../oauth/pkce.js'
import type { XaiTokenResponse } from '../oauth/token-response.js'
import type { StrategySettings } from '../option.js'
import type { XaiOAuth2 } from '../token/client.js'
import {
  accessTokenRules,
  checkSignedToken,
  idTokenRules,
  type TokenKind,
  type VerifiedToken,
} from './id-token.js'
import { KeySet } from './key-set.js'
import { buildProfile, hasPersonalClaims, type XaiProfile } from './profile.js'
import { requestUserinfo } from './userinfo.js'

const idToken: TokenKind = { what: 'id_token', failed: 'xai_id_token_invalid', rules: idTokenRules }

const accessToken: TokenKind = {
  what: 'access token',
  failed: 'xai_id_token_invalid',
  typ: 'at+jwt',
  rules: accessTokenRules,
}

/** What a sign-in gave, before it is known whose it was. */
export interface IdentityEvidence {
  tokens: XaiTokenResponse
  codeVerifier: string
  /** The scopes that were asked for, should the verifier not tell. */
  scope: string
}

/** Who signed in, as far as signatures vouch for it. */
export interface Identity {
  verified: VerifiedToken
  /** Only for a Team or an Organization, whose access token stood in for the id_token. */
  principal?: { type: string; id: string }
}

/** Finds out who signed in, from verified tokens and userinfo. */
export class IdentityReader {
  private readonly keys: KeySet
  private readonly client: XaiOAuth2
  private readonly settings: StrategySettings

  constructor(client: XaiOAuth2, settings: StrategySettings) {
    this.client = client
    this.settings = settings
    this.keys = new KeySet(client, settings.jwksURL)
  }

  /** Has ready what a callback will need: a connection to exchange its code and, to verify something, keys. Never fails. */
  async prepare(scope: string): Promise<void> {
    this.client.prepareConnection()
    if (hasOpenID(scope)) await this.keys.prepare()
  }

  /**
   * Verifies who signed in; `undefined` when the scopes did not ask for that.
   *
   * @throws {XaiOAuthError} `xai_id_token_invalid`, or `xai_identity_missing` when xAI does not say who it is
   */
  async identify({ tokens, codeVerifier, scope }: IdentityEvidence): Promise<Identity | undefined> {
    if (!(askedForIDToken(codeVerifier) ?? hasOpenID(scope))) return undefined
    const { id_token, access_token } = tokens
    const { issuer, clientID, allowTeamPrincipal } = this.settings
    const expected = { issuer, clientID, nowSeconds: Date.now() / 1000 }
    if (id_token !== undefined && id_token !== null) {
      if (typeof id_token !== 'string')
        throw new XaiOAuthError('xai_id_token_invalid', "xAI's id_token was refused: it is no string")
      const evidence = { ...expected, nonce: nonceOf(codeVerifier), accessToken: access_token }
      return { verified: await checkSignedToken(idToken, id_token, { keys: this.keys, expected: evidence }) }
    }
    if (!allowTeamPrincipal) throw missingIdentityError()
    const verified = await checkSignedToken(accessToken, access_token, { keys: this.keys, expected })
    const { principal_type: type, principal_id: id } = verified.claims
    if (typeof type !== 'string' || type === 'User' || typeof id !== 'string') throw missingIdentityError()
    return { verified, principal: { type, id } }
  }

  /**
   * The profile of whom {@link identify} found; `undefined` when neither it nor userinfo says who that is.
   *
   * @throws {XaiOAuthError} `xai_userinfo_failed` or `xai_userinfo_invalid`
   */
  async readProfile(identity: Identity | undefined, accessToken: string): Promise<XaiProfile | undefined> {
    if (!identity) return this.readUnverifiedProfile(accessToken)
    const { verified, principal } = identity
    const { claims, raw } = verified
    // For a Team, xAI's userinfo is known to fail.
    if (principal) return { ...buildProfile(claims, raw), principal }
    const { userInfo } = this.settings
    const enough = userInfo === 'never' || (userInfo === 'auto' && hasPersonalClaims(claims))
    if (enough) return buildProfile(claims, raw)
    const userinfo = await this.requestUserinfo(accessToken, claims.sub)
    return buildProfile({ ...userinfo.claims, ...claims }, userinfo.raw)
  }

  /** Without the scope `openid`, xAI may refuse userinfo; then the sign-in has tokens and no profile. */
  private async readUnverifiedProfile(accessToken: string): Promise<XaiProfile | undefined> {
    const { userInfo } = this.settings
    if (userInfo === 'never') return undefined
    try {
      const { claims, raw } = await this.requestUserinfo(accessToken)
      return buildProfile(claims, raw)
    } catch (error) {
      const { response } = error as XaiOAuthError
      if (userInfo === 'auto' && (response?.status === 401 || response?.status === 403)) return undefined
      throw error
    }
  }

  requestUserinfo(accessToken: string, expectedSub?: string): ReturnType<typeof requestUserinfo> {
    return requestUserinfo(this.client, this.settings.userInfoURL, { accessToken, expectedSub })
  }
}

const missingIdentityError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_identity_missing',
    'xAI returned no id_token, so nobody knows who signed in. This happens when a Team is chosen at xAI: sign in again and choose the personal account.',
  )

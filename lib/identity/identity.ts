import { XaiOAuthError } from '../error.js'
import { hasOpenID } from '../oauth/authorization-url.js'
import type { XaiTokenResponse } from '../oauth/token-response.js'
import type { XaiOAuth2 } from '../token/client.js'
import { buildAccessTokenKind, buildIDTokenKind } from './id-token.js'
import { buildRefusedTokenError, quoteReceived, readUnverifiedClaims, verifyJWT } from './jwt.js'
import { KeySet } from './key-set.js'
import {
  buildProfile,
  type ClaimsSet,
  hasPersonalClaims,
  mergeClaims,
  requestUserinfo,
  type XaiProfile,
} from './profile.js'

/** Whose tokens are believed, and what is asked besides. */
export interface IdentitySettings {
  issuer: string
  clientID: string
  jwksURL: string
  userInfoURL: string
  /** When userinfo is asked; `auto`: when the verified id_token has no name, e-mail or picture. */
  userInfo: 'auto' | 'always' | 'never'
  /** Whether a verified access token may stand in for the id_token that a Team lacks. */
  allowTeamPrincipal: boolean
}

/** What a sign-in gave, before it is known whose it was. */
export interface IdentityEvidence {
  tokens: XaiTokenResponse
  /** The nonce of the authorization request; `undefined` in a grant that has none. */
  nonce: string | undefined
  /** The scopes that were asked for, space-separated. */
  scope: string
}

/** Who signed in, as far as signatures vouch for it. */
export interface Identity extends ClaimsSet {
  /** Only for a Team or an Organization, whose access token stood in for the id_token. */
  principal?: { type: string; id: string }
}

/** Finds out who signed in, from verified tokens and userinfo. */
export class IdentityReader {
  private readonly keys: KeySet
  private readonly client: XaiOAuth2
  private readonly settings: IdentitySettings

  constructor(client: XaiOAuth2, settings: IdentitySettings) {
    this.client = client
    this.settings = settings
    this.keys = new KeySet(client, settings.jwksURL)
  }

  /** Has ready what a callback will need, if it will verify something. Never rejects. */
  async prepare(scope: string): Promise<void> {
    if (hasOpenID(scope)) await this.keys.prepare()
  }

  /**
   * Verifies who signed in. An id_token is always verified; one is demanded when `openid` was asked for, or granted.
   *
   * @returns `undefined` without an id_token that was not demanded
   * @throws {XaiOAuthError} `xai_id_token_invalid`, or `xai_identity_missing` when xAI does not say who it is
   */
  async identify({ tokens, nonce, scope }: IdentityEvidence): Promise<Identity | undefined> {
    const { id_token: idToken, access_token: accessToken } = tokens
    const { issuer, clientID, allowTeamPrincipal } = this.settings
    const expected = { issuer, clientID, nowSeconds: Date.now() / 1000 }
    if (idToken !== undefined && idToken !== null) {
      if (typeof idToken !== 'string') throw buildRefusedTokenError('id_token', 'it is not a string')
      const kind = buildIDTokenKind({ ...expected, nonce, accessToken })
      return verifyJWT(kind, idToken, this.keys)
    }
    const granted = typeof tokens.scope === 'string' ? tokens.scope : ''
    if (!hasOpenID(scope) && !hasOpenID(granted)) return undefined
    // What the unverified token says only chooses the error.
    const { principal_type: claimed } = readUnverifiedClaims(accessToken)
    if (typeof claimed !== 'string' || claimed === 'User') throw missingIDTokenError(tokens)
    if (!allowTeamPrincipal) throw teamError()
    const verified = await verifyJWT(buildAccessTokenKind(expected), accessToken, this.keys)
    const { principal_type: type, principal_id: id } = verified.claims
    if (typeof type !== 'string' || typeof id !== 'string') throw missingIDTokenError(tokens)
    return { ...verified, principal: { type, id } }
  }

  /**
   * The profile of whom {@link identify} found; `undefined` when neither it nor userinfo says who that is.
   *
   * @throws {XaiOAuthError} `xai_userinfo_failed` or `xai_userinfo_invalid`
   */
  async readProfile(identity: Identity | undefined, accessToken: string): Promise<XaiProfile | undefined> {
    if (!identity) return this.readUnverifiedProfile(accessToken)
    const { claims, principal } = identity
    // For a Team, xAI's userinfo is known to fail.
    if (principal) return { ...buildProfile(identity), principal }
    const { userInfo } = this.settings
    const enough = userInfo === 'never' || (userInfo === 'auto' && hasPersonalClaims(claims))
    if (enough) return buildProfile(identity)
    const userinfo = await this.requestUserinfo(accessToken, claims.sub)
    return buildProfile({ claims: mergeClaims(userinfo.claims, claims), raw: userinfo.raw })
  }

  /** Without the scope `openid`, xAI may refuse userinfo; then the sign-in has tokens and no profile. */
  private async readUnverifiedProfile(accessToken: string): Promise<XaiProfile | undefined> {
    const { userInfo } = this.settings
    if (userInfo === 'never') return undefined
    try {
      return buildProfile(await this.requestUserinfo(accessToken))
    } catch (error) {
      const { response } = error as XaiOAuthError
      if (userInfo === 'auto' && (response?.status === 401 || response?.status === 403)) return undefined
      throw error
    }
  }

  /** What userinfo says of whom an access token stands for. @throws {XaiOAuthError} */
  requestUserinfo(accessToken: string, expectedSub?: string): Promise<ClaimsSet> {
    return requestUserinfo(this.client, this.settings.userInfoURL, accessToken, expectedSub)
  }
}

const teamError = (): XaiOAuthError =>
  new XaiOAuthError(
    'xai_identity_missing',
    'The person chose a Team at xAI. xAI returns no id_token for a Team, so nobody knows who signed in: sign in again and choose the personal account. (Option for applications that accept Teams: allowTeamPrincipal.)',
    { status: 403 },
  )

const missingIDTokenError = ({ scope }: XaiTokenResponse): XaiOAuthError =>
  new XaiOAuthError(
    'xai_identity_missing',
    `The token response holds no id_token, so nobody knows who signed in; its scope is ${quoteReceived(scope)}. Possible causes: ` +
      'a Team was chosen at xAI (sign in again and choose the personal account); the client may not ask for the scope ' +
      'openid; the server does not speak OpenID Connect (leave openid out of scope); or the two authenticate calls of ' +
      'this sign-in were given different scopes.',
  )

import type { XaiOAuthError, XaiStrategy, XaiTokens } from 'passport-xai'
import type { TokenLock } from './token-lock.js'
import type { StoredTokens, TokenStore } from './token-store.js'

/** The person has to sign in again: there is no refresh token, or xAI refuses it for good. */
export class SignInNeededError extends Error {
  readonly status = 401
}

/** What a refresh works with. */
export interface Refreshing {
  strategy: XaiStrategy
  tokens: TokenStore
  lock: TokenLock
}

/** Milliseconds before its expiry at which an access token is not used any more. */
const margin = 60_000

/** An access token that is good for a while. @throws {SignInNeededError} {@link XaiOAuthError} */
export async function freshTokens(refreshing: Refreshing, userKey: string): Promise<StoredTokens> {
  const stored = await refreshing.tokens.read(userKey)
  const isFresh = stored && (stored.expiresAt ?? Number.POSITIVE_INFINITY) > Date.now() + margin
  return isFresh ? stored : refreshOnce(refreshing, userKey)
}

/**
 * Refreshes somebody's tokens, or waits for the process that is doing so and takes what it got.
 *
 * @throws {SignInNeededError} {@link XaiOAuthError}, and what Redis throws
 */
export async function refreshOnce(refreshing: Refreshing, userKey: string): Promise<StoredTokens> {
  const { strategy, tokens, lock } = refreshing
  const seen = await tokens.read(userKey)
  return lock.hold(userKey, async (checkTime) => {
    const stored = await tokens.read(userKey)
    if (!stored?.refreshToken) throw new SignInNeededError('There is no refresh token.')
    if (stored.refreshToken !== seen?.refreshToken) return stored
    checkTime()
    const fresh = await strategy.refresh(stored.refreshToken).then(toStored, async (error: XaiOAuthError) => {
      if (error.code !== 'xai_refresh_token_revoked') throw error
      await tokens.replace(userKey, stored)
      throw new SignInNeededError('xAI does not accept the refresh token any more.', { cause: error })
    })
    // Before the lock is let go: whoever comes next has to find the new token. Saving twice does no harm.
    const save = (): Promise<boolean> => tokens.replace(userKey, stored, fresh)
    const isSaved = await save().catch(save)
    return isSaved ? fresh : ((await tokens.read(userKey)) ?? fresh)
  })
}

const toStored = ({ accessToken, refreshToken, expiresAt }: XaiTokens): StoredTokens => ({
  accessToken,
  refreshToken,
  expiresAt: expiresAt?.getTime(),
})

import type { Adapter, AdapterPayload } from './oidc-provider.js'

/** How long an expired thing can still be told from an unknown one, in seconds. */
const remembrance = 300

const now = (): number => Math.floor(Date.now() / 1000)

/**
 * Everything that oidc-provider saves, in memory. Unlike its own memory adapter it drops nothing that is still valid,
 * prints no warning, and remembers which refresh tokens were revoked, because xAI says so in its errors.
 */
export class MemoryStore {
  private readonly kinds = new Map<string, Map<string, AdapterPayload>>()
  private readonly revokedRefreshTokens = new Set<string>()

  hasRevokedRefreshToken(id: string): boolean {
    return this.revokedRefreshTokens.has(id)
  }

  /** The adapter of one kind of model; oidc-provider itself checks `exp` and `consumed`. */
  buildAdapter(kind: string): Adapter {
    const payloads = this.payloadsOf(kind)
    const destroy = (id: string): void => {
      if (payloads.delete(id) && kind === 'RefreshToken') this.revokedRefreshTokens.add(id)
    }
    const find = (isSought: (payload: AdapterPayload) => boolean) => [...payloads.values()].find(isSought)
    return {
      upsert: async (id, payload) => {
        for (const [oldest, { exp = Number.POSITIVE_INFINITY }] of payloads) {
          if (exp + remembrance > now()) break
          payloads.delete(oldest)
        }
        payloads.set(id, payload)
      },
      find: async (id) => payloads.get(id),
      findByUserCode: async (userCode) => find((payload) => payload.userCode === userCode),
      findByUid: async (uid) => find((payload) => payload.uid === uid),
      consume: async (id) => void payloads.set(id, { ...payloads.get(id), consumed: now() }),
      destroy: async (id) => destroy(id),
      revokeByGrantId: async (grantId) => {
        for (const [id, payload] of payloads) if (payload.grantId === grantId) destroy(id)
      },
    }
  }

  private payloadsOf(kind: string): Map<string, AdapterPayload> {
    const payloads = this.kinds.get(kind) ?? new Map<string, AdapterPayload>()
    this.kinds.set(kind, payloads)
    return payloads
  }
}

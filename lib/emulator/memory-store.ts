/** What oidc-provider saves; it checks `exp` and `consumed` itself. */
export interface StoredModel {
  readonly jti?: string
  readonly grantId?: string
  readonly accountId?: string
  readonly clientId?: string
  readonly scope?: string
  readonly iat?: number
  readonly exp?: number
  readonly consumed?: number
}

/** The adapter that oidc-provider asks for, one for each kind of model. */
export interface ModelAdapter {
  upsert(id: string, model: StoredModel): Promise<void>
  find(id: string): Promise<StoredModel | undefined>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

/**
 * Everything that oidc-provider saves, in memory. Unlike its own memory adapter it drops nothing that is still
 * valid, prints no warning, and remembers which refresh tokens were revoked, because xAI says so in its errors.
 */
export class MemoryStore {
  private readonly kinds = new Map<string, Map<string, StoredModel>>()
  private readonly revokedRefreshTokens = new Set<string>()

  find(kind: string, id: string): StoredModel | undefined {
    return this.models(kind).get(id)
  }

  hasRevokedRefreshToken(id: string): boolean {
    return this.revokedRefreshTokens.has(id)
  }

  /** The adapter of one kind of model, as oidc-provider's `adapter` option wants it. */
  buildAdapter(kind: string): ModelAdapter {
    const models = this.models(kind)
    const destroy = (id: string): void => {
      if (models.delete(id) && kind === 'RefreshToken') this.revokedRefreshTokens.add(id)
    }
    return {
      upsert: async (id, model) => void models.set(id, model),
      find: async (id) => models.get(id),
      consume: async (id) =>
        void models.set(id, { ...models.get(id), consumed: Math.floor(Date.now() / 1000) }),
      destroy: async (id) => destroy(id),
      revokeByGrantId: async (grantId) => {
        for (const [id, model] of models) if (model.grantId === grantId) destroy(id)
      },
    }
  }

  private models(kind: string): Map<string, StoredModel> {
    const models = this.kinds.get(kind) ?? new Map<string, StoredModel>()
    this.kinds.set(kind, models)
    return models
  }
}

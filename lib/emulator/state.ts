import type { Account } from './account.js'
import type { EmulatorRequest, Misbehaviour } from './emulator.js'
import type { Adapter, AdapterPayload, Context, OIDCProviderModule, Provider } from './oidc-provider.js'
import type { EmulatorSettings } from './option.js'
import { Forger, type SigningKey } from './token.js'

/** How long an expired thing can still be told from an unknown one, in seconds. */
const remembrance = 300

const now = (): number => Math.floor(Date.now() / 1000)

/**
 * Everything that oidc-provider saves, in memory. Unlike its own memory adapter it drops nothing that is still valid,
 * prints no warning, and remembers which refresh tokens were revoked, because xAI says so in its errors.
 */
export class MemoryStore {
  private readonly kinds = new Map<string, Map<string, AdapterPayload>>()
  readonly revokedRefreshTokens = new Set<string>()

  /** The adapter of one kind of model; oidc-provider itself checks `exp` and `consumed`. */
  buildAdapter(kind: string): Adapter {
    const payloads = this.kinds.get(kind) ?? new Map<string, AdapterPayload>()
    this.kinds.set(kind, payloads)
    const find = async (isSought: (payload: AdapterPayload) => boolean) =>
      [...payloads.values()].find(isSought)
    const destroy = async (id: string): Promise<void> => {
      if (payloads.delete(id) && kind === 'RefreshToken') this.revokedRefreshTokens.add(id)
    }
    return {
      upsert: async (id, payload) => {
        for (const [oldest, { exp = Number.POSITIVE_INFINITY }] of payloads) {
          if (exp + remembrance > now()) break
          payloads.delete(oldest)
        }
        payloads.set(id, payload)
      },
      find: async (id) => payloads.get(id),
      findByUserCode: (userCode) => find((payload) => payload.userCode === userCode),
      findByUid: (uid) => find((payload) => payload.uid === uid),
      consume: async (id) => void payloads.set(id, { ...payloads.get(id), consumed: now() }),
      destroy,
      revokeByGrantId: async (grantId) => {
        for (const [id, payload] of payloads) if (payload.grantId === grantId) await destroy(id)
      },
    }
  }
}

/** All that one emulator consists of; whatever serves a request gets it. */
export class EmulatorState {
  /** The keys that the JWKS shows; the first one signs. */
  declare keys: readonly [SigningKey, ...SigningKey[]]
  /** Another one after each rotation of keys, over the same store. */
  declare provider: Provider
  readonly store = new MemoryStore()
  /** What the emulator was asked, oldest first. */
  readonly requests: EmulatorRequest[] = []
  /** What was ordered and is not yet carried out. */
  readonly misbehaviours: Misbehaviour[] = []
  readonly forger = new Forger()
  /** When each device code was last asked for, in milliseconds, and how many seconds must pass until the next time. */
  readonly polls = new Map<string, { readonly at: number; readonly interval: number }>()
  /** Token requests are served one at a time, so that a token that is used twice at once is noticed. */
  lastTokenRequest: Promise<unknown> = Promise.resolve()

  /** @param closing is aborted when the emulator closes */
  constructor(
    readonly issuer: string,
    readonly settings: EmulatorSettings,
    readonly module: OIDCProviderModule,
    readonly closing: AbortSignal,
  ) {}

  findAccount(key: 'id' | 'sub', value: unknown): Account | undefined {
    return this.settings.accounts.find((account) => account[key] === value)
  }
}

/** What responds to a request; `next` is oidc-provider. */
export type Handler = (
  emulator: EmulatorState,
  ctx: Context,
  next: () => Promise<void>,
) => Promise<void> | void

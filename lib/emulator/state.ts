import { type EmulatorAccount, subjectOf } from './account.js'
import type { EmulatorClient } from './client.js'
import { Forger } from './forgery.js'
import { MisbehaviourQueue } from './misbehaviour.js'
import type { Context, OIDCProviderModule, Provider } from './oidc-provider.js'
import type { EmulatorSettings } from './option.js'
import { deviceGrantPaths, paths } from './path.js'
import type { EmulatorRequest } from './request.js'
import { SigningKey } from './signing-key.js'
import { MemoryStore } from './store.js'

/** All that one emulator consists of; what serves its endpoints shares it. */
export class EmulatorState {
  /** Another one after each rotation of keys, over the same store. */
  declare provider: Provider
  readonly store = new MemoryStore()
  /** The keys that the JWKS shows; the first one signs. */
  keys: readonly SigningKey[]
  readonly forger = new Forger()
  readonly misbehaviours: MisbehaviourQueue
  /** What the emulator was asked, oldest first. */
  readonly requests: EmulatorRequest[] = []
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
  ) {
    this.keys = Array.from({ length: settings.signingKeys }, () => new SigningKey())
    const served = Object.values(paths).filter(
      (path) => settings.deviceFlow || !deviceGrantPaths.includes(path),
    )
    this.misbehaviours = new MisbehaviourQueue(served)
  }

  get signingKey(): SigningKey {
    return this.keys[0] as SigningKey
  }

  findAccount(id: unknown): EmulatorAccount | undefined {
    return this.settings.accounts.find((account) => account.id === id)
  }

  findSubject(subject: unknown): EmulatorAccount | undefined {
    return this.settings.accounts.find((account) => subjectOf(account) === subject)
  }

  findClient(clientID: unknown): EmulatorClient | undefined {
    return this.settings.clients.find((client) => client.clientID === clientID)
  }
}

/** What responds to a request; `next` is oidc-provider. */
export type Handler = (
  emulator: EmulatorState,
  ctx: Context,
  next: () => Promise<void>,
) => Promise<void> | void

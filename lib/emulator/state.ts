import { type EmulatorAccount, subjectOf } from './account.js'
import type { EmulatorClient } from './client.js'
import { Forger } from './forgery.js'
import { MisbehaviourQueue } from './misbehaviour.js'
import type { Context, OIDCProviderModule, Provider } from './oidc-provider.js'
import type { EmulatorSettings } from './option.js'
import { deviceGrantPaths, paths } from './path.js'
import { RequestLog } from './request-log.js'
import { KeyRing } from './signing-key.js'
import { MemoryStore } from './store.js'

/** All that one emulator consists of; what serves its endpoints shares it. */
export class EmulatorState {
  /** Another one after each rotation of keys, over the same store. */
  declare provider: Provider
  readonly store = new MemoryStore()
  readonly keys: KeyRing
  readonly forger = new Forger()
  readonly misbehaviours: MisbehaviourQueue
  readonly log = new RequestLog()
  /** When each device code was last asked for, in milliseconds, and how many seconds must pass until the next time. */
  readonly polls = new Map<string, { readonly at: number; readonly interval: number }>()
  /** Token requests are answered one at a time, so that a token that is used twice at once is noticed. */
  lastTokenRequest: Promise<unknown> = Promise.resolve()

  /** @param closing is aborted when the emulator closes */
  constructor(
    readonly issuer: string,
    readonly settings: EmulatorSettings,
    readonly module: OIDCProviderModule,
    readonly closing: AbortSignal,
  ) {
    this.keys = new KeyRing(settings.signingKeys)
    const served = Object.values(paths).filter(
      (path) => settings.deviceFlow || !deviceGrantPaths.includes(path),
    )
    this.misbehaviours = new MisbehaviourQueue(served)
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

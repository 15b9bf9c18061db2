import { type EmulatorAccount, subjectOf } from './account.js'
import type { AuthorizationServer } from './authorization-server.js'
import type { EmulatorClient } from './client.js'
import type { ForgeryQueue } from './forgery-queue.js'
import type { MemoryStore } from './memory-store.js'
import type { EmulatorSettings } from './option.js'
import type { KeyRing } from './signing-key.js'
import type { TokenIssuer } from './token-issuer.js'
import type { Turns } from './turn.js'

/** All that one emulator consists of; its endpoints share it. */
export interface EmulatorState {
  readonly issuer: string
  readonly settings: EmulatorSettings
  readonly server: AuthorizationServer
  readonly store: MemoryStore
  readonly keys: KeyRing
  readonly tokens: TokenIssuer
  readonly forgeries: ForgeryQueue
  /** Token requests are answered one at a time, so that a token that is used twice at once is noticed. */
  readonly tokenTurns: Turns
  /** Aborted when the emulator closes. */
  readonly closing: AbortSignal
}

export const accountOf = ({ settings }: EmulatorState, id: unknown): EmulatorAccount | undefined =>
  settings.accounts.find((account) => account.id === id)

export const accountOfSubject = (
  { settings }: EmulatorState,
  subject: unknown,
): EmulatorAccount | undefined => settings.accounts.find((account) => subjectOf(account) === subject)

export const clientOf = ({ settings }: EmulatorState, clientID: unknown): EmulatorClient | undefined =>
  settings.clients.find((client) => client.clientID === clientID)

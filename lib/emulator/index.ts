import type { Emulator } from './emulator.js'
import { type EmulatorOptions, parseOptions } from './option.js'
import { openEmulator } from './start.js'

export {
  defaultAccounts,
  defaultClients,
  type EmulatorAccount,
  type EmulatorClient,
  type ProfileClaim,
} from './account.js'
export type { Emulator, EmulatorDecision, EmulatorRequest, Misbehaviour } from './emulator.js'
export { type Forgery, forgeries } from './token.js'
export type { EmulatorOptions }

/**
 * Starts an emulator on a port of 127.0.0.1. Rejects with a TypeError that names a wrong option, and with an Error
 * when the port is taken or oidc-provider, an optional peer dependency, is not installed.
 */
export const startEmulator = async (options: EmulatorOptions = {}): Promise<Emulator> =>
  openEmulator('127.0.0.1', parseOptions(options))

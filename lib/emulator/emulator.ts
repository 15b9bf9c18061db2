import { AuthorizationServer } from './authorization-server.js'
import type { EmulatorState } from './emulator-state.js'
import type { Forgery } from './forgery-name.js'
import { ForgeryQueue } from './forgery-queue.js'
import { HTTPFront } from './http-front.js'
import { MemoryStore } from './memory-store.js'
import type { Misbehaviour } from './misbehaviour.js'
import { loadOIDCProvider } from './oidc-provider-module.js'
import { type EmulatorOptions, type EmulatorSettings, parseOptions } from './option.js'
import type { EmulatorRequest } from './received-request.js'
import { answerRequest } from './router.js'
import { KeyRing } from './signing-key.js'
import { TokenIssuer } from './token-issuer.js'
import { Turns } from './turn.js'

/** An authorization server on loopback that behaves as xAI's does, as far as that is known. */
export interface Emulator {
  /** Its origin, `http://127.0.0.1:<port>`: the `issuer` option of the strategy. */
  readonly issuer: string
  /** The first client without a secret. */
  readonly publicClient: { readonly clientID: string }
  /** The first client with a secret. */
  readonly confidentialClient: { readonly clientID: string; readonly clientSecret: string }
  /** What it has been asked so far, oldest first; the last 1000. */
  readonly requests: readonly EmulatorRequest[]
  /** Forgets what it was asked. */
  clearRequests(): void
  /** Answers the next request of a path in another way; several orders for one path wait for their turn. */
  misbehaveOnce(misbehaviour: Misbehaviour): void
  /** Forges the next token, or the next answer of userinfo; several orders wait for their turn. */
  forgeNext(forgery: Forgery): void
  /** Signs with a new key from now on. The old keys leave the JWKS at once, unless `keepOld`. */
  rotateKeys(options?: { readonly keepOld?: boolean }): Promise<void>
  /** Ends every connection and closes the port; nothing of the emulator keeps the process alive. */
  close(): Promise<void>
}

async function buildState(
  settings: EmulatorSettings,
  issuer: string,
  closing: AbortSignal,
): Promise<EmulatorState> {
  const store = new MemoryStore()
  const keys = await KeyRing.build(settings.signingKeys)
  const forgeries = new ForgeryQueue()
  return {
    issuer,
    settings,
    server: await AuthorizationServer.build(settings, issuer, store),
    store,
    keys,
    tokens: new TokenIssuer(issuer, settings.idTokenClaims, keys, forgeries),
    forgeries,
    tokenTurns: new Turns(),
    closing,
  }
}

/**
 * Starts an emulator on a port of 127.0.0.1. Rejects with a TypeError that names a wrong option, and with an Error
 * when the port is taken or oidc-provider, an optional peer dependency, is not installed.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = parseOptions(options)
  await loadOIDCProvider()
  const closing = new AbortController()
  const front = new HTTPFront(async (request) => answerRequest(await state, request))
  const issuer = await front.listen(settings.port)
  const state = buildState(settings, issuer, closing.signal)
  const { keys, forgeries } = await state
  const publicClient = settings.clients.find(({ clientSecret }) => clientSecret === undefined)
  const confidentialClient = settings.clients.find(({ clientSecret }) => clientSecret !== undefined)

  return {
    issuer,
    get publicClient() {
      if (publicClient === undefined) throw new Error('The option "clients" holds no public client')
      return publicClient
    },
    get confidentialClient() {
      const { clientID, clientSecret } = confidentialClient ?? {}
      if (clientID === undefined || clientSecret === undefined)
        throw new Error('The option "clients" holds no confidential client')
      return { clientID, clientSecret }
    },
    get requests() {
      return front.log.requests
    },
    clearRequests: () => front.log.clear(),
    misbehaveOnce: (misbehaviour) => front.misbehaveOnce(misbehaviour),
    forgeNext: (forgery) => forgeries.add(forgery),
    rotateKeys: ({ keepOld = false } = {}) => keys.rotate(keepOld),
    close: () => {
      closing.abort()
      return front.close()
    },
  }
}

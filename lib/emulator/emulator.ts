import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decide } from './decide.js'
import type { Forgery } from './forgery.js'
import type { Misbehaviour } from './misbehaviour.js'
import { loadOIDCProvider } from './oidc-provider.js'
import { type EmulatorDecision, type EmulatorOptions, parseOptions } from './option.js'
import { buildProvider } from './provider.js'
import type { EmulatorRequest } from './request.js'
import { SigningKey } from './signing-key.js'
import { EmulatorState } from './state.js'

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
  /**
   * Does what a person would do on the pages.
   *
   * @param url an authorization URL of this emulator, or of a device sign-in the `verification_uri_complete` or the user code
   * @returns of an authorization URL, the callback URL that the browser would go to; of a device sign-in, nothing
   * @throws {TypeError} when `url` is none of these, or the decision names an unknown account
   * @throws {Error} when the emulator shows an error instead, or the code is unknown, used or expired
   */
  decide(url: string | { readonly href: string }, decision?: EmulatorDecision): Promise<string | undefined>
  /** Responds to the next request of a path in another way; several orders for one path wait for their turn. */
  misbehaveOnce(misbehaviour: Misbehaviour): void
  /** Forges the next token, or the next response of userinfo; several orders wait for their turn. */
  forgeNext(forgery: Forgery): void
  /** Signs with a new key from now on. The old keys leave the JWKS at once, unless `keepOld`. */
  rotateKeys(options?: { readonly keepOld?: boolean }): Promise<void>
  /** Ends every connection and closes the port; nothing of the emulator keeps the process alive. */
  close(): Promise<void>
}

/** Opens the port, 0 for any free one, and returns the one that it got. */
const listen = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`The emulator cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })

function buildEmulator(emulator: EmulatorState, close: () => Promise<void>): Emulator {
  const { issuer, settings, requests, misbehaviours, forger } = emulator
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
      return [...requests]
    },
    clearRequests: () => void requests.splice(0),
    decide: (url, decision = {}) => decide(emulator, url, decision),
    misbehaveOnce: (misbehaviour) => misbehaviours.order(misbehaviour),
    forgeNext: (forgery) => forger.order(forgery),
    rotateKeys: async ({ keepOld = false } = {}) => {
      const { keys } = emulator
      emulator.keys = keepOld ? [new SigningKey(), ...keys] : keys.map(() => new SigningKey())
      emulator.provider = buildProvider(emulator)
    },
    close,
  }
}

const anyAddress = new Set(['0.0.0.0', '::'])

/** `startEmulator` on another address than loopback, for the command line. */
export async function startEmulatorOn(host: string, options: EmulatorOptions): Promise<Emulator> {
  const settings = parseOptions(options)
  const module = await loadOIDCProvider()
  const closing = new AbortController()
  let respond: (request: IncomingMessage, response: ServerResponse) => unknown
  const server = createServer((request, response) => respond(request, response))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      closing.abort()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const port = await listen(server, settings.port, host)
  try {
    const issuer = `http://${anyAddress.has(host) ? '127.0.0.1' : host}:${port}`
    const emulator = new EmulatorState(issuer, settings, module, closing.signal)
    emulator.provider = buildProvider(emulator)
    respond = (request, response) => emulator.provider.callback()(request, response)
    return buildEmulator(emulator, close)
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Starts an emulator on a port of 127.0.0.1. Rejects with a TypeError that names a wrong option, and with an Error
 * when the port is taken or oidc-provider, an optional peer dependency, is not installed.
 */
export const startEmulator = (options: EmulatorOptions = {}): Promise<Emulator> =>
  startEmulatorOn('127.0.0.1', options)

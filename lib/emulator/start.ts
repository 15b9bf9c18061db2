import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { decide } from './decide.js'
import type { Emulator } from './emulator.js'
import { orderMisbehaviour } from './misbehaviour.js'
import { loadOIDCProvider } from './oidc-provider.js'
import { boolean, checkRules, type EmulatorSettings } from './option.js'
import { buildProvider } from './provider.js'
import { EmulatorState } from './state.js'
import { SigningKey } from './token.js'

/** `startEmulator` on any address, with options that were checked. */
export async function openEmulator(host: string, settings: EmulatorSettings): Promise<Emulator> {
  const module = await loadOIDCProvider()
  const closing = new AbortController()
  const server = createServer().listen(settings.port, host)
  await once(server, 'listening').catch((cause) => {
    throw new Error(`The emulator cannot listen on ${host}:${settings.port}: ${cause.message}`, { cause })
  })
  const { port } = server.address() as AddressInfo
  const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  const issuer = `http://${isIPv6(name) ? `[${name}]` : name}:${port}`
  const emulator = new EmulatorState(issuer, settings, module, closing.signal)
  const { requests, forger } = emulator

  const useKeys = (...keys: EmulatorState['keys']): void => {
    emulator.keys = keys
    emulator.provider = buildProvider(emulator)
    server.removeAllListeners('request').on('request', emulator.provider.callback())
  }
  useKeys(new SigningKey(), ...Array.from({ length: settings.signingKeys - 1 }, () => new SigningKey()))

  const findClient = (kind: 'public' | 'confidential') => {
    const client = settings.clients.find(({ clientSecret }) => !clientSecret === (kind === 'public'))
    if (client === undefined) throw new Error(`The option "clients" holds no ${kind} client`)
    return client
  }
  return {
    issuer,
    get publicClient() {
      return findClient('public')
    },
    get confidentialClient() {
      const { clientID, clientSecret = '' } = findClient('confidential')
      return { clientID, clientSecret }
    },
    get requests() {
      return [...requests]
    },
    clearRequests: () => void requests.splice(0),
    decide: (url, decision = {}) => decide(emulator, url, decision),
    misbehaveOnce: (misbehaviour) => orderMisbehaviour(emulator, misbehaviour),
    forgeNext: (forgery) => forger.order(forgery),
    rotateKeys: async (given) => {
      const options = given ?? {}
      checkRules('rotateKeys', options, { keepOld: boolean })
      const { keepOld = false } = options
      const [first, ...others] = emulator.keys
      useKeys(new SigningKey(), ...(keepOld ? [first, ...others] : others.map(() => new SigningKey())))
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

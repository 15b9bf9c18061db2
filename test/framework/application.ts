import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CookieStateStore,
  SessionStateStore,
  XaiDeviceStrategy,
  type XaiDeviceStrategyOptions,
  type XaiSignIn,
  XaiStrategy,
  type XaiStrategyOptions,
} from 'passport-xai'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'

/** Where a pending sign-in is kept, by the name that the tests call it. */
export const stores = {
  SessionStateStore: () => new SessionStateStore(),
  CookieStateStore: () => new CookieStateStore({ secret: 'a secret that only these tests will know' }),
}

/** An application of some framework, on a port of its own, and the emulator that it signs in with. */
export class Application {
  constructor(
    readonly emulator: Emulator,
    readonly origin: string,
    readonly close: () => Promise<void>,
  ) {}

  get tokenRequests(): number {
    return this.emulator.requests.filter(({ path }) => path === '/oauth2/token').length
  }

  /** Goes through the pages of a sign-in, and gives the URL of the callback without opening it. */
  async begin(
    browser: CookieClient,
    accountID = 'personal',
    decision: 'allow' | 'deny' = 'allow',
  ): Promise<string> {
    const isCallback = (location: string): boolean => location.startsWith(`${this.origin}/auth/xai/callback`)
    // The emulator's own session would skip its pages the second time.
    const person = new CookieClient()
    const { headers } = await browser.get(`${this.origin}/auth/xai`)
    const answer = await person.signIn(`${headers.location}`, accountID, { decision }, isCallback)
    return `${answer.headers.location}`
  }

  /** Who the application says is signed in; null for nobody. */
  async whoAmI(browser: CookieClient): Promise<unknown> {
    return JSON.parse((await browser.get(`${this.origin}/`)).body)
  }

  /** Opens a URL with cookies that the browser had before, as somebody does who has copied them. */
  async replay(url: string, cookie: string): Promise<ClientResponse> {
    return new CookieClient().get(url, { headers: { cookie } })
  }
}

/** Makes the listener of an application; what it closes is given to `onClose`. */
export type Build = (
  options: XaiStrategyOptions,
  onClose: (close: () => Promise<unknown>) => void,
) => RequestListener | Promise<RequestListener>

const verify = async ({ profile: { id, displayName } }: XaiSignIn) => ({ id, name: `${displayName}` })

/** The strategy as every application here has it: the person is an id and a name. */
export const buildStrategy = (options: XaiStrategyOptions): XaiStrategy => new XaiStrategy(options, verify)

/** The same for sign-ins by a code. */
export const buildDeviceStrategy = (options: XaiStrategyOptions): XaiDeviceStrategy =>
  new XaiDeviceStrategy(deviceOptionsOf(options), verify)

/** What a device sign-in has of the options. */
export const deviceOptionsOf = ({
  callbackURL: _callbackURL,
  ...options
}: XaiStrategyOptions): XaiDeviceStrategyOptions => options as XaiDeviceStrategyOptions

/** Starts an emulator and an application. */
export async function startApplication(
  build: Build,
  options: Partial<XaiStrategyOptions> = {},
): Promise<Application> {
  const emulator = await startEmulator({ deviceFlow: { interval: 1 } })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const closers: Array<() => Promise<unknown>> = []
  const listener = await build(
    {
      clientID: emulator.publicClient.clientID,
      issuer: emulator.issuer,
      callbackURL: `${origin}/auth/xai/callback`,
      ...options,
    },
    (close) => closers.push(close),
  )
  server.on('request', listener)
  return new Application(emulator, origin, async () => {
    for (const close of closers) await close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await emulator.close()
  })
}

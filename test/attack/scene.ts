import { expect } from 'chai'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { Application, type ApplicationOptions, type Ending, load } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'

/** The stores that every attack is tried on. */
export const stores: ReadonlyArray<readonly [name: string, setup: Pick<ApplicationOptions, 'store'>]> = [
  ['SessionStateStore', {}],
  ['CookieStateStore', { store: 'cookie' }],
]

/** An application, an emulator of xAI (which signs everybody in at once, unless given accounts), and two browsers. */
export class Scene {
  readonly victim = new CookieClient()
  readonly attacker = new CookieClient()

  private constructor(
    readonly emulator: Emulator,
    readonly application: Application,
  ) {}

  static async build(
    options: Partial<ApplicationOptions> = {},
    emulatorOptions: EmulatorOptions = {},
  ): Promise<Scene> {
    const atOnce = emulatorOptions.accounts ? {} : { signInAs: 'personal' }
    const emulator = await startEmulator({ ...atOnce, ...emulatorOptions })
    return new Scene(emulator, await Application.start({ issuer: emulator.issuer, ...options }))
  }

  async close(): Promise<void> {
    await this.application.close()
    await this.emulator.close()
  }

  get tokenRequests(): number {
    return this.emulator.requests.filter(({ path }) => path === '/oauth2/token').length
  }

  /** The victim begins a sign-in, and comes as far as xAI's redirect back. */
  pending(path?: string): Promise<string> {
    return this.application.arrive(this.victim, path)
  }

  /** Goes through xAI's pages with an account, as far as the redirect back. */
  async arriveAs(browser: CookieClient, account: string, path = '/sign-in'): Promise<string> {
    const { origin } = this.application
    const isCallback = (location: string): boolean => location.startsWith(origin)
    const { headers } = await browser.signIn(`${origin}${path}`, account, {}, isCallback)
    return `${headers.location}`
  }

  /** Who is signed in to the application with a browser. */
  async signedIn(browser: CookieClient): Promise<unknown> {
    return JSON.parse((await browser.get(`${this.application.origin}/me`)).body)
  }

  /** Asserts that an attack was refused, that nothing was sent for it, and that nobody is signed in by it. */
  async expectRefused(ending: Ending, status: number, info: object): Promise<void> {
    expect(ending).to.include({ outcome: 'fail', status })
    expect(ending.info).to.include(info)
    expect(this.tokenRequests).to.equal(0)
    expect(await this.signedIn(this.victim)).to.equal(null)
    expect(await this.signedIn(this.attacker)).to.equal(null)
  }

  /** Asserts that a pending sign-in of the victim's completes, whatever happened before. */
  async expectCompletion(callback: string): Promise<void> {
    const ending = await load(this.victim, callback)
    expect(ending).to.include({ status: 200, outcome: 'success' })
    expect(this.tokenRequests).to.equal(1)
    expect(await this.signedIn(this.victim)).to.deep.equal(ending.user)
  }
}

/** A URL with other parameters: `undefined` takes one away, a list repeats it. */
export function withParameters(
  url: string,
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): string {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(changes)) {
    changed.searchParams.delete(name)
    for (const each of [value ?? []].flat()) changed.searchParams.append(name, each)
  }
  return changed.href
}

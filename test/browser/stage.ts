import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { type Example, startExample } from '../../examples/express/server.js'
import {
  defaultAccounts,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../lib/emulator/index.js'
import { launchChromium } from './chromium.js'

/** The emulator, the example that signs in at it, and Chromium. */
export interface Stage {
  readonly emulator: Emulator
  readonly example: Example
  readonly browser: Browser
  /** How often a code, a device code or a refresh token was sent to the emulator. */
  readonly tokenRequests: number
  close(): Promise<void>
}

export async function startStage(
  delivery: NonNullable<EmulatorOptions['loopbackDelivery']>,
  deviceFlow: NonNullable<EmulatorOptions['deviceFlow']> = true,
): Promise<Stage> {
  const clients = [{ clientID: 'express-example', name: 'Express Example' }]
  const emulator = await startEmulator({ clients, loopbackDelivery: delivery, deviceFlow })
  const { issuer, publicClient } = emulator
  const example = await startExample({
    port: 0,
    issuer,
    delivery,
    accounts: defaultAccounts,
    ...publicClient,
    log: () => {},
  })
  const browser = await launchChromium(issuer)
  return {
    emulator,
    example,
    browser,
    get tokenRequests() {
      return emulator.requests.filter(({ path }) => path === '/oauth2/token').length
    },
    close: async () => {
      await browser.close()
      await Promise.all([example.close(), emulator.close()])
    },
  }
}

/** A person's browser, with cookies of its own, whose console must stay silent. */
export class Visitor {
  private constructor(
    readonly stage: Stage,
    readonly context: BrowserContext,
  ) {}

  static async arrive(stage: Stage, options: BrowserContextOptions = {}): Promise<Visitor> {
    return new Visitor(stage, await stage.browser.newContext(options))
  }

  /** Answers Chromium's question whether the emulator's pages may reach this device. Who is not asked says no. */
  allowLoopback(): Promise<void> {
    return this.context.grantPermissions(['local-network-access'], { origin: this.stage.emulator.issuer })
  }

  async open(url = this.stage.example.url): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  /** Presses the waiting page's button, and returns the tab in which xAI opens. */
  async continueAtXai(waiting: Page): Promise<Page> {
    const [tab] = await Promise.all([
      this.context.waitForEvent('page'),
      waiting.getByRole('link', { name: 'Continue at xAI' }).click(),
    ])
    return tab
  }

  leave(): Promise<void> {
    return this.context.close()
  }
}

/** Chooses an account at the emulator, and allows or denies what is asked. */
export async function consent(
  page: Page,
  account: string,
  decision: 'Allow' | 'Deny' = 'Allow',
): Promise<void> {
  await page.getByRole('button', { name: account }).click()
  await page.getByRole('button', { name: decision }).click()
}

import { type Browser, chromium } from 'playwright-core'

/** Debian's path; another one where CHROMIUM_PATH names it. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts headless Chromium. It takes the `publicOrigin` for a site of the internet, so that Local Network Access stands
 * between its pages and loopback, as between xAI's pages and an application.
 */
export const launchChromium = (publicOrigin: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [...quietly, `--ip-address-space-overrides=${new URL(publicOrigin).host}=public`],
  })

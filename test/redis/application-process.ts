import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Emulator } from '../../lib/emulator/index.js'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import { endProcess } from '../support/database-server.js'

/** Where a load balancer would be; the tests stop before it and choose the process themselves. */
const callbackURL = 'http://127.0.0.1:9/callback'
const main = require.resolve('../../examples/redis/main.js')

/** One process of the Redis example. */
export class ApplicationProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static start(
    emulator: Emulator,
    environment: Readonly<Record<string, string>>,
  ): Promise<ApplicationProcess> {
    const env = {
      ...process.env,
      PORT: '0',
      XAI_ISSUER: emulator.issuer,
      XAI_CLIENT_ID: emulator.publicClient.clientID,
      XAI_CALLBACK_URL: callbackURL,
      SESSION_SECRET: 'the same in every process of these tests',
      ...environment,
    }
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    process.once('exit', () => child.kill())
    const said: string[] = []
    return new Promise((resolve, reject) => {
      child.once('close', (code) => reject(new Error(`the example ended with ${code}:\n${said.join('\n')}`)))
      createInterface(child.stderr).on('line', (line) => said.push(line))
      createInterface(child.stdout).on('line', (line) => {
        const [url] = /http:\S+/.exec(line) ?? []
        if (url) resolve(new ApplicationProcess(child, url))
      })
    })
  }

  /** Asks the process to end, and says how it ended. */
  async stop(): Promise<number | null> {
    await endProcess(this.child, 'SIGTERM')
    return this.child.exitCode
  }

  /** Ends the process in the middle of whatever it does. */
  kill(): Promise<void> {
    return endProcess(this.child, 'SIGKILL')
  }
}

const isCallback = (location: string): boolean => location.startsWith(callbackURL)

/** Begins a sign-in at one process and ends it at another; with an account, by way of the emulator's pages. */
export async function signInAcross(
  browser: CookieClient,
  [begin, end]: readonly [ApplicationProcess, ApplicationProcess],
  accountID?: string,
): Promise<ClientResponse> {
  const start = `${begin.url}/auth/xai`
  const redirect =
    accountID === undefined
      ? await browser.open(start, isCallback)
      : await browser.signIn(start, accountID, {}, isCallback)
  return browser.get(`${end.url}/callback${new URL(`${redirect.headers.location}`).search}`)
}

/** The browser of somebody who has just signed in. */
export async function signedInBrowser(
  processes: readonly [ApplicationProcess, ApplicationProcess],
  accountID?: string,
): Promise<CookieClient> {
  const browser = new CookieClient()
  const { status, body } = await signInAcross(browser, processes, accountID)
  if (status !== 302) throw new Error(`the sign-in ended with HTTP ${status}: ${body}`)
  return browser
}

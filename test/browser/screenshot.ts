/** Makes the pictures of the example: `node dist/test/browser/screenshot.js [directory]`, by default into examples/express/screenshot. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { consent, type Stage, startStage, Visitor } from './stage.js'

const [directory = 'examples/express/screenshot'] = process.argv.slice(2)

const wide = { viewport: { width: 720, height: 540 }, deviceScaleFactor: 1.5 }
const phone = { viewport: { width: 375, height: 667 }, deviceScaleFactor: 1.5, colorScheme: 'light' } as const

type PageName = 'start' | 'device' | 'emulator' | 'waiting' | 'profile' | 'problem'

interface Look {
  readonly name: string
  readonly options: BrowserContextOptions
  readonly pages: readonly PageName[]
}

/** The example's README shows these. */
const looks: readonly Look[] = [
  {
    name: 'light',
    options: { ...wide, colorScheme: 'light' },
    pages: ['start', 'device', 'emulator', 'waiting', 'profile', 'problem'],
  },
  { name: 'dark', options: { ...wide, colorScheme: 'dark' }, pages: ['start', 'device', 'profile'] },
  { name: 'phone', options: phone, pages: ['start', 'device', 'profile'] },
]

/** Writes the page as WebP, which weighs half of a PNG and which playwright's own method does not offer. */
async function save(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  const client = await page.context().newCDPSession(page)
  const { data } = await client.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 70,
    captureBeyondViewport: true,
  })
  await client.detach()
  await writeFile(join(directory, `${name}.webp`), Buffer.from(data, 'base64'))
}

/** One sign-in from the first click to the profile, and one that was made up. */
async function picture(stage: Stage, { name, options, pages }: Look): Promise<void> {
  const show = async (page: Page, pageName: PageName): Promise<void> => {
    if (pages.includes(pageName)) await save(page, `${pageName}-${name}`)
  }
  const visitor = await Visitor.arrive(stage, { ...options, reducedMotion: 'reduce' })
  await visitor.allowLoopback()
  const home = await visitor.open()
  await show(home, 'start')
  await home.getByRole('link', { name: 'Use a code instead' }).click()
  await home.getByRole('heading', { name: 'Confirm this code at xAI' }).waitFor()
  await show(home, 'device')
  await home.goto(stage.example.url)
  await home.getByRole('link', { name: 'Sign in with xAI' }).click()
  const xai = await visitor.continueAtXai(home)
  await xai.getByRole('button', { name: 'Personal Account' }).waitFor()
  await show(xai, 'emulator')
  await home.bringToFront()
  await show(home, 'waiting')
  await consent(xai, 'Personal Account')
  await home.waitForURL('**/profile')
  await show(home, 'profile')
  await home.getByRole('button', { name: 'Sign out', exact: true }).click()
  await home.goto(`${stage.example.url}/callback?error=access_denied&state=unknown`)
  await show(home, 'problem')
  await visitor.leave()
}

async function main(): Promise<void> {
  await mkdir(directory, { recursive: true })
  const stage = await startStage('fetch')
  try {
    for (const look of looks) await picture(stage, look)
  } finally {
    await stage.close()
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

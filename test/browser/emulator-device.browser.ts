import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { RelyingParty } from '../emulator/relying-party.js'
import { expectAccessible } from './accessibility.js'
import { launchChromium } from './chromium.js'
import { pressByKeyboard } from './keyboard.js'

describe('The device page of the emulator, in Chromium', () => {
  let emulator: Emulator
  let browser: Browser
  let page: Page
  let application: RelyingParty
  before(async () => {
    emulator = await startEmulator()
    browser = await launchChromium(emulator.issuer)
  })
  after(async () => {
    await browser.close()
    await emulator.close()
  })
  beforeEach(async () => {
    application = new RelyingParty(emulator)
    page = await browser.newPage()
  })
  afterEach(() => page.close())

  const headingOf = (): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()

  it('takes a typed code, asks who it is, and signs the device in; each page is accessible', async () => {
    const { json } = await application.beginDevice()
    await page.goto(`${emulator.issuer}/device`)
    await expectAccessible(page)
    await page.getByLabel('Code').fill(`${json.user_code}`.toLowerCase())
    await page.getByRole('button', { name: 'Continue' }).click()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Personal Account' }).click()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Allow' }).click()
    expect(await headingOf()).to.equal('Your device is signed in')
    await expectAccessible(page)
    expect((await application.poll(json.device_code)).status).to.equal(200)
  })

  it('asks again for a code that nobody was given', async () => {
    await page.goto(`${emulator.issuer}/device?user_code=BCDF-GHJK`)
    expect(await page.getByText('Nobody was given this code').isVisible()).to.equal(true)
    expect(await page.getByLabel('Code').inputValue()).to.equal('BCDF-GHJK')
    await expectAccessible(page)
  })

  it('is used by keyboard alone, to deny', async () => {
    const { json } = await application.beginDevice()
    await page.goto(`${json.verification_uri_complete}`)
    await pressByKeyboard(page, 'Team Account')
    await pressByKeyboard(page, 'Deny')
    await page.waitForSelector('text=Access was denied')
    expect((await application.poll(json.device_code)).json.error).to.equal('access_denied')
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { readDocument } from '../support/document.js'
import { expectAccessible } from './accessibility.js'
import { pressByKeyboard } from './keyboard.js'
import { consent, type Stage, startStage, Visitor } from './stage.js'

const minute = 60_000

describe('In Chromium, with a code', () => {
  let stage: Stage
  let visitor: Visitor
  before(async () => {
    stage = await startStage('redirect', { interval: 1, expiresIn: 900 })
  })
  after(() => stage.close())
  beforeEach(async () => {
    stage.emulator.clearRequests()
    visitor = await Visitor.arrive(stage)
  })
  afterEach(async () => {
    mock.timers.reset()
    await visitor.leave()
  })

  const beginAt = async (): Promise<Page> => {
    const home = await visitor.open()
    await home.getByRole('link', { name: 'Use a code instead' }).click()
    await home.getByRole('heading', { name: 'Confirm this code at xAI' }).waitFor()
    return home
  }
  const codeOn = async (page: Page): Promise<string> => `${await page.locator('#code').textContent()}`
  const codesGiven = (): number =>
    stage.emulator.requests.filter(({ path }) => path === '/oauth2/device/code').length

  it('a person confirms the code in another tab, and the first one goes on by itself', async () => {
    const home = await beginAt()
    expect(await home.getByText('Express Example').first().isVisible()).to.equal(true)
    const code = await codeOn(home)
    const xai = await visitor.continueAtXai(home)
    await xai.getByText(code).waitFor()
    await expectAccessible(xai)
    await consent(xai, 'Personal Account')
    await xai.getByRole('heading', { name: 'Your device is signed in' }).waitFor()
    await expectAccessible(xai)
    await home.waitForURL('**/profile')
    await home.getByRole('heading', { name: 'Personal Account' }).waitFor()
  })

  it('a person types the code on another device, which knows nothing of this browser', async () => {
    const home = await beginAt()
    const code = await codeOn(home)
    const device = await Visitor.arrive(stage)
    const xai = await device.open(`${stage.emulator.issuer}/device`)
    await xai.getByLabel('Code').fill(code.toLowerCase())
    await expectAccessible(xai)
    await xai.keyboard.press('Enter')
    await consent(xai, 'Personal Account')
    await home.waitForURL('**/profile')
    await device.leave()
  })

  it('a person does all of it by keyboard', async () => {
    const home = await visitor.open()
    await pressByKeyboard(home, 'Use a code instead')
    await home.getByRole('heading', { name: 'Confirm this code at xAI' }).waitFor()
    const opened = visitor.context.waitForEvent('page')
    await pressByKeyboard(home, 'Continue at xAI')
    const xai = await opened
    await pressByKeyboard(xai, 'Personal Account')
    await pressByKeyboard(xai, 'Allow')
    await home.waitForURL('**/profile')
  })

  it('a person who denies reads so, and can have a new code', async () => {
    const home = await beginAt()
    const code = await codeOn(home)
    await consent(await visitor.continueAtXai(home), 'Personal Account', 'Deny')
    await home.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await home.getByText('You declined at xAI.').waitFor()
    await expectAccessible(home)
    expect(codesGiven()).to.equal(1)
    await home.getByRole('button', { name: 'Get a new code' }).click()
    await home.getByRole('heading', { name: 'Confirm this code at xAI' }).waitFor()
    expect(await codeOn(home)).to.not.equal(code)
    await consent(await visitor.continueAtXai(home), 'Personal Account')
    await home.waitForURL('**/profile')
  })

  it('a code that nobody confirms in time ends with words that say so, and the page begins nothing by itself', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const home = await beginAt()
    mock.timers.tick(15 * minute)
    await home.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await home.getByText('It was not confirmed in time.').waitFor()
    await expectAccessible(home)
    await home.waitForTimeout(2100)
    expect(codesGiven()).to.equal(1)
  })

  it('a person who reloads, or closes the tab and comes back, finds the same code', async () => {
    const home = await beginAt()
    const code = await codeOn(home)
    await home.reload()
    expect(await codeOn(home)).to.equal(code)
    const { origin } = new URL(home.url())
    await home.close()
    const back = await visitor.open(`${origin}/connect/xai`)
    expect(await codeOn(back)).to.equal(code)
    await consent(await visitor.continueAtXai(back), 'Personal Account')
    await back.waitForURL('**/profile')
    expect(codesGiven()).to.equal(1)
  })

  it('a person without JavaScript goes on as well, because the page loads itself again', async () => {
    await visitor.leave()
    visitor = await Visitor.arrive(stage, { javaScriptEnabled: false })
    const home = await beginAt()
    expect(await home.getByRole('button', { name: 'Copy' }).count()).to.equal(0)
    await consent(await visitor.continueAtXai(home), 'Personal Account')
    await home.waitForURL('**/profile')
  })

  it('a forgotten tab without JavaScript says that its code has ended, and begins nothing', async () => {
    await visitor.leave()
    visitor = await Visitor.arrive(stage, { javaScriptEnabled: false })
    const home = await beginAt()
    const code = await codeOn(home)
    await visitor.context.request.post(`${home.url()}?restart`)
    await home.getByRole('heading', { name: 'This code has ended' }).waitFor()
    expect(new URL(home.url()).search).to.equal(`?shown=${code}`)
    expect(codesGiven()).to.equal(2)
    await home.waitForTimeout(2100)
    expect(codesGiven()).to.equal(2)
    await home.getByRole('button', { name: 'Get a new code' }).click()
    await home.getByRole('heading', { name: 'Confirm this code at xAI' }).waitFor()
    expect(await codeOn(home)).to.not.equal(code)
  })

  it('the page of a code that has ended has nothing that axe objects to', async () => {
    const page = await visitor.open(`${stage.example.url}/connect/xai?shown=AAAA-AAAA`)
    await page.getByRole('heading', { name: 'This code has ended' }).waitFor()
    await expectAccessible(page)
    expect(codesGiven()).to.equal(0)
  })

  it('the script in docs/device.md shows the code, and goes where the sign-in led', async () => {
    const [, snippet = ''] = /```html\n(.*?)```/s.exec(readDocument('docs/device.md')) ?? []
    await visitor.context.route('**/spa', (route) =>
      route.fulfill({ contentType: 'text/html', body: snippet }),
    )
    const page = await visitor.open(`${stage.example.url}/spa`)
    await page.locator('#code', { hasText: /^\w{4}-\w{4}$/ }).waitFor()
    await stage.emulator.decide(await codeOn(page), { as: 'personal' })
    await page.waitForURL('**/profile')
  })

  it('two tabs show one code, and both go on when it is confirmed', async () => {
    const home = await beginAt()
    const other = await visitor.open(home.url())
    expect(await codeOn(other)).to.equal(await codeOn(home))
    await consent(await visitor.continueAtXai(home), 'Personal Account')
    await Promise.all([home.waitForURL('**/profile'), other.waitForURL('**/profile')])
    expect(codesGiven()).to.equal(1)
  })

  it('a tab whose code was replaced in another tab says so, and leaves the new one alone', async () => {
    const home = await beginAt()
    const other = await visitor.open(home.url())
    await other.evaluate(`document.querySelector('#trouble').hidden = false`)
    await other.getByRole('button', { name: 'Get a new code' }).click()
    await home.getByRole('heading', { name: 'This sign-in has ended' }).waitFor()
    await consent(await visitor.continueAtXai(other), 'Personal Account')
    await other.waitForURL('**/profile')
    expect(codesGiven()).to.equal(2)
  })

  it('a person who chooses a Team reads why, is not signed in, and can begin anew', async () => {
    const home = await beginAt()
    await consent(await visitor.continueAtXai(home), 'Team Account')
    await home.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await home.getByText('xAI did not say who you are.').waitFor()
    await home.getByRole('link', { name: 'Back to the application' }).click()
    await home.getByRole('link', { name: 'Use a code instead' }).waitFor()
  })
})

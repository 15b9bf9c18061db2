import { mock } from 'node:test'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { expectAccessible } from './accessibility.js'
import { pressByKeyboard } from './keyboard.js'
import { consent, type Stage, startStage, Visitor } from './stage.js'

/** The tab in which a sign-in began and will end, and the one in which xAI asks; often one and the same. */
interface Begun {
  readonly home: Page
  readonly xai: Page
}

const begin = {
  redirect: async (visitor: Visitor): Promise<Begun> => {
    const home = await visitor.open()
    await home.getByRole('link', { name: 'Sign in with xAI' }).click()
    return { home, xai: home }
  },
  fetch: async (visitor: Visitor): Promise<Begun> => {
    const home = await visitor.open()
    await home.getByRole('link', { name: 'Sign in with xAI' }).click()
    return { home, xai: await visitor.continueAtXai(home) }
  },
}

const headingOf = (page: Page): Promise<string | null> =>
  page.getByRole('heading', { level: 1 }).textContent()

/** Waits for the end of the callback. */
const waitForEnd = (page: Page): Promise<void> =>
  page.waitForURL(({ searchParams }) => searchParams.has('state') && !searchParams.has('relay'))

for (const delivery of ['redirect', 'fetch'] as const) {
  describe(`In Chromium, with delivery by ${delivery}`, () => {
    let stage: Stage
    let visitor: Visitor
    before(async () => {
      stage = await startStage(delivery)
    })
    after(() => stage.close())
    beforeEach(async () => {
      stage.emulator.clearRequests()
      visitor = await Visitor.arrive(stage)
      await visitor.allowLoopback()
    })
    afterEach(async () => {
      mock.timers.reset()
      await visitor.leave()
    })

    it('a person signs in, from the first click to the profile, and signs out', async () => {
      const { home, xai } = await begin[delivery](visitor)
      await consent(xai, 'Personal Account')
      await home.waitForURL('**/profile')
      expect(await headingOf(home)).to.equal('Personal Account')
      expect(await home.getByText('personal@example.com', { exact: true }).isVisible()).to.equal(true)
      expect(stage.tokenRequests).to.equal(1)

      await home.getByRole('button', { name: 'Sign out', exact: true }).click()
      await home.getByRole('link', { name: 'Sign in with xAI' }).waitFor()
      await home.goto(`${stage.example.url}/profile`)
      expect(new URL(home.url()).pathname).to.equal('/')
    })

    it('a person signs in and out with the keyboard alone, and always sees where they are', async () => {
      const home = await visitor.open()
      await pressByKeyboard(home, 'Sign in with xAI')
      let xai = home
      if (delivery === 'fetch') {
        const opened = visitor.context.waitForEvent('page')
        await pressByKeyboard(home, 'Continue at xAI')
        xai = await opened
      }
      await pressByKeyboard(xai, 'Personal Account')
      await pressByKeyboard(xai, 'Allow')
      await home.waitForURL('**/profile')
      await pressByKeyboard(home, 'Sign out')
      await home.getByRole('link', { name: 'Sign in with xAI' }).waitFor()
    })

    const refusals = [
      ['declines', 'Personal Account', 'Deny', 'You declined at xAI', 0],
      ['has no entitled account', 'Free Account', 'Allow', 'This xAI account is not entitled', 1],
      ['chooses a Team', 'Team Account', 'Allow', 'xAI did not say who you are', 1],
    ] as const
    for (const [what, account, decision, heading, tokenRequests] of refusals) {
      it(`a person who ${what} reads why, and is not signed in`, async () => {
        const { home, xai } = await begin[delivery](visitor)
        await consent(xai, account, decision)
        await waitForEnd(home)
        expect(await headingOf(home)).to.equal(heading)
        await expectAccessible(home)
        expect(stage.tokenRequests).to.equal(tokenRequests)
        await home.goto(`${stage.example.url}/profile`)
        expect(new URL(home.url()).pathname).to.equal('/')
      })
    }

    const orders = [
      ['the first one', 0],
      ['the second one', 1],
    ] as const
    for (const [what, index] of orders) {
      it(`of two tabs of one browser, ${what} finishes, and the other one has nothing left to do`, async () => {
        const tabs = [await begin[delivery](visitor), await begin[delivery](visitor)]
        const [finishing, other] = index === 0 ? [tabs[0]!, tabs[1]!] : [tabs[1]!, tabs[0]!]
        await consent(finishing.xai, 'Personal Account')
        await finishing.home.waitForURL('**/profile')
        if (delivery === 'redirect') await consent(other.xai, 'Personal Account')
        else {
          await other.home.getByRole('heading', { name: 'This sign-in has ended' }).waitFor()
          await other.home.getByRole('link', { name: 'Back to the application' }).click()
        }
        await other.home.waitForURL('**/profile')
        expect(await headingOf(other.home)).to.equal('Personal Account')
        expect(stage.tokenRequests).to.equal(1)
      })
    }

    it('a sign-in that took more than 10 minutes ends with words that say so', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() })
      const { home, xai } = await begin[delivery](visitor)
      await xai.getByRole('button', { name: 'Personal Account' }).waitFor()
      mock.timers.tick(10 * 60_000)
      if (delivery === 'redirect') {
        await consent(xai, 'Personal Account')
        await waitForEnd(home)
        expect(await headingOf(home)).to.equal('This sign-in took too long')
        expect(await home.getByRole('main').getByRole('link').allTextContents()).to.deep.equal([
          'Sign in again',
        ])
      } else {
        await home.getByRole('heading', { name: 'This sign-in has ended' }).waitFor()
        await expectAccessible(home)
        await home.getByRole('link', { name: 'Start again' }).click()
        await home.getByRole('link', { name: 'Continue at xAI' }).waitFor()
      }
      expect(stage.tokenRequests).to.equal(0)
    })

    it('every page on the way is accessible', async () => {
      const home = await visitor.open()
      await expectAccessible(home)
      await home.getByRole('link', { name: 'Sign in with xAI' }).click()
      let xai = home
      if (delivery === 'fetch') {
        await expectAccessible(home)
        xai = await visitor.continueAtXai(home)
      }
      await xai.getByRole('button', { name: 'Personal Account' }).waitFor()
      await expectAccessible(xai)
      await xai.getByRole('button', { name: 'Personal Account' }).click()
      await xai.getByRole('button', { name: 'Allow' }).waitFor()
      await expectAccessible(xai)
      await xai.getByRole('button', { name: 'Allow' }).click()
      await home.waitForURL('**/profile')
      await expectAccessible(home)
      if (delivery === 'fetch') await expectAccessible(xai)
    })
  })
}

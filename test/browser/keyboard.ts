import { expect } from 'chai'
import type { Page } from 'playwright-core'

interface Focus {
  readonly text: string
  readonly outline: string
}

/** What has the focus, and how a person sees it. */
const focused = `(() => {
  const { activeElement } = document
  return { text: activeElement.textContent.trim(), outline: getComputedStyle(activeElement).outlineStyle }
})()`

/** Presses Tab until the link or button that begins with a name has a visible focus, and then Enter. */
export async function pressByKeyboard(page: Page, name: string): Promise<void> {
  await page.getByText(name).first().waitFor()
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab')
    const { text, outline } = await page.evaluate<Focus>(focused)
    if (!text.startsWith(name)) continue
    expect(outline, `the outline of ${name}`).to.not.equal('none')
    return page.keyboard.press('Enter')
  }
  throw new Error(`Tab does not reach "${name}" on ${page.url()}`)
}

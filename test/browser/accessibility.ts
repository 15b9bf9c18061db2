import axe from 'axe-core'
import { expect } from 'chai'
import type { Page } from 'playwright-core'

interface Results {
  readonly violations: ReadonlyArray<{ readonly id: string; readonly nodes: ReadonlyArray<{ html: string }> }>
}

/**
 * Demands that axe finds nothing to object to on a page, in light and in dark, that it fits on a screen 320 pixels wide,
 * and that nothing moves for people who asked for that.
 */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<Results>('axe.run()')
    const objections = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    expect(objections, `${colorScheme}: ${await page.title()}`).to.deep.equal([])
  }
  expect(await page.evaluate('document.getAnimations().length'), 'animations').to.equal(0)
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await page.evaluate('document.documentElement.scrollWidth'), 'the width that it needs').to.equal(320)
  if (size) await page.setViewportSize(size)
}

import axe from 'axe-core'
import { expect } from 'chai'
import type { Page } from 'playwright-core'

interface Results {
  readonly violations: ReadonlyArray<{ readonly id: string; readonly nodes: ReadonlyArray<{ html: string }> }>
}

/** Demands that axe finds nothing to object to on a page, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<Results>('axe.run()')
    const objections = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    expect(objections, `${colorScheme}: ${await page.title()}`).to.deep.equal([])
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/command.js'
import { chapters } from './chapters.js'
import { notApplicable } from './not-applicable.js'

describe('the table of conformance', () => {
  const table = readFileSync(join(root, 'test/conformance/README.md'), 'utf8')
  const scenarios = chapters.flatMap((chapter) => chapter.scenarios)

  it('has a row for every scenario and for everything that does not apply', () => {
    const rows = table.split('\n').filter((line) => /^\| (?!Module)/.test(line))
    expect(rows).to.have.length(scenarios.length + notApplicable.length)
    for (const { module, what } of scenarios) {
      expect(table).to.include(`| ${module} | ${what} | `)
    }
  })

  it('knows no two scenarios by the same name', () => {
    const names = scenarios.map(({ module, what }) => `${module}: ${what}`)
    expect(new Set(names)).to.have.length(names.length)
  })
})

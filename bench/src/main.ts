import { writeFileSync } from 'node:fs'
import { drawChart } from './chart.js'
import { measureAll } from './measure.js'
import { buildReport, buildTargetTable } from './report.js'
import { full, quick } from './scale.js'
import { buildTargets } from './target.js'

const isQuick = process.argv.includes('--quick')
const scale = isQuick ? quick : full
const chartName = 'chart.svg'
const began = performance.now()
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(0)} s`

const results = await measureAll(scale, (step) => console.log(`${seconds().padStart(6)}  ${step}`))
const chart = drawChart(results)
const report = buildReport(results, scale, chartName)
if (!isQuick) {
  writeFileSync(new URL('../RESULTS.md', import.meta.url), report)
  writeFileSync(new URL(`../${chartName}`, import.meta.url), chart)
}
console.log(isQuick ? `\n${report}` : `\n${buildTargetTable(buildTargets(results))}`)
console.log(
  `Done after ${seconds()}.${isQuick ? ' A run this quick proves that all contenders sign in, and no figure.' : ''}`,
)

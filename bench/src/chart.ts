import * as echarts from 'echarts'
import type { Results } from './measure.js'
import { delays } from './measurement/delay.js'
import { median } from './statistic.js'

const ink = '#57606a'
const label = {
  show: true,
  position: 'right',
  color: ink,
  formatter: ({ value }: { value: number }) => Math.round(value),
}

/** A bar chart as SVG: sign-ins a second, and the median sign-in with delayed answers. */
export function drawChart({ throughputs, delayed }: Results): string {
  const names = [...throughputs.keys()].reverse()
  const waiting = [...delayed.keys()].reverse()
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 760 })
  const bar = (name: string, place: number, color: string, data: number[]) => ({
    type: 'bar' as const,
    name,
    data,
    label: label as never,
    itemStyle: { color },
    xAxisIndex: place,
    yAxisIndex: place,
  })
  const category = (data: string[], gridIndex: number) => ({
    type: 'category' as const,
    data,
    gridIndex,
    axisLabel: { color: ink },
    axisTick: { show: false },
  })
  const rates = (concurrency: number): number[] =>
    names.map((name) => median(throughputs.get(name)?.get(concurrency)?.perSecond ?? []))
  const waits = (delay: number): number[] =>
    waiting.map((name) => median(delayed.get(name)?.get(delay) ?? []))
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      { text: 'Sign-ins a second (more is better)', left: 8, top: 4, textStyle: { fontSize: 15 } },
      {
        text: 'Milliseconds for a sign-in, answers delayed (less is better)',
        left: 8,
        top: 446,
        textStyle: { fontSize: 15 },
      },
    ],
    legend: [
      { data: ['16 at a time', '64 at a time'], right: 16, top: 6 },
      { data: delays.map((delay) => `by ${delay} ms`), right: 16, top: 448 },
    ],
    grid: [
      { left: 220, right: 60, top: 40, height: 370 },
      { left: 220, right: 60, top: 482, height: 240 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({ type: 'value' as const, gridIndex, axisLabel: { color: ink } })),
    yAxis: [category(names, 0), category(waiting, 1)],
    series: [
      bar('16 at a time', 0, '#1f6feb', rates(16)),
      bar('64 at a time', 0, '#8250df', rates(64)),
      ...delays.map((delay, index) =>
        bar(`by ${delay} ms`, 1, ['#2da44e', '#bf8700'][index] ?? ink, waits(delay)),
      ),
    ],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceEnding } from '../support/device-application.js'
import { type Fate, fates } from './fault.js'
import { checkHeap, count, mebibytes, onStage, type Stage } from './stage.js'

/** How much; times are milliseconds. */
export interface DeviceScale {
  readonly browsers: number
  readonly duration: number
  /** People approve or deny within this time. */
  readonly decideWithin: number
}

/** Lets browsers sign in by a code again and again, and ask how it goes. Gives rows of the figure. */
export const soakDevices = ({ browsers, duration, decideWithin }: DeviceScale): Promise<string[]> =>
  onStage({ grant: 'device', decideWithin }, async (stage) => {
    const end = performance.now() + duration
    let [asked, ended] = [0, 0]
    const browse = async (_: unknown, index: number): Promise<void> => {
      // All begin within one interval. One in ten asks every second, whatever it is told.
      await wait((5000 * index) / browsers)
      const get = stage.openBrowser(index)
      const ask = async (): Promise<DeviceEnding> => {
        asked++
        return JSON.parse((await get('/connect')).body)
      }
      for (; performance.now() < end; ended++) await signIn(stage, ask, index % 10 === 0 ? 1000 : 5000)
    }
    const all = Promise.all(Array.from({ length: browsers }, browse))
    const heaps: number[] = []
    while (performance.now() < end) {
      await wait(duration / 30)
      heaps.push(await stage.heap())
    }
    await all
    // The tables of what happened lately fill in the first third; they lose half of what they hold from time to time.
    const third = Math.floor(heaps.length / 3)
    const [middle, last] = [Math.max(...heaps.slice(third, -third)), Math.max(...heaps.slice(-third))]
    const { begun = 0, questions = 0, slack = 0 } = await stage.xai.ask<Record<string, number>>('report')
    const { complaints } = stage
    complaints.check(begun === ended, `${begun} device sign-ins began, and ${ended} ended`)
    checkHeap(complaints, middle, last)
    return [
      `| browsers that sign in by a code, for ${duration / 1000} seconds | ${count(browsers)} |`,
      `| device sign-ins that began, and ended as they had to | ${count(ended)} |`,
      `| requests of the browsers, and questions to xAI | ${count(asked)}, ${count(questions)} |`,
      `| after an interval, the earliest question came so many ms later | ${slack.toFixed(1)} |`,
      `| highest heap in the second and in the last third, MiB | ${mebibytes(middle)}, ${mebibytes(last)} |`,
    ]
  })

/** One sign-in from its code, which tells how it has to end, to its end. `pause` in milliseconds. */
async function signIn({ complaints }: Stage, ask: () => Promise<DeviceEnding>, pause: number): Promise<void> {
  const { user_code: code } = await ask()
  let ending: DeviceEnding
  do {
    await wait(pause)
    ending = await ask()
  } while (ending.user_code === code)
  const [fate, number] = `${code}`.split('-')
  const expected = fates[fate as Fate]
  const isRight = expected ? ending.info?.code === expected : ending.user?.id === `person-${number}`
  complaints.check(isRight, `${code}: ${JSON.stringify(ending)}`)
}

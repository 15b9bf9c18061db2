import { type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { inTurn, onStage, warmUp, withApplications } from '../stage.js'
import { median } from '../statistic.js'

/** Milliseconds by which the authorization server delays its answers. */
export const delays = [20, 100]

/** The median sign-in of each round in milliseconds, by contender and delay. */
export type DelayedSignIns = Map<ContenderName, Map<number, number[]>>

/** Lets people sign in, few at a time, at a server that takes its time. */
export function measureDelay({ rounds, warmUpRounds, window }: Scale): Promise<DelayedSignIns> {
  const compared = pickContenders(
    'passport-xai auto',
    'passport-xai always',
    'passport-oauth2',
    'openid-client',
    'passport-openidconnect',
    'floor: one exchange',
  )
  const results: DelayedSignIns = new Map()
  return onStage({}, (stage) =>
    withApplications(stage, compared, async (applications) => {
      await warmUp(applications, { rounds: warmUpRounds / 2, window })
      for (let round = 0; round < Math.min(rounds, 3); round++) {
        for (const delay of delays) {
          await stage.server.call('delay', delay)
          for (const application of inTurn(applications, round)) {
            const { signIns } = await application.load({ concurrency: 4, duration: 3 * window })
            const name = application.contender.name as ContenderName
            const byDelay = results.get(name) ?? new Map<number, number[]>()
            results.set(name, byDelay.set(delay, [...(byDelay.get(delay) ?? []), median(signIns)]))
          }
        }
      }
      return results
    }),
  )
}

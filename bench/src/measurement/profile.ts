import { type ContenderName, pickContenders } from '../contender.js'
import { activities, type Profile } from '../profile.js'
import type { Scale } from '../scale.js'
import { inTurn, onStage, warmUp, withApplications } from '../stage.js'

/** Milliseconds a sign-in by activity, by contender. */
export type Profiles = Map<ContenderName, Profile>

/** Samples what applications do while people sign in, 16 at a time; some rounds, because the machine's speed varies. */
export function measureProfile({ warmUpRounds, window, profileRounds }: Scale): Promise<Profiles> {
  const compared = pickContenders(
    'passport-xai auto',
    'passport-xai always',
    'passport-oauth2',
    'openid-client',
    'floor: one exchange',
    'floor: no exchange',
  )
  const results: Profiles = new Map()
  return onStage({}, (stage) =>
    withApplications(stage, compared, async (applications) => {
      await warmUp(applications, { rounds: warmUpRounds / 2, window })
      for (let round = 0; round < profileRounds; round++) {
        for (const { process, contender, load } of inTurn(applications, round)) {
          await process.call('startProfile')
          const { completed } = await load({ concurrency: 16, duration: 2 * window })
          const profile = await process.call<Profile>('stopProfile')
          const name = contender.name as ContenderName
          const sums = results.get(name) ?? {}
          for (const activity of activities) {
            const share = (profile[activity] ?? 0) / completed / profileRounds
            sums[activity] = (sums[activity] ?? 0) + share
          }
          results.set(name, sums)
        }
      }
      return results
    }),
  )
}

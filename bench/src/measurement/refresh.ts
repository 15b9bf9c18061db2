import type { RefreshLoad } from '../application.js'
import { type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { inTurn, onStage, withApplications } from '../stage.js'

/** What refreshing gave. */
export interface Refreshes {
  /** Refreshes a second, round by round, by contender. */
  perSecond: Map<ContenderName, number[]>
  /** 1,000 refreshes at once of 100 tokens: the requests that were made, and the timers left. */
  coalesced: Map<ContenderName, { requests: number; timers: number }>
}

/** Refreshes different tokens, 16 at a time, and then a few tokens very often at once. */
export function measureRefresh({ rounds, refreshes }: Scale): Promise<Refreshes> {
  const results: Refreshes = { perSecond: new Map(), coalesced: new Map() }
  const compared = pickContenders('passport-xai auto', 'passport-oauth2', 'openid-client')
  return onStage({}, (stage) =>
    withApplications(stage, compared, async (applications) => {
      const load: RefreshLoad = { count: refreshes, concurrency: 16, tokens: refreshes }
      for (const { process } of applications) await process.call('refresh', load)
      for (let round = 0; round < Math.min(rounds, 5); round++) {
        for (const { process, contender } of inTurn(applications, round)) {
          const elapsed = await process.call<number>('refresh', load)
          const name = contender.name as ContenderName
          const earlier = results.perSecond.get(name) ?? []
          results.perSecond.set(name, [...earlier, refreshes / (elapsed / 1000)])
        }
      }
      for (const { process, contender } of applications) {
        const before = await stage.counts()
        await process.call('refresh', { count: 1000, concurrency: 1000, tokens: 100 } satisfies RefreshLoad)
        const { requests } = await stage.counts()
        results.coalesced.set(contender.name as ContenderName, {
          requests: requests - before.requests,
          timers: await process.call<number>('timers'),
        })
      }
      return results
    }),
  )
}

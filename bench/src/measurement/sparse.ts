import { setTimeout as wait } from 'node:timers/promises'
import type { Certificate } from '../certificate.js'
import { type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { onStage, withApplications } from '../stage.js'

/** Milliseconds of a round trip between application and authorization server. */
export const roundTrip = 40

/** Milliseconds that a person stays at the authorization server. */
const away = 2000

/** Each callback in milliseconds, by contender. */
export type SparseCallbacks = Map<ContenderName, number[]>

/** Lets one person sign in every few seconds, over TLS and a line that takes its time. */
export function measureSparse(
  { sparseSignIns, sparseInterval }: Scale,
  certificate: Certificate,
): Promise<SparseCallbacks> {
  const compared = pickContenders(
    'passport-xai auto',
    'passport-xai always',
    'passport-oauth2',
    'openid-client',
    'passport-openidconnect',
  )
  const results: SparseCallbacks = new Map()
  return onStage({ certificate, roundTrip }, (stage) =>
    withApplications(stage, compared, async (applications) => {
      // All wait at the same time and act one after the other.
      const visits = applications.map(async ({ contender, load }, place) => {
        await wait((place * away) / applications.length)
        const callbacks: number[] = []
        for (let signIn = 0; signIn < sparseSignIns; signIn++) {
          const next = wait(sparseInterval)
          callbacks.push(...(await load({ concurrency: 1, count: 1, away })).callbacks)
          if (signIn < sparseSignIns - 1) await next
        }
        results.set(contender.name as ContenderName, callbacks)
      })
      await Promise.all(visits)
      return results
    }),
  )
}

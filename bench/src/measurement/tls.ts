import type { Certificate } from '../certificate.js'
import { type ContenderName, pickContenders } from '../contender.js'
import type { Scale } from '../scale.js'
import { type Counts, onStage } from '../stage.js'

/** What the authorization server saw of the sign-ins, by contender. */
export type TLSCounts = Map<ContenderName, Counts>

/** Counts connections and requests of sign-ins over TLS, 16 at a time, from an application's start. */
export function measureTLS({ tlsSignIns }: Scale, certificate: Certificate): Promise<TLSCounts> {
  const compared = pickContenders(
    'passport-xai auto',
    'passport-xai always',
    'passport-oauth2',
    'openid-client',
    'passport-openidconnect',
  )
  const results: TLSCounts = new Map()
  return onStage({ certificate }, async (stage) => {
    for (const contender of compared) {
      const application = await stage.startApplication(contender)
      const before = await stage.counts()
      await application.load({ concurrency: 16, count: tlsSignIns })
      const after = await stage.counts()
      await application.stop()
      results.set(contender.name as ContenderName, {
        connections: after.connections - before.connections,
        requests: after.requests - before.requests,
      })
    }
    return results
  })
}

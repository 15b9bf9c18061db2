import { makeCertificate } from './certificate.js'
import { contenders } from './contender.js'
import { type Aging, measureAging } from './measurement/aging.js'
import { type DelayedSignIns, measureDelay } from './measurement/delay.js'
import { measureProfile, type Profiles } from './measurement/profile.js'
import { measureRefresh, type Refreshes } from './measurement/refresh.js'
import { type InstalledSize, measureSize } from './measurement/size.js'
import { measureSparse, type SparseCallbacks } from './measurement/sparse.js'
import { measureStart, type Starts } from './measurement/start.js'
import { measureThroughput, type Throughputs } from './measurement/throughput.js'
import { measureTLS, type TLSCounts } from './measurement/tls.js'
import type { Scale } from './scale.js'

/** Everything that was measured in one run. */
export interface Results {
  throughputs: Throughputs
  profiles: Profiles
  delayed: DelayedSignIns
  sparse: SparseCallbacks
  tls: TLSCounts
  starts: Starts
  aging: Map<string, Aging>
  refreshes: Refreshes
  sizes: Map<string, InstalledSize>
}

/** Measures one thing after the other, so that nothing disturbs what is being measured. */
export async function measureAll(scale: Scale, tell: (step: string) => void): Promise<Results> {
  const certificate = await makeCertificate()
  const step = <Result>(what: string, result: () => Result): Result => {
    tell(what)
    return result()
  }
  try {
    return {
      throughputs: await step('sign-ins a second', () => measureThroughput(scale)),
      profiles: await step('where the time goes', () => measureProfile(scale)),
      delayed: await step('delayed answers', () => measureDelay(scale)),
      tls: await step('connections over TLS', () => measureTLS(scale, certificate)),
      starts: await step('cold starts', () => measureStart(scale)),
      refreshes: await step('refreshes', () => measureRefresh(scale)),
      aging: await step('many sign-ins', () => measureAging(scale)),
      sparse: await step('sparse sign-ins', () => measureSparse(scale, certificate)),
      sizes: step('installed size', () => measureSize(installedNames())),
    }
  } finally {
    certificate.remove()
  }
}

const installedNames = (): string[] => [
  ...new Set(contenders.flatMap((contender) => ('installs' in contender ? [contender.installs] : []))),
]

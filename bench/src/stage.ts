import type { Certificate } from './certificate.js'
import { type Child, startChild } from './child.js'
import type { Contender } from './contender.js'
import type { Load, LoadResult } from './driver.js'

/** A contender's application, in a process of its own. */
export interface Application {
  contender: Contender
  process: Child
  /** Lets people sign in. */
  load(load: Omit<Load, 'base'>): Promise<LoadResult>
  stop(): Promise<void>
}

/** What the authorization server has seen since it started. */
export interface Counts {
  connections: number
  requests: number
}

/** An authorization server and a driver, for any number of applications. */
export interface Stage {
  server: Child
  startApplication(contender: Contender): Promise<Application>
  counts(): Promise<Counts>
  stop(): Promise<void>
}

/** How the authorization server is reached. */
export interface Way {
  certificate?: Certificate | undefined
  /** Milliseconds; 0 is the bare loopback. */
  roundTrip?: number
}

/** Starts an authorization server, what leads to it, and a driver. */
export async function openStage({ certificate, roundTrip = 0 }: Way = {}): Promise<Stage> {
  const driver = startChild('driver')
  const server = startChild('authorization-server', {
    args: certificate ? [certificate.certFile, certificate.keyFile] : [],
  })
  const children = [driver, server]
  const address = new URL(await server.call<string>('start'))
  if (roundTrip > 0) {
    const relay = startChild('relay')
    children.push(relay)
    address.port = String(await relay.call<number>('start', { port: Number(address.port), roundTrip }))
  }
  const issuer = address.origin
  await server.call('issueAs', issuer)
  return {
    server,
    counts: () => server.call<Counts>('counts'),
    async startApplication(contender) {
      const { module, variant } = contender
      const env = certificate ? { NODE_EXTRA_CA_CERTS: certificate.certFile } : {}
      const application = startChild('application', { env, execArgv: ['--expose-gc'] })
      const base = await application.call<string>('start', { module, variant, issuer })
      return {
        contender,
        process: application,
        load: (load) => driver.call<LoadResult>('run', { base, ...load }),
        stop: () => application.stop(),
      }
    },
    async stop() {
      await Promise.all(children.map((child) => child.stop()))
    },
  }
}

/** Opens a stage for as long as the work takes. */
export async function onStage<Result>(way: Way, work: (stage: Stage) => Promise<Result>): Promise<Result> {
  const stage = await openStage(way)
  try {
    return await work(stage)
  } finally {
    await stage.stop()
  }
}

/** Starts the applications of several contenders for as long as the work takes. */
export async function withApplications<Result>(
  stage: Stage,
  contenders: readonly Contender[],
  work: (applications: Application[]) => Promise<Result>,
): Promise<Result> {
  const applications = await Promise.all(contenders.map((contender) => stage.startApplication(contender)))
  try {
    return await work(applications)
  } finally {
    await Promise.all(applications.map((application) => application.stop()))
  }
}

/** Lets people sign in everywhere, in short turns, until V8 has compiled what matters and an idle one forgets none of it. */
export async function warmUp(
  applications: readonly Application[],
  { rounds, window }: { rounds: number; window: number },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const application of applications) await application.load({ concurrency: 16, duration: window })
  }
}

/** Takes turns: each round begins with another application, so that none is always the first. */
export const inTurn = (applications: readonly Application[], round: number): Application[] => {
  const first = round % applications.length
  return [...applications.slice(first), ...applications.slice(0, first)]
}

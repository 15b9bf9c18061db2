import { type Profiler, Session } from 'node:inspector'
import { promisify } from 'node:util'

/** What a process spends time on, in the order of the tables. */
export const activities = [
  'ES256 check',
  'the strategy',
  'requests to the authorization server',
  'sessions',
  'Express and Passport',
  'writing to sockets',
  'garbage collection',
  'Node and V8 besides',
] as const

/** One of {@link activities}. */
export type Activity = (typeof activities)[number]

/** Milliseconds by activity. */
export type Profile = Partial<Record<Activity, number>>

/** The first frame from the top of the stack that one of these knows says what a sample was for. */
const rules: ReadonlyArray<readonly [frame: RegExp, activity: Activity]> = [
  [/^\(garbage collector\)/, 'garbage collection'],
  [/^(writev|writeUtf8String|writeLatin1String|writeBuffer|shutdown) /, 'writing to sockets'],
  [/^verifyOneShot |^subtle|internal\/crypto\/webcrypto/, 'ES256 check'],
  [/node:_http_client|node:_http_agent|node:internal\/deps\/undici/, 'requests to the authorization server'],
  [
    /\/dist\/lib\/|\/contender\.js|\/node_modules\/(passport-oauth2|oauth|oauth4webapi|openid-client|jose)\//,
    'the strategy',
  ],
  [/\/node_modules\/(express-session|cookie-signature|uid-safe|random-bytes)\//, 'sessions'],
  [/node:_http_server|\/node_modules\/|\/bench\/dist\//, 'Express and Passport'],
]

const session = new Session()
const post = promisify(session.post.bind(session)) as (method: string, params?: object) => Promise<unknown>

/** Samples this process from now on. */
export async function startProfile(): Promise<void> {
  session.connect()
  await post('Profiler.enable')
  await post('Profiler.setSamplingInterval', { interval: 250 })
  await post('Profiler.start')
}

/** Ends the sampling, and tells where the time went; what the process waited is left out. */
export async function stopProfile(): Promise<Profile> {
  const { profile } = (await post('Profiler.stop')) as Profiler.StopReturnType
  session.disconnect()
  return sumUp(profile)
}

function sumUp({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
  const byID = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const activityOf = (id: number | undefined): Activity => {
    const node = id === undefined ? undefined : byID.get(id)
    if (!node) return 'Node and V8 besides'
    const { functionName, url } = node.callFrame
    const known = rules.find(([frame]) => frame.test(`${functionName} ${url}`))
    return known?.[1] ?? activityOf(parents.get(node.id))
  }
  const sums: Profile = {}
  samples.forEach((id, index) => {
    if (byID.get(id)?.callFrame.functionName === '(idle)') return
    const activity = activityOf(id)
    sums[activity] = (sums[activity] ?? 0) + (timeDeltas[index] ?? 0) / 1000
  })
  return sums
}

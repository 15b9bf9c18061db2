import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { serveParent } from './child.js'

/** What browsers do to an application: so many people at a time, until so much time has passed or so many came. */
export interface Load {
  base: string
  concurrency: number
  /** Milliseconds. */
  duration?: number
  count?: number
  /** Whether every second person never comes back from the authorization server. */
  halfAbandoned?: boolean
  /** Milliseconds that a person stays at the authorization server. */
  away?: number
}

/** What happened; times in milliseconds. */
export interface LoadResult {
  elapsed: number
  completed: number
  failures: string[]
  /** Of each completed sign-in, the time that the application had the person wait: both requests. */
  signIns: number[]
  /** Of each completed sign-in, the callback alone. */
  callbacks: number[]
}

interface Page {
  status: number
  location: string
  cookies: string[]
}

const agent = new Agent({ keepAlive: true })

function get(url: string, cookies: string[], accept = '*/*'): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = { Accept: accept, ...(cookies.length > 0 && { Cookie: cookies.join('; ') }) }
    const receive = (response: IncomingMessage): void => {
      const { location = '', 'set-cookie': set = [] } = response.headers
      response.resume()
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          location,
          cookies: set.map((line) => line.split(';')[0] ?? ''),
        }),
      )
    }
    request(url, { agent, headers }, receive).on('error', reject).end()
  })
}

/** Where the authorization server would send the person back to; the code says what the server has to know. */
function callbackOf(authorization: string): string {
  const { searchParams: sent } = new URL(authorization)
  const code = `${sent.get('nonce') ?? ''}~${sent.get('code_challenge') ?? ''}`
  const state = sent.get('state')
  return `/callback?${new URLSearchParams({ code, ...(state !== null && { state }) })}`
}

async function run(load: Load): Promise<LoadResult> {
  const { base, concurrency, duration = Number.POSITIVE_INFINITY, halfAbandoned = false, away = 0 } = load
  const result: LoadResult = { elapsed: 0, completed: 0, failures: [], signIns: [], callbacks: [] }
  const began = performance.now()
  let begun = 0
  let left = load.count ?? Number.POSITIVE_INFINITY
  const person = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < began + duration) {
      const start = performance.now()
      const page = await get(`${base}/login`, [])
      const login = performance.now() - start
      if (halfAbandoned && begun++ % 2 === 0) continue
      if (away > 0) await wait(away)
      const back = performance.now()
      const end = await get(base + callbackOf(page.location), page.cookies)
      const callback = performance.now() - back
      if (end.status !== 302 || end.location !== '/') {
        result.failures.push(`a callback ended with ${end.status} ${end.location}`)
        continue
      }
      result.completed++
      result.callbacks.push(callback)
      result.signIns.push(login + callback)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, person))
  result.elapsed = performance.now() - began
  return result
}

/** Asks for a path again and again, by 16 browsers that wait for a device sign-in; gives how often. */
async function poll({ base, path, duration }: { base: string; path: string; duration: number }) {
  const began = performance.now()
  let completed = 0
  const browser = async (): Promise<void> => {
    const { cookies } = await get(`${base}/device`, [], 'application/json')
    while (performance.now() < began + duration) {
      const { status } = await get(base + path, cookies, 'application/json')
      if (status !== 200) throw new Error(`${path}: ${status}`)
      completed++
    }
  }
  await Promise.all(Array.from({ length: 16 }, browser))
  return completed
}

serveParent({ run, poll })

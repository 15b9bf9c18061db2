import { Agent, type IncomingMessage, request } from 'node:http'
import { serveParent } from './child.js'
import { buildCode } from './code.js'

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

/** What happened, in milliseconds. */
export interface LoadResult {
  elapsed: number
  completed: number
  /** Of each completed sign-in, the time that the application had the person wait: both requests. */
  signIns: number[]
  /** Of each completed sign-in, the callback alone. */
  callbacks: number[]
}

interface Page {
  location: URL
  cookies: string[]
}

const agent = new Agent({ keepAlive: true })

function get(url: string, cookies: string[]): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = cookies.length > 0 ? { Cookie: cookies.join('; ') } : {}
    const receive = (response: IncomingMessage): void => {
      const { location, 'set-cookie': set = [] } = response.headers
      if (response.statusCode === 302 && location) {
        response.resume()
        response.on('end', () =>
          resolve({ location: new URL(location, url), cookies: set.map((line) => line.split(';')[0] ?? '') }),
        )
        return
      }
      let text = `GET ${url} was answered with ${response.statusCode}: `
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => reject(new Error(text)))
    }
    request(url, { agent, headers }, receive).on('error', reject).end()
  })
}

/** Where the authorization server would send the person back to. */
function callbackOf(authorization: URL): string {
  const sent = authorization.searchParams
  const code = buildCode({
    nonce: sent.get('nonce') ?? '',
    codeChallenge: sent.get('code_challenge') ?? '',
  })
  const state = sent.get('state')
  return `/callback?${new URLSearchParams({ code, ...(state !== null && { state }) })}`
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

async function run(load: Load): Promise<LoadResult> {
  const { base, concurrency, duration = Number.POSITIVE_INFINITY, halfAbandoned = false, away = 0 } = load
  const result: LoadResult = { elapsed: 0, completed: 0, signIns: [], callbacks: [] }
  const began = performance.now()
  let begun = 0
  let left = load.count ?? Number.POSITIVE_INFINITY
  const person = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < began + duration) {
      const start = performance.now()
      const page = await get(`${base}/login`, [])
      const returned = performance.now()
      if (halfAbandoned && begun++ % 2 === 0) continue
      if (away > 0) await wait(away)
      const back = performance.now()
      const end = await get(base + callbackOf(page.location), page.cookies)
      if (end.location.pathname !== '/') throw new Error(`a sign-in ended at ${end.location}`)
      const callback = performance.now() - back
      result.completed++
      result.callbacks.push(callback)
      result.signIns.push(callback + returned - start)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, person))
  result.elapsed = performance.now() - began
  return result
}

serveParent({ run })

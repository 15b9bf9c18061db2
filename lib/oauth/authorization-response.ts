import type { Request } from 'express'

/** `Sec-Fetch-Dest` of a page that is loaded, or of a script's `fetch`; an image, a style or a script is neither. */
const destinations = new Set(['document', 'iframe', 'frame', 'empty'])

/**
 * Why a request may neither begin nor end a sign-in, whatever its parameters; `undefined` when it may. Scanners,
 * browsers that look ahead, and other sites' images must not spend the code of the person who comes after them, nor
 * begin sign-ins that push out those of the person.
 */
export function findPurposeProblem({ method = 'GET', headers = {} }: Partial<Request>): string | undefined {
  if (method !== 'GET' && method !== 'POST') return `it is a ${method} request`
  const purposes = [headers['sec-purpose'], headers.purpose, headers['x-moz']]
  if (/prefetch|prerender/i.test(purposes.join())) return 'it is a prefetch'
  const destination = headers['sec-fetch-dest'] ?? 'document'
  const isForeignScript = destination === 'empty' && headers['sec-fetch-site'] === 'cross-site'
  if (isForeignScript)
    return 'a script of another site sent it (xAI does that on loopback: see loopbackRelay)'
  return destinations.has(`${destination}`) ? undefined : 'it is for a part of a page, such as an image'
}

/** What xAI may send back (RFC 6749 §4.1.2, RFC 9207); each is non-empty, comes once and is of bounded length. */
export interface CallbackParameters {
  code?: string
  state?: string
  error?: string
  error_description?: string
  error_uri?: string
  iss?: string
}

/** What a request to the strategy is: the beginning of a sign-in, a callback to judge, or neither. */
export type CallbackRequest =
  | { kind: 'begin' }
  | { kind: 'invalid'; problem: string }
  | { kind: 'callback'; parameters: CallbackParameters }

const names = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss'] as const

const maxCharacters = 4096

type Entry = readonly [key: string, value: unknown]

/** Judges a request by its parameters alone, from the query and, of a POST, the form; the code is not looked at. */
export function parseCallbackRequest(req: Request): CallbackRequest {
  const query = entriesOf(req.query)
  // A query parser may keep one of several values, or none; the URL itself shows them all.
  const raw = rawEntriesOf(req.url)
  const form = req.method === 'POST' ? entriesOf(req.body) : []
  const parameters: CallbackParameters = {}
  let problem: string | undefined
  let isCallback = false
  for (const name of names) {
    const parsed = entriesNamed(name, query)
    const listed = entriesNamed(name, raw)
    const filled = entriesNamed(name, form)
    const asked = listed.length > parsed.length ? listed : parsed
    const first = asked[0] ?? filled[0]
    if (!first) continue
    isCallback ||= name !== 'error_uri'
    const [key, value] = first
    if (asked.length + filled.length > 1 || Array.isArray(value)) problem ??= `${name} is repeated`
    else if (key !== name || typeof value !== 'string') problem ??= `${name} is nested`
    else if (value === '') problem ??= `${name} is empty`
    else if (value.length > maxCharacters) problem ??= `${name} is longer than ${maxCharacters} characters`
    else parameters[name] = value
  }
  if (!isCallback) return { kind: 'begin' }
  problem ??= combinationProblem(parameters)
  return problem === undefined ? { kind: 'callback', parameters } : { kind: 'invalid', problem }
}

function combinationProblem({ code, state, error }: CallbackParameters): string | undefined {
  if (!code && !state && !error) return 'there is neither a code nor an error'
  if (code && !state) return 'there is a code without a state'
  if (state && !code && !error) return 'there is a state without a code or an error'
  return undefined
}

const entriesOf = (source: unknown): Entry[] =>
  typeof source === 'object' && source !== null ? Object.entries(source) : []

const rawEntriesOf = (url = ''): Entry[] =>
  url.includes('?') ? [...new URLSearchParams(url.slice(url.indexOf('?') + 1))] : []

/** The entries of a parameter; `code[x]` is one of `code`, whether a parser understands it or not. */
const entriesNamed = (name: string, entries: readonly Entry[]): Entry[] =>
  entries.filter(([key]) => key === name || key.startsWith(`${name}[`))

import type { RequestOptions } from 'node:http'
import { urlToHttpOptions } from 'node:url'

/** Where a request goes, in the terms of `node:http`. */
export type HttpTarget = Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'path' | 'auth'>

const maxTargets = 32
const targets = new Map<string, HttpTarget>()

/** Takes a URL apart, which for an endpoint is done once. @throws {TypeError} when it is no URL */
export function targetOf(url: string): HttpTarget {
  const known = targets.get(url)
  if (known) return known
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(new URL(url))
  const target = { protocol, hostname, port, path, auth }
  // An endpoint hardly has a query, and what has one may be another each time, or hold a secret.
  if (url.includes('?')) return target
  if (targets.size === maxTargets) targets.clear()
  targets.set(url, target)
  return target
}

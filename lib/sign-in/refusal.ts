import type { Request } from 'express'
import type { Outcome } from './passport-action.js'

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

/** Refuses a request that is not from xAI. Nothing is sent, and no new sign-in begins, which could go round in a loop. */
export const refuse = (problem: string): Outcome => ({
  kind: 'fail',
  info: {
    code: 'xai_callback_invalid',
    message: `This request neither begins nor ends a sign-in: ${problem}.`,
  },
  status: 400,
})

import type { ReadableStreamDefaultReader } from 'node:stream/web'
import { parseObject } from '../http/response.js'
import { isSecure } from '../oauth/endpoint.js'

/** Bytes and milliseconds to read of the body of a refusal: xAI's own are some hundred bytes long. */
const maxBytes = 64 * 1024
const maxMilliseconds = 5000

/** Where a Bearer token may go: https, or http on a loopback host. @throws {TypeError} */
export function parseBearerURL(url: unknown): URL {
  if ((typeof url === 'string' || url instanceof URL) && URL.canParse(`${url}`)) {
    const parsed = new URL(url)
    if (isSecure(parsed)) return parsed
  }
  throw new TypeError(
    'TokenManager: url must be an absolute https URL (http only for localhost, 127.0.0.1 and [::1]), as a text or URL',
  )
}

/** Whether a body can be read more than once, so that a request can be sent again. */
export const canBeSentAgain = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof FormData ||
  body instanceof URLSearchParams

/**
 * Whether a response says that the access token is bad. xAI's API does so with 403, `unauthenticated:…` in the body
 * or no body at all; it says with 403 as well that the account is not entitled. The response stays unread.
 */
export async function refusesCredentials(response: Response, { origin }: URL): Promise<boolean> {
  // After a redirect elsewhere, where the token has not been sent, a refusal says nothing about it.
  if (response.url !== '' && new URL(response.url).origin !== origin) return false
  if (response.status !== 403) return response.status === 401
  const text = await readShortBody(response.clone())
  return text === '' || isUnauthenticated(text)
}

/** Frees the connection of a response that nobody gets. */
export function discardBody({ body }: Response): void {
  void body?.cancel().catch(() => undefined)
}

/** The body, if it ends within the limits. */
async function readShortBody({ body }: Response): Promise<string | undefined> {
  if (body === null) return ''
  const reader = body.getReader()
  // Ends when the other half of the clone has ended, so nobody waits for it.
  const cancel = (): void => void reader.cancel().catch(() => undefined)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    cancel()
  }, maxMilliseconds)
  const text = await readText(reader).catch(() => undefined)
  clearTimeout(timer)
  cancel()
  return isLate ? undefined : text
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > maxBytes) return undefined
    chunks.push(part.value)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function isUnauthenticated(text: string | undefined): boolean {
  const code = parseObject(text)?.code
  return typeof code === 'string' && /^unauthenticated(:|$)/.test(code)
}

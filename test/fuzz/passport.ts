import { setImmediate, setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import type { Request } from 'express'

/** How a request to a strategy ended. */
export interface Ending {
  readonly kind: 'redirect' | 'success' | 'fail' | 'error' | 'response'
  /** The location, the user, the info, the error, or the body of a response. */
  readonly value: unknown
  /** The info of a success, or the status of a failure or a response. */
  readonly detail: unknown
}

/** Milliseconds after which a request counts as one that hangs; no input of the campaign makes a server wait. */
const patience = 5000

/** A response object of the application's; it keeps the cookies, and tells when it has ended. */
export class FakeResponse {
  statusCode = 200
  readonly headersSent = false
  readonly cookies: string[] = []
  onEnd: (body: unknown, status: number) => void = () => undefined

  getHeader(): undefined {
    return undefined
  }

  setHeader(name: string, value: unknown): void {
    this.appendHeader(name, value)
  }

  appendHeader(name: string, value: unknown): void {
    if (name.toLowerCase() === 'set-cookie') this.cookies.push(...([value].flat() as string[]))
  }

  end(body: unknown): void {
    this.onEnd(body, this.statusCode)
  }
}

/**
 * Runs a request through a strategy as Passport does. Fails unless exactly one of Passport's actions follows, or one
 * response, and when anything is thrown past it.
 */
export async function act(
  strategy: object,
  request: { readonly res: FakeResponse },
  options: object = {},
): Promise<Ending> {
  const endings: Ending[] = []
  const waiting = new AbortController()
  const ended = new Promise<void>((resolve) => {
    const record =
      (kind: Ending['kind']) =>
      (value: unknown, detail: unknown): void => {
        endings.push({ kind, value, detail })
        resolve()
      }
    request.res.onEnd = record('response')
    const derived = Object.assign(Object.create(strategy), {
      redirect: record('redirect'),
      success: record('success'),
      fail: record('fail'),
      error: record('error'),
      pass: record('error'),
    }) as { authenticate(req: Request, options?: object): void }
    derived.authenticate(request as unknown as Request, options)
  })
  const late = setTimeout(patience, undefined, { signal: waiting.signal }).catch(() => undefined)
  await Promise.race([ended, late])
  waiting.abort()
  // A second action would come in the turns after the first.
  await setImmediate()
  await setImmediate()
  expect(endings.map(({ kind }) => kind)).to.have.length(1)
  return endings[0] as Ending
}

/** Everything that somebody could print of a value: messages, stacks, causes, hidden fields. */
export const everythingIn = (value: unknown): string =>
  [
    inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    value instanceof Error ? `${value.stack}` : '',
    JSON.stringify(value) ?? '',
  ].join('\n')

/** Asserts that none of the secrets can be read from a value, neither as it is nor in a usual encoding. */
export function expectNoSecret(value: unknown, secrets: readonly string[]): void {
  const text = everythingIn(value)
  for (const secret of secrets) {
    const encodings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
    for (const encoded of encodings) {
      if (encoded !== '' && text.includes(encoded)) throw new Error(`a secret (${secret}) stands in: ${text}`)
    }
  }
}

/** Asserts that an error is one of the documented ones, and not a slip of the code. */
export function expectDocumentedError(error: unknown): void {
  expect(error, everythingIn(error)).to.be.an('error')
  expect(error, everythingIn(error)).to.have.property('name', 'XaiOAuthError')
}

/** Asserts that no input has reached the prototype of all objects. */
export function expectCleanPrototype(): void {
  expect(Object.keys(Object.prototype)).to.deep.equal([])
  expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
}

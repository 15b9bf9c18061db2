/**
 * Demands a token of the caller before anything is sent: a missing one would go out as the word `undefined`.
 *
 * @throws {TypeError} that says which method lacks it
 */
export function checkToken(method: string, token: unknown): asserts token is string {
  if (typeof token !== 'string' || token === '') {
    throw new TypeError(`XaiStrategy: ${method} needs a token, a string that is not empty`)
  }
}

import { expect } from 'chai'
import type { XaiOAuthError } from '../../lib/error.js'

/** What a promise fails with. */
export const failureOf = (promise: Promise<unknown>): Promise<XaiOAuthError> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  )

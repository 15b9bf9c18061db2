/** A test of a foreign suite that fails with our class in place, and why that is right. */
export interface Difference {
  readonly test: string
  readonly why: string
}

const ownRequest =
  'the request goes out by node:http and the agent; the internals _chooseHttpLibrary and _executeRequest are not called'

const ownExchange =
  'a code is exchanged with its PKCE verifier, by a request of the class itself, and an empty code is not sent; a replaced _request is not asked for tokens'

/** node-oauth's own tests of OAuth2. `late` ones assert in a callback that vows does not wait for. */
export const nodeOAuthDifferences: readonly Difference[] = [
  { test: 'POSTing: we should see a given string being sent to the request', why: ownRequest },
  { test: 'POSTing: we should see a given buffer being sent to the request', why: ownRequest },
  { test: 'PUTing: we should see a given string being sent to the request', why: ownRequest },
  { test: 'PUTing: we should see a given buffer being sent to the request', why: ownRequest },
  { test: 'late: line 46', why: ownExchange },
  { test: 'late: line 57', why: ownRequest },
  { test: 'late: line 67', why: ownRequest },
  { test: 'late: line 76', why: ownExchange },
  { test: 'late: line 85', why: ownExchange },
  {
    test: 'late: no callback',
    why: 'the suite calls without a callback and never ends a request; here every call ends, and needs one',
  },
]

/** passport-oauth2-refresh's own tests. */
export const refreshDifferences: readonly Difference[] = []

/**
 * What the person's browser brings from the authorization request to the token endpoint. The code holds it, so that
 * the server of the bench has nothing to look up.
 */
export interface CodeContent {
  nonce: string
  codeChallenge: string
}

/** An authorization code that holds what the token endpoint needs. */
export const buildCode = ({ nonce, codeChallenge }: CodeContent): string => `${nonce}~${codeChallenge}`

/** What {@link buildCode} was given. */
export function parseCode(code: string): CodeContent {
  const [nonce = '', codeChallenge = ''] = code.split('~')
  return { nonce, codeChallenge }
}

import { createHash } from 'node:crypto'
import { type Answer, buildErrorAnswer } from './answer.js'

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/**
 * xAI's answer to a code exchange that does not repeat the challenge (hermes-agent#26990, #27573), in its words;
 * undefined when it does. A repeated challenge that is not the verifier's is refused as a wrong verifier is.
 */
export function refuseMissingEcho(parameters: Readonly<Record<string, string>>): Answer | undefined {
  const {
    code_challenge: challenge,
    code_challenge_method: method,
    code_verifier: verifier = '',
  } = parameters
  if (!challenge) return buildErrorAnswer(400, 'invalid_request', 'code_challenge is required')
  if (method !== 'S256') return buildErrorAnswer(400, 'invalid_request', 'code_challenge_method must be S256')
  return challenge === challengeOf(verifier)
    ? undefined
    : buildErrorAnswer(400, 'invalid_grant', 'code_challenge does not match code_verifier')
}

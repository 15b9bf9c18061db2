import type { EmulatorAccount } from './account.js'
import { subjectOf } from './account.js'
import type { AuthorizationServer } from './authorization-server.js'
import type { Interaction, InteractionResult } from './oidc-provider-module.js'

/** The scopes that an authorization request asks for. */
export const requestedScopes = ({ params }: Interaction): readonly string[] =>
  `${params.scope ?? ''}`.split(' ').filter((scope) => scope !== '')

/** The account signs in. A person who is no Team is refused `team:read`, as xAI refuses it. */
export const buildSignIn = (interaction: Interaction, account: EmulatorAccount): InteractionResult =>
  requestedScopes(interaction).includes('team:read') && account.principal === undefined
    ? { error: 'invalid_scope', error_description: 'team:read is not available to a User principal' }
    : { login: { accountId: subjectOf(account) } }

/** The account signs in and grants all that is asked for. */
export async function buildConsent(
  server: AuthorizationServer,
  interaction: Interaction,
  account: EmulatorAccount,
): Promise<InteractionResult> {
  const signIn = buildSignIn(interaction, account)
  if ('error' in signIn) return signIn
  const scope = requestedScopes(interaction).join(' ')
  const grantId = await server.grant(account, interaction.params.client_id, scope)
  return { ...signIn, consent: { grantId } }
}

export const refusal: InteractionResult = {
  error: 'access_denied',
  error_description: 'The person declined the request',
}

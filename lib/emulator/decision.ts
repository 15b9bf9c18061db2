import { type EmulatorAccount, subjectOf } from './account.js'
import type { Grant } from './oidc-provider.js'
import type { EmulatorState } from './state.js'

/** What a person decides: the account grants all that is asked for, or the request is denied with an error code. */
export interface Decision {
  readonly account: EmulatorAccount
  readonly denial?: unknown
}

/** What a Team is never granted: no id_token and no userinfo follow from it. */
const refusedToTeam = new Set(['openid', 'email'])

/** An OAuth error, as it is sent. */
export type Refusal = Readonly<Record<'error' | 'error_description', string>>

/** Why nothing is granted: the person's denial, or xAI's of `team:read` to a User; undefined when something is. */
export function refusalOf({ account, denial }: Decision, scopes: readonly string[]): Refusal | undefined {
  if (denial !== undefined)
    return { error: `${denial}`, error_description: 'The person declined the request' }
  if (scopes.includes('team:read') && account.principal === undefined)
    return { error: 'invalid_scope', error_description: 'team:read is not available to a User principal' }
  return undefined
}

/** Notes that the account grants the client what it asks for, as far as xAI lets it. */
export async function grantScopes(
  { provider }: EmulatorState,
  { account }: Decision,
  clientId: string,
  scopes: readonly string[],
): Promise<Grant> {
  const isTeam = account.principal !== undefined
  const grant = new provider.Grant({ accountId: subjectOf(account), clientId })
  grant.addOIDCScope(scopes.filter((scope) => !isTeam || !refusedToTeam.has(scope)))
  if (isTeam) grant.rejectOIDCScope(refusedToTeam)
  await grant.save()
  return grant
}

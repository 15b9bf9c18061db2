/** Somebody who can sign in at the emulator. */
export interface EmulatorAccount {
  /** Names the account to the emulator: on its sign-in page, in `signInAs` and in its tests. */
  readonly id: string
  /** The subject identifier in tokens; `id` when absent. */
  readonly sub?: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  /** A URL; one that begins with `/` is the emulator's own, which serves `/pictures/<id>.svg` for every account. */
  readonly picture?: string
  /** `'denied'`: the token endpoint responds with 403, as xAI does when the account's tier is not entitled. */
  readonly tier?: 'denied'
  /** Acts as a Team: no id_token, no `openid` or `email` scope, and userinfo refuses the access token. */
  readonly principal?: { readonly type: 'Team'; readonly id: string }
}

/** An account whose subject identifier is settled. */
export type Account = EmulatorAccount & { readonly sub: string }

const buildExample = (id: string, givenName: string, sub: string): Account => ({
  id,
  sub,
  email: `${id}@example.com`,
  emailVerified: true,
  name: `${givenName} Account`,
  givenName,
  familyName: 'Account',
  picture: `/pictures/${id}.svg`,
})

/** The accounts of an emulator that is given none. */
export const defaultAccounts: readonly EmulatorAccount[] = [
  buildExample('personal', 'Personal', '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01'),
  { ...buildExample('free', 'Free', '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a02'), tier: 'denied' },
  {
    ...buildExample('team', 'Team', '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a03'),
    principal: { type: 'Team', id: '7d9b1f64-0c1d-4f0c-8f2e-2b6f0c5d9e10' },
  },
]

/** What a person calls the account. */
export const labelOf = ({ id, name }: EmulatorAccount): string => name ?? id

/** What is special about an account, in a few words. */
export function hintOf({ tier, principal }: EmulatorAccount): string {
  if (tier === 'denied') return 'Not entitled: the token endpoint responds with 403'
  return principal === undefined ? '' : 'Acts as a Team: no id_token'
}

/** The claims that `idTokenClaims` chooses from, beside those of the protocol. */
export const claimNames = ['email', 'email_verified', 'name', 'given_name', 'family_name', 'picture'] as const

/** A claim of the person's, by its name in OpenID Connect. */
export type ProfileClaim = (typeof claimNames)[number]

/** OpenID Connect standard claims of an account; what the account lacks is undefined, and no JSON shows it. */
export function buildClaims(account: Account, issuer: string, names: readonly ProfileClaim[]): object {
  const claims: Record<ProfileClaim, unknown> = {
    email: account.email,
    email_verified: account.emailVerified,
    name: account.name,
    given_name: account.givenName,
    family_name: account.familyName,
    picture: account.picture?.startsWith('/') ? `${issuer}${account.picture}` : account.picture,
  }
  return Object.fromEntries(names.map((name) => [name, claims[name]]))
}

/** An application that the emulator knows. */
export interface EmulatorClient {
  readonly clientID: string
  /** None makes it a public client. */
  readonly clientSecret?: string
  /** What the sign-in pages call it; the client id when absent. */
  readonly name?: string
  /** Compared to the letter; without any, every http callback on loopback is accepted. */
  readonly redirectURIs?: readonly string[]
}

/** The clients of an emulator that is given none. Nothing here is a credential of anybody. */
export const defaultClients: readonly EmulatorClient[] = [
  { clientID: 'emulator-public', name: 'Public application' },
  {
    clientID: 'emulator-confidential',
    clientSecret: 'emulator-secret-not-a-secret',
    name: 'Confidential application',
  },
]

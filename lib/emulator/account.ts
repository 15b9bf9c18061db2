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

/** The claims that `idTokenClaims` chooses from, beside those of the protocol. */
export const profileClaims = [
  'email',
  'email_verified',
  'name',
  'given_name',
  'family_name',
  'picture',
] as const

/** A claim of the person's, by its name in OpenID Connect. */
export type ProfileClaim = (typeof profileClaims)[number]

const buildExample = (id: string, givenName: string, sub: string): EmulatorAccount => ({
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

/** The subject identifier of an account. */
export const subjectOf = ({ id, sub }: EmulatorAccount): string => sub ?? id

/** What a person calls the account. */
export const labelOf = ({ id, name }: EmulatorAccount): string => name ?? id

/** OpenID Connect standard claims of an account; what the account lacks, the claims lack. */
export function buildClaims(account: EmulatorAccount, issuer: string): { sub: string } {
  const sub = subjectOf(account)
  const claims: Record<ProfileClaim, unknown> = {
    email: account.email,
    email_verified: account.emailVerified,
    name: account.name,
    given_name: account.givenName,
    family_name: account.familyName,
    picture: account.picture?.startsWith('/') ? `${issuer}${account.picture}` : account.picture,
  }
  return { sub, ...Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) }
}

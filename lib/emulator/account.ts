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
  /** `'denied'`: the token endpoint answers 403, as xAI does when the account's tier is not entitled. */
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

/** The accounts of an emulator that is given none. */
export const defaultAccounts: readonly EmulatorAccount[] = [
  {
    id: 'personal',
    sub: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01',
    email: 'personal@example.com',
    emailVerified: true,
    name: 'Personal Account',
    givenName: 'Personal',
    familyName: 'Account',
    picture: '/pictures/personal.svg',
  },
  {
    id: 'free',
    sub: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a02',
    email: 'free@example.com',
    emailVerified: true,
    name: 'Free Account',
    givenName: 'Free',
    familyName: 'Account',
    picture: '/pictures/free.svg',
    tier: 'denied',
  },
  {
    id: 'team',
    sub: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a03',
    email: 'team@example.com',
    emailVerified: true,
    name: 'Team Account',
    givenName: 'Team',
    familyName: 'Account',
    picture: '/pictures/team.svg',
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

/** The paths of xAI's OAuth server, by oidc-provider's names; the last one is at `accounts.x.ai` there. */
export const paths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  revocation: '/oauth2/revoke',
  device_authorization: '/oauth2/device/code',
  code_verification: '/oauth2/device',
} as const

/** The device page under a name that is short to type; it redirects. */
export const shortDevicePath = '/device'

/** What there is of the device authorization grant. */
export const deviceGrantPaths: readonly string[] = [
  paths.device_authorization,
  paths.code_verification,
  shortDevicePath,
]

/** The sign-in pages of one authorization request are at this path, a slash and its id. */
export const signInPath = '/sign-in'

/** The path of the picture that the emulator serves for an account. */
export const picturePath = ({ id }: { readonly id: string }): string =>
  `/pictures/${encodeURIComponent(id)}.svg`

/** The scopes that captures of xAI's discovery document show, and what the consent page says of them. */
export const scopes = {
  openid: 'Know who you are',
  profile: 'See your name and picture',
  email: 'See your e-mail address',
  offline_access: 'Stay signed in while you are away',
  'grok-cli:access': 'Use the command line tool as you',
  'team:read': 'See your team',
  'org:read': 'See your organization',
  'api:access': 'Use the API as you',
  'office-addins:access': 'Use office add-ins as you',
} as const

import type { Strategy } from 'passport'

/** A way of signing in that is compared with others. */
export interface Contender {
  name: string
  /** A module of the folder `contender`, and which of its variants. */
  module: string
  variant?: string
  /** What an application would install; none for the floors. */
  installs?: string
}

/** What a contender needs to know to be set up. */
export interface ContenderSettings {
  issuer: string
  callbackURL: string
  variant: string | undefined
}

/** A contender, set up. */
export interface ContenderInstance {
  strategy: Strategy
  refresh?: (refreshToken: string) => Promise<unknown>
}

/** What a module of the folder `contender` exports. */
export interface ContenderModule {
  build(settings: ContenderSettings): ContenderInstance
}

const xai = { module: 'passport-xai', installs: 'passport-xai' }

/** Everything that is compared, ours first; the floors say what no strategy can undercut. */
export const contenders = [
  { name: 'passport-xai auto', ...xai, variant: 'auto session' },
  { name: 'passport-xai auto, cookie store', ...xai, variant: 'auto cookie' },
  { name: 'passport-xai always', ...xai, variant: 'always session' },
  { name: 'passport-xai always, cookie store', ...xai, variant: 'always cookie' },
  { name: 'passport-oauth2', module: 'passport-oauth2', installs: 'passport-oauth2' },
  { name: 'openid-client', module: 'openid-client', installs: 'openid-client' },
  { name: 'passport-openidconnect', module: 'passport-openidconnect', installs: 'passport-openidconnect' },
  { name: 'floor: one exchange', module: 'floor', variant: 'exchange' },
  { name: 'floor: no exchange', module: 'floor' },
] as const satisfies readonly Contender[]

/** The name of a contender. */
export type ContenderName = (typeof contenders)[number]['name']

/** The contenders of some names, in that order. */
export const pickContenders = (...names: ContenderName[]): Contender[] =>
  names.flatMap((name) => contenders.filter((contender) => contender.name === name))

/** Loads a contender's module and nothing of the others. */
export const loadContender = (module: string): Promise<ContenderModule> => import(`./contender/${module}.js`)

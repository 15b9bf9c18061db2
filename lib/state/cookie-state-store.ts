import type { ServerResponse } from 'node:http'
import type { Request } from 'express'
import { isSame, randomToken } from '../oauth/pkce.js'
import { bindingOf, buildPendingSignIn, isExpired, type PendingSignIn } from './pending-sign-in.js'
import { buildSeal, type Seal } from './seal.js'
import {
  buildSetCookie,
  cookieNameOf,
  findCookie,
  maxCookieBytes,
  parseSignInCookies,
  type SignInCookie,
  surplusOf,
} from './sign-in-cookie.js'
import { SpentStates } from './spent-state.js'
import { buildStateFailure, type StateFailure } from './state-failure.js'
import type { StateLoadedCallback, StateMetadata, StateStore, StateStoredCallback } from './state-store.js'

const minSecretCharacters = 32

/** However many cookies somebody plants, one answer removes no more than this. */
const maxRemovals = 32

/** Options of a {@link CookieStateStore}. */
export interface CookieStateStoreOptions {
  /** At least 32 characters; of a list, the first seals and all open, so that secrets can be rotated. */
  secret: string | readonly string[]
}

/**
 * Keeps each pending sign-in in an encrypted, authenticated cookie of its own, so that any process that knows the
 * secret can finish what another began, without a session. Up to 8 at once in one browser (fewer when the
 * application's state is large), each for 10 minutes.
 * One use is certain within a process only: elsewhere, a browser that sends the whole cookie again is believed.
 */
export class CookieStateStore implements StateStore {
  private readonly seal: Seal
  private readonly spent = new SpentStates()

  constructor(options: CookieStateStoreOptions) {
    this.seal = buildSeal(parseSecrets(options))
  }

  store(
    req: Request,
    codeVerifier: string,
    state: unknown,
    meta: StateMetadata,
    callback: StateStoredCallback,
  ): void {
    const handle = randomToken()
    this.keep(req, buildPendingSignIn(handle, codeVerifier, state, meta), meta).then(
      () => callback(null, handle),
      (error: Error) => callback(error),
    )
  }

  verify(req: Request, handle: string, meta: StateMetadata, callback: StateLoadedCallback): void {
    this.take(req, handle, meta).then(
      (taken) =>
        'reason' in taken ? callback(null, false, taken) : callback(null, taken.codeVerifier, taken.state),
      (error: Error) => callback(error),
    )
  }

  /** Whether this browser has begun the sign-in of a state, which is pending and in time still. Reads only. */
  async holds(req: Request, handle: string): Promise<boolean> {
    const cookies = [true, false].flatMap((secure) => parseSignInCookies(req.headers?.cookie, secure))
    const cookie = findCookie(cookies, handle)
    const signIn = cookie && (await this.open(cookie))
    return (
      signIn !== undefined && isSame(signIn.handle, handle) && !isExpired(signIn) && !this.spent.has(handle)
    )
  }

  private async keep(req: Request, signIn: PendingSignIn, meta: StateMetadata): Promise<void> {
    const secure = isSecure(meta)
    const cookie = { name: cookieNameOf(signIn.handle, secure), value: await this.seal.seal(signIn) }
    const header = buildSetCookie(cookie, secure)
    if (header.length > maxCookieBytes) {
      throw new TypeError('CookieStateStore: the state is too large for a cookie; keep it below 2,500 bytes')
    }
    const surplus = surplusOf(parseSignInCookies(req.headers?.cookie, secure), cookie).slice(0, maxRemovals)
    const removals = surplus.map(({ name }) => buildSetCookie({ name, value: '' }, secure))
    setCookies(req, [...removals, header])
  }

  private async take(
    req: Request,
    handle: string,
    meta: StateMetadata,
  ): Promise<PendingSignIn | StateFailure> {
    const secure = isSecure(meta)
    const cookies = parseSignInCookies(req.headers?.cookie, secure)
    const cookie = findCookie(cookies, handle)
    if (this.spent.has(handle)) return buildStateFailure('used')
    if (!cookie) return buildStateFailure(cookies.length === 0 ? 'missing' : 'unknown', req)
    const signIn = await this.open(cookie)
    if (!signIn) return buildStateFailure('unreadable')
    if (!isSame(signIn.handle, handle)) return buildStateFailure('unknown')
    if (!isSame(signIn.binding, bindingOf(meta))) return buildStateFailure('mismatch')
    if (isExpired(signIn)) return buildStateFailure('expired')
    // Asked again, because another request may have come while this one was opening its cookie.
    if (this.spent.has(handle)) return buildStateFailure('used')
    // Not the handle of the request: it is part of the URL's text, and would keep all of that in memory.
    this.spent.add(signIn.handle)
    setCookies(req, [buildSetCookie({ name: cookie.name, value: '' }, secure)])
    return signIn
  }

  private async open({ value }: SignInCookie): Promise<PendingSignIn | undefined> {
    return value.length <= maxCookieBytes
      ? ((await this.seal.open(value)) as PendingSignIn | undefined)
      : undefined
  }
}

/** Behind a proxy only the redirect URI tells whether the browser speaks https. */
const isSecure = ({ callbackURL }: StateMetadata): boolean => callbackURL.startsWith('https:')

function parseSecrets(options: CookieStateStoreOptions): [string, ...string[]] {
  const { secret } = Object(options) as Partial<CookieStateStoreOptions>
  const secrets = [secret ?? []].flat()
  const isGood = (value: unknown): boolean => typeof value === 'string' && value.length >= minSecretCharacters
  if (secrets.length === 0 || !secrets.every(isGood)) {
    throw new TypeError(
      `CookieStateStore: secret must be a string of at least ${minSecretCharacters} characters, or a list of such; make one with: openssl rand -base64 48`,
    )
  }
  return secrets as [string, ...string[]]
}

function setCookies(req: Request, headers: string[]): void {
  // In Koa the context has it; what koa-passport calls `req.res` sets headers, but cannot add one.
  const { ctx, res } = req as { ctx?: { res?: ServerResponse }; res?: ServerResponse }
  const response = ctx?.res ?? res
  if (!response) {
    throw new TypeError(
      'CookieStateStore: the request has no response; put it there in middleware before passport, req.res = res, or use SessionStateStore',
    )
  }
  for (const header of headers) response.appendHeader('Set-Cookie', header)
}

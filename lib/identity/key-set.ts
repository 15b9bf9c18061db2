import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { buildInvalidResponseError, buildRefusalError, type FailureNames } from '../http/failure.js'
import { parseObject, parseUtf8 } from '../http/response.js'
import type { XaiOAuth2 } from '../token/client.js'

/** Milliseconds after which keys are fetched anew, so that a key that xAI withdrew does not live on. */
const lifetime = 60 * 60_000

/** Unknown key ids make no more than this many requests in {@link quotaPeriod} milliseconds. */
export const maxRequestsPerPeriod = 5
const quotaPeriod = 60_000

const names: FailureNames = {
  what: 'xAI key set (JWKS) request',
  failed: 'xai_id_token_invalid',
  invalid: 'xai_id_token_invalid',
  secrets: [],
}

interface SigningKey {
  kid: unknown
  key: KeyObject
}

interface Fetched {
  keys: SigningKey[]
  /** Milliseconds since the epoch. */
  at: number
}

/** xAI's signing keys (RFC 7517): fetched when needed, kept as key objects, and again when an unknown one appears. */
export class KeySet {
  private fetched: Fetched | undefined
  private fetching: Promise<Fetched> | undefined
  private requestTimes: number[] = []
  private readonly client: XaiOAuth2
  private readonly url: string

  constructor(client: XaiOAuth2, url: string) {
    this.client = client
    this.url = url
  }

  /**
   * The ES256 key that a token's header names; without a `kid`, the only one there is.
   *
   * @returns `undefined` when there is no such key
   * @throws {XaiOAuthError} `xai_id_token_invalid` when the keys cannot be had
   */
  async find(kid: unknown): Promise<KeyObject | undefined> {
    if (!this.fetched || !this.isFresh()) return pick(await this.fetch(), kid)
    return pick(this.fetched, kid) ?? (this.mayAsk() ? pick(await this.fetch(), kid) : undefined)
  }

  /** Has the keys at hand for a sign-in that is about to end. Never fails: that sign-in will tell. */
  async prepare(): Promise<void> {
    if (!this.isFresh()) await this.fetch().catch(() => undefined)
  }

  private isFresh(): boolean {
    return this.fetched !== undefined && Date.now() < this.fetched.at + lifetime
  }

  private mayAsk(): boolean {
    const start = Date.now() - quotaPeriod
    this.requestTimes = this.requestTimes.filter((time) => time > start)
    return this.requestTimes.length < maxRequestsPerPeriod
  }

  private fetch(): Promise<Fetched> {
    this.fetching ??= this.request().finally(() => {
      this.fetching = undefined
    })
    return this.fetching
  }

  private async request(): Promise<Fetched> {
    const at = Date.now()
    this.requestTimes.push(at)
    const headers = { Accept: 'application/json' }
    const response = await this.client.send(names, { method: 'GET', url: this.url, headers })
    if (response.status !== 200) throw buildRefusalError(names, response)
    const list = parseObject(parseUtf8(response))?.keys
    if (!Array.isArray(list)) throw buildInvalidResponseError(names, response, 'it is not a JSON Web Key Set')
    const keys = list.filter(isSigningKey).flatMap(importKey)
    if (keys.length === 0) throw buildInvalidResponseError(names, response, 'it holds no ES256 key')
    this.fetched = { keys, at }
    return this.fetched
  }
}

function pick({ keys }: Fetched, kid: unknown): KeyObject | undefined {
  if (kid === undefined) return keys.length === 1 ? keys[0]?.key : undefined
  return keys.find((candidate) => candidate.kid === kid)?.key
}

function isSigningKey(value: unknown): value is JsonWebKey {
  const { kty, crv, alg = 'ES256', use = 'sig', key_ops = 'verify', d } = Object(value) as JsonWebKey
  const isForVerifying = use === 'sig' && [key_ops].flat().includes('verify')
  return kty === 'EC' && crv === 'P-256' && alg === 'ES256' && isForVerifying && d === undefined
}

/** A key that cannot be imported must not keep the others from working. */
function importKey(jwk: JsonWebKey): SigningKey[] {
  try {
    return [{ kid: jwk.kid, key: createPublicKey({ key: jwk, format: 'jwk' }) }]
  } catch {
    return []
  }
}

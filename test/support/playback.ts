import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import nock from 'nock'

// Importing nock would take over every request of the process, those of other tests included.
nock.restore()

/** Where the recorded exchanges are, as nock definitions; see `npm run fixtures`. */
export const fixtureFolder = join(__dirname, '../../../test/fixtures')

/** Plays recorded exchanges back in the place of https://auth.x.ai, while no other host can be reached. */
export class Playback {
  /** The bodies of the requests that were made, to the byte. */
  readonly bodies: string[] = []
  private readonly scopes: nock.Scope[] = []

  /** To be called before a test; {@link end} after it. */
  begin(): void {
    nock.activate()
    nock.disableNetConnect()
  }

  /** Answers the requests of a fixture, once each; `<name>` in it becomes the value of that name. */
  load(name: string, values: Readonly<Record<string, string>>): void {
    const text = readFileSync(join(fixtureFolder, `${name}.json`), 'utf8')
    const filled = text.replaceAll(/<(\w+)>/g, (placeholder, key: string) => values[key] ?? placeholder)
    for (const scope of nock.define(JSON.parse(filled) as nock.Definition[])) {
      scope.on('request', (_request, _interceptor, body: string) => this.bodies.push(body))
      this.scopes.push(scope)
    }
  }

  /** How many of the loaded requests have not been made. */
  get pending(): number {
    return this.scopes.filter((scope) => !scope.isDone()).length
  }

  end(): void {
    this.bodies.length = 0
    this.scopes.length = 0
    nock.abortPendingRequests()
    nock.cleanAll()
    nock.enableNetConnect()
    nock.restore()
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signing key that takes the place of the recorded ones, which are gone. */
export class PlaybackKey {
  private readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  /** The values of a recorded key set with this key, and another one that signs nothing. */
  get values(): Record<string, string> {
    const jwk = this.pair.publicKey.export({ format: 'jwk' })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    return {
      kid_1: 'other',
      x_1: String(other.x),
      y_1: String(other.y),
      kid_2: 'playback',
      x_2: String(jwk.x),
      y_2: String(jwk.y),
    }
  }

  /** A signed id_token with an hour to live, for the access token that comes with it. */
  idToken(claims: object, accessToken: string): string {
    const iat = Math.floor(Date.now() / 1000)
    const at_hash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
    const payload = { iat, exp: iat + 3600, at_hash, ...claims }
    const signed = `${encode({ alg: 'ES256', kid: 'playback' })}.${encode(payload)}`
    const key = { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' as const }
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
}

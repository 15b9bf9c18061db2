import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { expect } from 'chai'
import { XaiOAuthError } from '../../lib/error.js'
import type { HttpRequest, HttpResponse } from '../../lib/http/request.js'
import { KeySet } from '../../lib/identity/key-set.js'
import { failureOf } from '../support/failure.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

const keyOf = (namedCurve: string): JsonWebKey =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })

const buildKey = (kid?: string): JsonWebKey => ({
  ...keyOf('P-256'),
  ...(kid !== undefined && { kid }),
})
const keyA = buildKey('a')
const keyB = buildKey('b')
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })

/** The same number in one byte more. */
const padded = (coordinate = ''): string =>
  Buffer.concat([Buffer.alloc(1), Buffer.from(coordinate, 'base64url')]).toString('base64url')

const respond = (status: number, body: string | Buffer): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body as string),
})
const jwks = (...keys: unknown[]): HttpResponse => respond(200, JSON.stringify({ keys }))
const down = respond(500, 'down')

/** A key set with a clock that the test sets, and a server that responds as the test says. */
class Scene {
  now = Date.parse('2026-11-24T12:00:00Z')
  requests = 0
  request: Partial<HttpRequest> = {}
  readonly waits: number[] = []
  response: HttpResponse | Promise<HttpResponse>
  readonly keys: KeySet

  constructor(response: Scene['response']) {
    this.response = response
    const send = async (_names: unknown, request: Partial<HttpRequest>): Promise<HttpResponse> => {
      this.requests += 1
      this.request = request
      return this.response
    }
    this.keys = new KeySet(
      { send, hasIdleConnection: () => true },
      'https://auth.x.ai/.well-known/jwks.json',
      {
        now: () => this.now,
        wait: async (milliseconds) => {
          this.waits.push(milliseconds)
          this.now += milliseconds
        },
      },
    )
  }

  async refusal(kid: unknown): Promise<XaiOAuthError> {
    const error = await failureOf(this.keys.find(kid))
    if (!(error instanceof XaiOAuthError)) throw error
    return error
  }
}

describe('the key set', () => {
  it('finds the key that a kid names, and without a kid the only one', async () => {
    const { keys } = new Scene(jwks(keyA, keyB))
    expect((await keys.find('b'))?.export({ format: 'jwk' })).to.include({ x: keyB.x, y: keyB.y })
    expect(await keys.find(undefined)).to.equal(undefined)
    expect(await new Scene(jwks(keyA)).keys.find(undefined)).to.not.equal(undefined)
    expect(await keys.find(['b'])).to.equal(undefined)
  })

  it('is requested as JSON, without anything that is secret', async () => {
    const scene = new Scene(jwks(keyA))
    await scene.keys.prepare()
    expect(scene.request).to.deep.equal({
      method: 'GET',
      url: 'https://auth.x.ai/.well-known/jwks.json',
      headers: { Accept: 'application/json' },
    })
  })

  for (const [what, response, why] of [
    ['no list', respond(200, '{"keys":{}}'), 'it is not a JSON Web Key Set'],
    ['no JSON', respond(200, '<html>'), 'it is not a JSON Web Key Set'],
    ['no key', jwks(), 'it holds no ES256 key'],
  ] as const)
    it(`is refused when it holds ${what}`, async () => {
      const { message } = await new Scene(response).refusal('a')
      expect(message).to.equal(`xAI key set (JWKS) request got an unusable response (HTTP 200): ${why}`)
    })

  it('is requested once by many who come at once', async () => {
    const scene = new Scene(jwks(keyA))
    await Promise.all(Array.from({ length: 200 }, () => scene.keys.find('a')))
    expect(scene.requests).to.equal(1)
  })

  it('is fresh for an hour', async () => {
    const scene = new Scene(jwks(keyA))
    await scene.keys.prepare()
    scene.now += hour - 1
    await scene.keys.prepare()
    await scene.keys.find('a')
    expect(scene.requests).to.equal(1)
    scene.now += 1
    scene.response = jwks(keyB)
    expect(await scene.keys.find('a')).to.equal(undefined)
    expect(scene.requests).to.equal(2)
  })

  it('is not fresh when the clock was set back', async () => {
    const scene = new Scene(jwks(keyA))
    await scene.keys.prepare()
    scene.now -= 1
    await scene.keys.prepare()
    expect(scene.requests).to.equal(2)
  })

  describe('with unknown kids', () => {
    it('is requested at most 5 times a minute', async () => {
      const scene = new Scene(jwks(keyA))
      for (let count = 0; count < 100; count += 1) {
        expect(await scene.keys.find(`unknown ${count}`)).to.equal(undefined)
      }
      expect(scene.requests).to.equal(5)
      expect(await scene.keys.find('a')).to.not.equal(undefined)
      scene.now += minute
      scene.response = jwks(keyB)
      expect(await scene.keys.find('b')).to.not.equal(undefined)
      expect(scene.requests).to.equal(6)
    })

    it('does not count requests that fail', async () => {
      const scene = new Scene(jwks(keyA))
      await scene.keys.prepare()
      scene.response = down
      for (let count = 0; count < 20; count += 1) {
        scene.now += 2 * second
        await scene.refusal('b')
      }
      scene.now += minute / 2
      scene.response = jwks(keyA, keyB)
      expect(await scene.keys.find('b')).to.not.equal(undefined)
    })
  })

  describe('that fails', () => {
    it('is requested after pauses that grow from half a second to a minute, whatever begins meanwhile', async () => {
      const scene = new Scene(down)
      const start = scene.now
      const times: number[] = []
      while (scene.now < start + 5 * minute) {
        const { requests } = scene
        await scene.keys.prepare()
        if (scene.requests > requests) times.push(scene.now - start)
        scene.now += 100
      }
      const pauses = times.map((time, index) => time - (times[index - 1] ?? 0))
      expect(pauses.map((pause) => Math.floor(pause / second))).to.deep.equal([
        0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60,
      ])
    })

    it('is requested twice by 200 who begin within a second', async () => {
      const scene = new Scene(down)
      await scene.keys.prepare()
      const { now } = scene
      await Promise.all(Array.from({ length: 199 }, () => scene.keys.prepare()))
      expect({ requests: scene.requests, waited: scene.now - now }).to.deep.equal({
        requests: 2,
        waited: 500,
      })
    })

    it('is waited for by a callback when the pause is nearly over, because its code is spent', async () => {
      const scene = new Scene(down)
      await scene.keys.prepare()
      scene.response = jwks(keyA)
      expect(await scene.keys.find('a')).to.not.equal(undefined)
      expect(scene.waits).to.deep.equal([500])
    })

    it('is waited for by a callback for a second at most', async () => {
      const scene = new Scene(down)
      await scene.keys.prepare()
      scene.now += 500
      await scene.keys.prepare()
      scene.response = jwks(keyA)
      expect(await scene.keys.find('a')).to.not.equal(undefined)
      expect(scene.waits).to.deep.equal([1000])
    })

    it('refuses a callback at once in a longer pause, and says when it is requested again', async () => {
      const scene = new Scene(down)
      for (let count = 0; count < 4; count += 1) {
        scene.now += hour
        await scene.keys.prepare()
      }
      const [first, second] = [await scene.refusal('a'), await scene.refusal('a')]
      expect(scene.requests).to.equal(4)
      expect(scene.waits).to.be.empty
      expect(first).to.include({ code: 'xai_id_token_invalid', status: 500 })
      expect(first.message).to.equal(
        'xAI key set (JWKS) request failed (HTTP 500). Response: down (It is requested again in 4 seconds.)',
      )
      expect(first).to.have.nested.property('cause.response.body', 'down')
      expect(second).to.not.equal(first)
    })

    it('begins with a short pause again after a success', async () => {
      const scene = new Scene(down)
      for (let count = 0; count < 8; count += 1) {
        scene.now += hour
        await scene.keys.prepare()
      }
      scene.now += hour
      scene.response = jwks(keyA)
      await scene.keys.prepare()
      scene.now += hour
      scene.response = down
      await scene.keys.prepare()
      const { requests } = scene
      scene.now += 500
      await scene.keys.prepare()
      expect(scene.requests).to.equal(requests + 1)
      expect(scene.waits).to.be.empty
    })

    it('does not pause for longer when the clock was set back', async () => {
      const scene = new Scene(down)
      await scene.keys.prepare()
      scene.now -= hour
      await scene.keys.prepare()
      expect(scene.requests).to.equal(2)
    })

    const failures: ReadonlyArray<readonly [what: string, response: () => Scene['response']]> = [
      ['does not respond', () => Promise.reject(new XaiOAuthError('xai_id_token_invalid', 'no response'))],
      ['redirects', () => respond(302, '')],
      ['responds with HTML', () => respond(200, '<html></html>')],
      ['responds with a list', () => respond(200, '[]')],
      ['responds with bytes that are not UTF-8', () => respond(200, Buffer.from([0x7b, 0xff, 0x7d]))],
      ['responds without a list of keys', () => respond(200, '{"keys":{"0":1}}')],
      ['responds without keys', () => jwks()],
      ['responds with keys that nobody can use', () => jwks(null, 1, 'key', [], { kty: 'EC' })],
    ]
    for (const [what, response] of failures) {
      it(`keeps good keys for 24 hours when it ${what}`, async () => {
        const scene = new Scene(jwks(keyA))
        await scene.keys.prepare()
        scene.response = response()
        Promise.resolve(scene.response).catch(() => undefined)
        for (let hours = 1; hours < 24; hours += 1) {
          scene.now += hour
          expect(await scene.keys.find('a'), `after ${hours} hours`).to.not.equal(undefined)
          await new Promise(setImmediate)
        }
        expect(scene.requests).to.equal(24)
        scene.now += hour
        expect(await scene.refusal('a')).to.include({ code: 'xai_id_token_invalid' })
      })
    }

    it('delays nobody who has good keys, even if the server hangs', async () => {
      const scene = new Scene(jwks(keyA))
      await scene.keys.prepare()
      scene.now += hour
      scene.response = down
      await scene.keys.find('a')
      scene.now += minute
      scene.response = new Promise(() => undefined)
      expect(await scene.keys.find('a')).to.not.equal(undefined)
      expect(scene.requests).to.equal(3)
    })
  })

  describe('with keys that are made for trouble', () => {
    const unusable: ReadonlyArray<readonly [what: string, key: object]> = [
      ['of another curve', { ...keyB, crv: 'P-384' }],
      ['of another curve, as its coordinates are', { ...keyOf('secp256k1'), kid: 'b' }],
      ['of a larger curve', { ...keyOf('P-384'), kid: 'b' }],
      ['of another type', { ...rsaKey, crv: 'P-256', x: keyB.x, y: keyB.y, kid: 'b' }],
      ['without coordinates', { kty: 'EC', crv: 'P-256', kid: 'b' }],
      ['with a coordinate that begins with a zero', { ...keyB, x: padded(keyB.x) }],
      ['with another coordinate that begins with a zero', { ...keyB, y: padded(keyB.y) }],
      ['for another algorithm', { ...keyB, alg: 'ES384' }],
      ['for encryption', { ...keyB, use: 'enc' }],
      ['for signing only', { ...keyB, key_ops: ['sign'] }],
      ['that is private', { ...keyB, d: keyB.x }],
      ['that is not on the curve', { ...keyB, y: keyB.x }],
      ['with a short coordinate', { ...keyB, x: 'AA' }],
      ['with a coordinate of 100 KB', { ...keyB, x: 'A'.repeat(100_000) }],
      ['with a coordinate that is a list', { ...keyB, x: [keyB.x] }],
      ['with a kid that is a number', { ...keyB, kid: 1 }],
    ]
    for (const [what, key] of unusable) {
      it(`ignores a key ${what} and finds the others`, async () => {
        const { keys } = new Scene(jwks(key, keyA))
        expect(await keys.find((key as JsonWebKey).kid)).to.equal(undefined)
        expect(await keys.find('a')).to.not.equal(undefined)
        expect(await keys.find(undefined)).to.not.equal(undefined)
      })
    }

    it('finds a key with every usual member', async () => {
      const { keys } = new Scene(jwks({ ...keyA, alg: 'ES256', use: 'sig', key_ops: ['verify'] }))
      expect(await keys.find('a')).to.not.equal(undefined)
    })

    it('imports the first 20 of a hostile 1 MiB set, in little time', async () => {
      const hostile = Array.from({ length: 5000 }, (_, index) => ({ ...keyA, kid: `${index}` }))
      const { keys } = new Scene(jwks(...hostile))
      const began = process.cpuUsage()
      expect(await keys.find('19')).to.not.equal(undefined)
      const { user } = process.cpuUsage(began)
      expect(user / 1000, 'milliseconds of CPU').to.be.lessThan(150)
      expect(await keys.find('20')).to.equal(undefined)
    })
  })
})

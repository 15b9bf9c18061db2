import { createHash, createHmac } from 'node:crypto'
import { expect } from 'chai'
import type { JSONWebKeySet, JWTPayload } from 'jose' with { 'resolution-mode': 'import' }
import { type Forgery, forgeries, startEmulator } from '../../lib/emulator/index.js'
import { claimsOf, headerOf, RelyingParty, useEmulator } from './relying-party.js'

interface Forged {
  readonly idToken: string
  readonly accessToken: string
  readonly keys: JSONWebKeySet
  readonly nonce: string
}

const now = (): number => Math.floor(Date.now() / 1000)

/** The claims of a token whose signature the JWKS verifies, so that nothing but a claim is wrong. */
async function verified(token: string, keys: JSONWebKeySet): Promise<JWTPayload> {
  const { compactVerify, createLocalJWKSet } = await import('jose')
  const { payload } = await compactVerify(token, createLocalJWKSet(keys))
  return JSON.parse(Buffer.from(payload).toString()) as JWTPayload
}

async function isUnverifiable(token: string, keys: JSONWebKeySet): Promise<void> {
  const error = await verified(token, keys).catch((caught: unknown) => caught)
  expect(error).to.be.instanceOf(Error)
}

describe('forgeNext', () => {
  const given = useEmulator()

  const claims = (test: (claims: JWTPayload, forged: Forged) => void) => async (forged: Forged) =>
    test(await verified(forged.idToken, forged.keys), forged)
  const accessClaims = (test: (claims: JWTPayload, forged: Forged) => void) => async (forged: Forged) =>
    test(await verified(forged.accessToken, forged.keys), forged)

  const tokenTests: Readonly<
    Record<Exclude<Forgery, 'userinfo of another sub'>, (forged: Forged) => Promise<void> | void>
  > = {
    'alg none': ({ idToken }) => {
      expect(headerOf(idToken)).to.include({ alg: 'none' })
      expect(idToken).to.match(/^[\w-]+\.[\w-]+\.$/)
    },
    'HS256 with the public key as secret': async ({ idToken, keys }) => {
      const { exportSPKI, importJWK } = await import('jose')
      expect(headerOf(idToken)).to.include({ alg: 'HS256' })
      const key = keys.keys.find(({ kid }) => kid === headerOf(idToken).kid)
      const secret = await exportSPKI((await importJWK(key!)) as Parameters<typeof exportSPKI>[0])
      const [header, payload, signature] = idToken.split('.')
      expect(createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')).to.equal(
        signature,
      )
    },
    RS256: async ({ idToken, keys }) => {
      expect(headerOf(idToken)).to.include({ alg: 'RS256' })
      await isUnverifiable(idToken, keys)
    },
    'unknown kid': async ({ idToken, keys }) => {
      expect(keys.keys.map(({ kid }) => kid)).not.to.include(headerOf(idToken).kid)
      await isUnverifiable(idToken, keys)
    },
    'kid absent': async ({ idToken, keys }) => {
      const { compactVerify, importJWK } = await import('jose')
      expect(headerOf(idToken)).to.deep.equal({ alg: 'ES256' })
      await compactVerify(idToken, await importJWK(keys.keys[0]!))
    },
    'wrong signature': async ({ idToken, keys }) => {
      expect(keys.keys.map(({ kid }) => kid)).to.include(headerOf(idToken).kid)
      await isUnverifiable(idToken, keys)
    },
    truncated: async ({ idToken, keys }) => {
      expect(idToken.split('.')[2]).to.have.lengthOf(66)
      await isUnverifiable(idToken, keys)
    },
    'wrong iss': claims(({ iss }) => expect(iss).to.equal('https://attacker.example')),
    'near-miss iss': claims(({ iss }) => expect(iss).to.equal(`${given.emulator.issuer}/`)),
    'wrong aud': claims(({ aud }) => expect(aud).to.equal('another-client')),
    'extra aud': claims(({ aud }) => expect(aud).to.deep.equal(['emulator-public', 'another-client'])),
    'wrong azp': claims(({ aud, azp }) =>
      expect({ aud, azp }).to.deep.equal({ aud: 'emulator-public', azp: 'another-client' }),
    ),
    'missing nonce': claims((payload) => expect(payload).not.to.have.property('nonce')),
    'wrong nonce': claims(({ nonce }, forged) => expect(nonce).to.be.a('string').and.not.equal(forged.nonce)),
    'nonce of another sign-in': claims(({ nonce }, forged) =>
      expect(nonce).to.be.a('string').and.not.equal(forged.nonce),
    ),
    expired: claims(({ exp }) => expect(exp).to.be.below(now())),
    'missing exp': claims((payload) => expect(payload).not.to.have.property('exp')),
    'iat in the far future': claims(({ iat, exp }) => {
      expect(iat).to.be.above(now() + 3600)
      expect(exp).to.be.above(Number(iat))
    }),
    'missing sub': claims((payload) => expect(payload).not.to.have.property('sub')),
    'empty sub': claims(({ sub }) => expect(sub).to.equal('')),
    'non-string sub': claims(({ sub }) => expect(sub).to.equal(42)),
    'wrong at_hash': claims(({ at_hash: hash }, { accessToken }) => {
      const right = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
      expect(hash).to.be.a('string').with.lengthOf(22).and.not.equal(right)
    }),
    encrypted: ({ idToken }) => {
      expect(idToken.split('.')).to.have.lengthOf(5)
      expect(headerOf(idToken)).to.include({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
    },
    '1 MiB long': async ({ idToken, keys }) => {
      expect(idToken.length).to.be.above(1024 * 1024)
      await verified(idToken, keys)
    },
    'missing id_token': ({ idToken }) => {
      expect(idToken).to.equal('undefined')
    },
    'access token: wrong typ': async ({ accessToken, keys }) => {
      expect(headerOf(accessToken)).not.to.have.property('typ')
      await verified(accessToken, keys)
    },
    'access token: wrong aud': accessClaims(({ aud }) => expect(aud).to.equal('another-client')),
    'access token: wrong iss': accessClaims(({ iss }) => expect(iss).to.equal('https://attacker.example')),
    'access token: expired': accessClaims(({ exp }) => expect(exp).to.be.below(now())),
    'access token: wrong signature': async ({ accessToken, keys }) => {
      expect(keys.keys.map(({ kid }) => kid)).to.include(headerOf(accessToken).kid)
      await isUnverifiable(accessToken, keys)
    },
  }

  it('knows the forgeries that are listed, and no other', () => {
    expect([...forgeries]).to.have.members([...Object.keys(tokenTests), 'userinfo of another sub'])
    expect(() => given.emulator.forgeNext('toString' as Forgery)).to.throw(
      TypeError,
      `forgeNext: there is no forgery toString; the forgeries are ${forgeries.join(', ')}`,
    )
  })

  for (const [name, test] of Object.entries(tokenTests))
    it(`forges once: ${name}`, async () => {
      const { keys } = JSON.parse(
        (await given.application.browser.get(`${given.emulator.issuer}/.well-known/jwks.json`)).body,
      )
      const callback = await given.application.signIn()
      given.emulator.forgeNext(name as Forgery)
      const { status, json } = await given.application.exchange(callback)
      expect(status).to.equal(200)
      const { id_token: idToken, access_token: accessToken } = json
      await test({
        idToken: `${idToken}`,
        accessToken: `${accessToken}`,
        keys: { keys },
        nonce: given.application.nonce,
      })
      const next = await given.application.tokens()
      await verified(`${next.json.id_token}`, { keys })
      await verified(`${next.json.access_token}`, { keys })
    })

  it('forges userinfo of another sub, once, and not a response that is refused', async () => {
    const { json } = await given.application.tokens()
    const { sub } = claimsOf(`${json.id_token}`)
    given.emulator.forgeNext('userinfo of another sub')
    expect((await given.application.userinfo('unknown')).status).to.equal(401)
    const forged = await given.application.userinfo(`${json.access_token}`)
    expect(forged.json).to.include({ sub: 'another-subject', name: 'Personal Account' })
    expect((await given.application.userinfo(`${json.access_token}`)).json).to.include({ sub })
  })

  it('takes the nonce of another sign-in from one that was', async () => {
    const alone = await startEmulator()
    const [first, second] = [new RelyingParty(alone), new RelyingParty(alone)]
    await first.tokens('personal', { nonce: undefined })
    alone.forgeNext('nonce of another sign-in')
    const invented = await first.tokens()
    alone.forgeNext('nonce of another sign-in')
    const taken = await second.tokens()
    await alone.close()
    expect(claimsOf(`${invented.json.id_token}`).nonce)
      .to.be.a('string')
      .and.not.equal(first.nonce)
    expect(claimsOf(`${taken.json.id_token}`).nonce).to.equal(first.nonce)
  })

  it('waits for a response that has an id_token', async () => {
    given.emulator.forgeNext('wrong iss')
    const team = await new RelyingParty(given.emulator).tokens('team')
    expect(team.json).not.to.have.property('id_token')
    const { json } = await new RelyingParty(given.emulator).tokens()
    expect(claimsOf(`${json.id_token}`)).to.include({ iss: 'https://attacker.example' })
  })

  it('forges the access token of a Team', async () => {
    given.emulator.forgeNext('access token: wrong aud')
    const { json } = await new RelyingParty(given.emulator).tokens('team')
    expect(claimsOf(`${json.access_token}`)).to.include({ aud: 'another-client', principal_type: 'Team' })
  })
})

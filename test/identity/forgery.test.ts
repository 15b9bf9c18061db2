import { expect } from 'chai'
import { type Emulator, type Forgery, forgeries, startEmulator } from '../../lib/emulator/index.js'
import { XaiOAuthError, type XaiProfile, XaiStrategy, type XaiStrategyOptions } from '../../lib/index.js'
import { signInDirectly } from '../support/direct-sign-in.js'

const callbackURL = 'http://127.0.0.1/callback'

describe('a sign-in with a forged token', () => {
  let emulator: Emulator
  let oneKeyEmulator: Emulator
  let teamEmulator: Emulator
  before(async () => {
    const [account] = ['personal']
    emulator = await startEmulator({ signInAs: account as string })
    oneKeyEmulator = await startEmulator({ signInAs: account as string, signingKeys: 1 })
    teamEmulator = await startEmulator({ signInAs: 'team' })
  })
  after(() => Promise.all([emulator.close(), oneKeyEmulator.close(), teamEmulator.close()]))

  /** Signs in once, and says how often the application was asked who that is. */
  async function attempt(at: Emulator, options: Partial<XaiStrategyOptions> = {}) {
    const verified: XaiProfile[] = []
    const strategy = new XaiStrategy(
      { clientID: at.publicClient.clientID, callbackURL, issuer: at.issuer, ...options },
      async ({ profile }) => {
        verified.push(profile)
        return profile
      },
    )
    return { action: await signInDirectly(strategy), verified }
  }

  const refusals: ReadonlyArray<readonly [forgery: Forgery, message: RegExp]> = [
    ['alg none', /unexpected alg: expected 'ES256', received 'none'/],
    ['HS256 with the public key as secret', /unexpected alg: expected 'ES256', received 'HS256'/],
    ['RS256', /unexpected alg: expected 'ES256', received 'RS256'/],
    ['unknown kid', /unexpected kid: expected one of xAI's keys, received '/],
    ['kid absent', /no kid/],
    ['wrong signature', /signature/],
    ['truncated', /signature/],
    ['wrong iss', /unexpected iss: expected 'http:.+', received 'https:\/\/attacker\.example'$/],
    ['near-miss iss', /unexpected iss: expected '(http:.+)', received '\1\/'$/],
    ['wrong aud', /unexpected aud: expected '.+', received 'another-client'$/],
    ['extra aud', /unexpected aud: expected '.+', received \[ '.+', 'another-client' \]$/],
    ['wrong azp', /unexpected azp: expected '.+', received 'another-client'$/],
    ['missing nonce', /unexpected nonce: expected the nonce of this sign-in, received nothing$/],
    ['wrong nonce', /unexpected nonce: expected the nonce of this sign-in, received '/],
    ['nonce of another sign-in', /unexpected nonce: expected the nonce of this sign-in, received '/],
    ['expired', /unexpected exp: expected a time after \d+, received \d+$/],
    ['missing exp', /unexpected exp: expected a time after \d+, received nothing$/],
    ['iat in the far future', /unexpected iat: expected a time up to \d+, received \d+$/],
    ['missing sub', /unexpected sub: expected a string that is not empty, received nothing$/],
    ['empty sub', /unexpected sub: expected a string that is not empty, received ''$/],
    ['non-string sub', /unexpected sub: expected a string that is not empty, received 42$/],
    ['wrong at_hash', /unexpected at_hash: expected the hash of the access token, received '/],
    ['encrypted', /unexpected alg: expected 'ES256', received 'ECDH-ES'/],
  ]

  for (const [forgery, message] of refusals) {
    it(`is refused for: ${forgery}`, async () => {
      await attempt(emulator)
      emulator.forgeNext(forgery)
      const { action, verified } = await attempt(emulator)
      expect(action.value).to.be.an.instanceOf(XaiOAuthError)
      expect(action.value).to.include({ code: 'xai_id_token_invalid', status: 502 })
      expect((action.value as Error).message).to.match(message)
      expect((action.value as Error).message).not.to.match(/eyJ/)
      expect(verified).to.be.empty
    })
  }

  it('is refused for a token of 1 MiB, whose answer is larger than any honest one', async () => {
    emulator.forgeNext('1 MiB long')
    const { action, verified } = await attempt(emulator)
    expect(action.value).to.include({ code: 'xai_token_exchange_invalid' })
    expect(verified).to.be.empty
  })

  it('is refused for: missing id_token', async () => {
    emulator.forgeNext('missing id_token')
    const { action, verified } = await attempt(emulator)
    expect(action.value).to.include({ code: 'xai_identity_missing' })
    expect(verified).to.be.empty
  })

  it('is refused for: userinfo of another sub', async () => {
    emulator.forgeNext('userinfo of another sub')
    const { action, verified } = await attempt(emulator, { userInfo: 'always' })
    expect(action.value).to.include({ code: 'xai_userinfo_invalid' })
    expect(verified).to.be.empty
  })

  it('succeeds without a kid when there is one key only', async () => {
    oneKeyEmulator.forgeNext('kid absent')
    const { action, verified } = await attempt(oneKeyEmulator)
    expect(action.kind).to.equal('success')
    expect(verified).to.have.length(1)
  })

  const teamRefusals: ReadonlyArray<readonly [forgery: Forgery, message: RegExp]> = [
    ['access token: wrong typ', /unexpected typ: expected 'at\+jwt', received nothing$/],
    ['access token: wrong aud', /unexpected aud: expected '.+', received 'another-client'$/],
    [
      'access token: wrong iss',
      /unexpected iss: expected 'http:.+', received 'https:\/\/attacker\.example'$/,
    ],
    ['access token: expired', /unexpected exp: expected a time after \d+, received \d+$/],
    ['access token: wrong signature', /signature/],
  ]

  for (const [forgery, message] of teamRefusals) {
    it(`of a Team is refused for: ${forgery}`, async () => {
      teamEmulator.forgeNext(forgery)
      const { action, verified } = await attempt(teamEmulator, { allowTeamPrincipal: true })
      expect(action.value).to.include({ code: 'xai_id_token_invalid' })
      expect((action.value as Error).message).to.match(message)
      expect(verified).to.be.empty
    })
  }

  it('is tried with every forgery that the emulator knows', () => {
    const tried = [...refusals, ...teamRefusals].map(([forgery]) => forgery)
    const apart: Forgery[] = ['1 MiB long', 'missing id_token', 'userinfo of another sub']
    expect([...tried, ...apart]).to.have.members([...forgeries])
  })
})

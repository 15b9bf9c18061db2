import { expect } from 'chai'
import { type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { claimsOf, RelyingParty } from './relying-party.js'

/** Runs a test against an emulator of its own. */
async function withEmulator(
  options: EmulatorOptions,
  test: (emulator: Awaited<ReturnType<typeof startEmulator>>) => Promise<void>,
): Promise<void> {
  const emulator = await startEmulator(options)
  try {
    await test(emulator)
  } finally {
    await emulator.close()
  }
}

const caught = async (options: unknown): Promise<unknown> => {
  try {
    const emulator = await startEmulator(options as EmulatorOptions)
    await emulator.close()
    return undefined
  } catch (error) {
    return error
  }
}

describe('the options of startEmulator', () => {
  const wrong: ReadonlyArray<readonly [what: string, options: unknown, message: RegExp]> = [
    ['no object', null, /takes an object of options/],
    ['an unknown option', { prot: 1 }, /knows no option "prot"/],
    ['an inherited name', { toString: 1 }, /knows no option "toString"/],
    ['a port that is no number', { port: '80' }, /"port" .* must be a port number/],
    ['a port that is too large', { port: 65_536 }, /"port"/],
    ['no accounts', { accounts: [] }, /"accounts" .* must be a list of accounts/],
    ['accounts that are no list', { accounts: 'personal' }, /"accounts"/],
    ['an account without an id', { accounts: [{ name: 'One' }] }, /"accounts"/],
    ['an account that is no object', { accounts: ['one'] }, /"accounts"/],
    ['two accounts of one id', { accounts: [{ id: 'one' }, { id: 'one' }] }, /"accounts"/],
    ['a name that is no string', { accounts: [{ id: 'one', name: 1 }] }, /"accounts"/],
    ['an e-mail verified by a string', { accounts: [{ id: 'one', emailVerified: 'yes' }] }, /"accounts"/],
    ['an unknown tier', { accounts: [{ id: 'one', tier: 'gold' }] }, /"accounts"/],
    [
      'an unknown principal',
      { accounts: [{ id: 'one', principal: { type: 'User', id: 'u' } }] },
      /"accounts"/,
    ],
    ['a principal without an id', { accounts: [{ id: 'one', principal: { type: 'Team' } }] }, /"accounts"/],
    ['a principal that is a string', { accounts: [{ id: 'one', principal: 'Team' }] }, /"accounts"/],
    ['no clients', { clients: [] }, /"clients" .* must be a list of clients/],
    ['a client without an id', { clients: [{}] }, /"clients"/],
    ['a client that is no object', { clients: [1] }, /"clients"/],
    ['a client id that no header can hold', { clients: [{ clientID: 'ä' }] }, /"clients"/],
    ['an empty secret', { clients: [{ clientID: 'one', clientSecret: '' }] }, /"clients"/],
    ['a client name that is no string', { clients: [{ clientID: 'one', name: 1 }] }, /"clients"/],
    [
      'a redirect URI that is no URL',
      { clients: [{ clientID: 'one', redirectURIs: ['/callback'] }] },
      /"clients"/,
    ],
    [
      'a redirect URI instead of a list',
      { clients: [{ clientID: 'one', redirectURIs: 'http://h/' }] },
      /"clients"/,
    ],
    ['an empty signInAs', { signInAs: '' }, /"signInAs" .* must be the id/],
    ['the id of no account', { signInAs: 'nobody' }, /"signInAs" .* names no account: "nobody"/],
    [
      'an unknown delivery',
      { loopbackDelivery: 'post' },
      /"loopbackDelivery" .* must be 'redirect' or 'fetch'/,
    ],
    ['issOnCallback as a string', { issOnCallback: 'yes' }, /"issOnCallback"/],
    ['requireCodeChallengeEcho as a number', { requireCodeChallengeEcho: 1 }, /"requireCodeChallengeEcho"/],
    ['refuseJSON as a number', { refuseJSON: 0 }, /"refuseJSON"/],
    [
      'an unknown claim',
      { idTokenClaims: ['phone_number'] },
      /"idTokenClaims" .* must be a list out of email,/,
    ],
    ['a token lifetime of nothing', { tokenLifetime: 0 }, /"tokenLifetime" .* whole number of seconds/],
    ['half a signing key', { signingKeys: 0.5 }, /"signingKeys" .* whole number/],
  ]
  for (const [what, options, message] of wrong)
    it(`refuse ${what}`, async () => {
      expect(await caught(options))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.matches(message)
    })

  it('take undefined as absent', () =>
    withEmulator({ clients: undefined } as unknown as EmulatorOptions, async (emulator) => {
      expect(emulator.publicClient.clientID).to.equal('emulator-public')
    }))

  it('replace the accounts; what an account lacks, its claims lack', () =>
    withEmulator({ accounts: [{ id: 'plain' }] }, async (emulator) => {
      const application = new RelyingParty(emulator)
      const { json } = await application.tokens('plain')
      expect(claimsOf(`${json.id_token}`)).to.have.all.keys(
        'iss',
        'aud',
        'sub',
        'exp',
        'iat',
        'nonce',
        'at_hash',
      )
      expect((await application.userinfo(`${json.access_token}`)).json).to.deep.equal({ sub: 'plain' })
    }))

  it('keep the picture of an account as it is given', () =>
    withEmulator({ accounts: [{ id: 'one', picture: 'https://example.com/one.png' }] }, async (emulator) => {
      const { json } = await new RelyingParty(emulator).tokens('one')
      expect(claimsOf(`${json.id_token}`)).to.include({ picture: 'https://example.com/one.png' })
    }))

  it('replace the clients', () =>
    withEmulator({ clients: [{ clientID: 'only one', clientSecret: 's:e&c=r%t' }] }, async (emulator) => {
      expect(emulator.confidentialClient).to.deep.equal({ clientID: 'only one', clientSecret: 's:e&c=r%t' })
      expect(() => emulator.publicClient).to.throw(Error, 'The option "clients" holds no public client')
      const application = new RelyingParty(emulator, 'only one')
      const credentials = Buffer.from('only+one:s%3Ae%26c%3Dr%25t').toString('base64')
      const { status } = await application.exchange(
        await application.signIn(),
        { client_id: undefined },
        { authorization: `Basic ${credentials}` },
      )
      expect(status).to.equal(200)
    }))

  it('say when there is no confidential client', () =>
    withEmulator({ clients: [{ clientID: 'only-one' }] }, async (emulator) => {
      expect(() => emulator.confidentialClient).to.throw(
        Error,
        'The option "clients" holds no confidential client',
      )
    }))

  it('compare registered redirect URIs to the letter', () =>
    withEmulator(
      { clients: [{ clientID: 'one', redirectURIs: ['https://app.example/callback'] }] },
      async (emulator) => {
        const application = new RelyingParty(emulator, 'one')
        const callback = await application.signIn('personal', {
          redirect_uri: 'https://app.example/callback',
        })
        expect(callback.get('code')).to.be.a('string')
        for (const redirectURI of ['https://app.example/callback/', 'http://127.0.0.1/callback']) {
          const refused = await application.browser.get(
            application.authorizationURL({ redirect_uri: redirectURI }),
          )
          expect(refused.status).to.equal(400)
          expect(refused.headers).not.to.have.property('location')
          expect(refused.body).to.contain('invalid_redirect_uri')
        }
      },
    ))

  it('sign in at once with signInAs', () =>
    withEmulator({ signInAs: 'personal' }, async (emulator) => {
      const application = new RelyingParty(emulator)
      const { status, headers } = await application.browser.get(application.authorizationURL())
      expect(status).to.equal(303)
      expect(headers).not.to.have.property('set-cookie')
      const { json } = await application.exchange(new URL(`${headers.location}`).searchParams)
      expect(claimsOf(`${json.id_token}`)).to.include({ email: 'personal@example.com' })
      expect(emulator.requests.map(({ path }) => path)).to.deep.equal(['/oauth2/authorize', '/oauth2/token'])
    }))

  it('put iss on the callback with issOnCallback', () =>
    withEmulator({ issOnCallback: true }, async (emulator) => {
      expect((await new RelyingParty(emulator).signIn()).get('iss')).to.equal(emulator.issuer)
    }))

  it('leave profile and e-mail out of the id_token, and in userinfo, with idTokenClaims', () =>
    withEmulator({ idTokenClaims: [] }, async (emulator) => {
      const application = new RelyingParty(emulator)
      const { json } = await application.tokens()
      expect(claimsOf(`${json.id_token}`)).to.have.all.keys(
        'iss',
        'aud',
        'sub',
        'exp',
        'iat',
        'nonce',
        'at_hash',
      )
      expect((await application.userinfo(`${json.access_token}`)).json).to.include({
        name: 'Personal Account',
      })
    }))

  it('set the life of access tokens with tokenLifetime', () =>
    withEmulator({ tokenLifetime: 900 }, async (emulator) => {
      const { json } = await new RelyingParty(emulator).tokens()
      expect(json).to.include({ expires_in: 900 })
      const { iat, exp } = claimsOf(`${json.access_token}`)
      expect(Number(exp) - Number(iat)).to.equal(900)
    }))

  it('set the number of keys with signingKeys', () =>
    withEmulator({ signingKeys: 1 }, async (emulator) => {
      const { body } = await new CookieClient().get(`${emulator.issuer}/.well-known/jwks.json`)
      expect(JSON.parse(body).keys).to.have.lengthOf(1)
    }))
})

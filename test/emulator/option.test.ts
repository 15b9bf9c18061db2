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

const protocolClaims = ['iss', 'aud', 'sub', 'exp', 'iat', 'nonce', 'at_hash']

describe('the options of startEmulator', () => {
  const wrong: ReadonlyArray<readonly [what: string, options: unknown, message: string]> = [
    ['null', null, 'startEmulator: options must be an object'],
    ['an unknown option', { prt: 1 }, 'startEmulator: there is no option prt; write port'],
    ['an option with two letters swapped', { prot: 1 }, 'there is no option prot; write port'],
    ['a misspelt option', { signinAs: 'one' }, 'there is no option signinAs; write signInAs'],
    ['an inherited name', { toString: 1 }, 'there is no option toString; the options are port, accounts,'],
    ['a port that is a string', { port: '80' }, 'startEmulator: port must be a port number'],
    ['a port that is too large', { port: 65_536 }, 'port must be'],
    ['no accounts', { accounts: [] }, 'accounts must be a list that is not empty'],
    ['accounts that are a string', { accounts: 'personal' }, 'accounts must be a list'],
    ['an account without an id', { accounts: [{ name: 'One' }] }, 'accounts[0]: id must be a string'],
    [
      'an account that is a string',
      { accounts: [{ id: 'one' }, 'two'] },
      'accounts[1]: options must be an object',
    ],
    [
      'an unknown account key',
      { accounts: [{ id: 'one', mail: 'a@b' }] },
      'accounts[0]: there is no option mail',
    ],
    [
      'a misspelt account key',
      { accounts: [{ id: 'one', email_verified: true }] },
      'accounts[0]: there is no option email_verified; write emailVerified',
    ],
    [
      'an account key with two letters swapped',
      { accounts: [{ id: 'one', emial: 'a@b' }] },
      'accounts[0]: there is no option emial; write email',
    ],
    [
      'two accounts of one id',
      { accounts: [{ id: 'one' }, { id: 'one' }] },
      'accounts must have distinct ids',
    ],
    ['two accounts of one sub', { accounts: [{ id: 'one' }, { id: 'two', sub: 'one' }] }, 'distinct subs'],
    ['a name that is a number', { accounts: [{ id: 'one', name: 1 }] }, 'accounts[0]: name must be a string'],
    [
      'an e-mail verified by a string',
      { accounts: [{ id: 'one', emailVerified: 'yes' }] },
      'emailVerified must be',
    ],
    ['an unknown tier', { accounts: [{ id: 'one', tier: 'gold' }] }, "tier must be 'denied'"],
    [
      'an unknown principal',
      { accounts: [{ id: 'one', principal: { type: 'User', id: 'u' } }] },
      "principal must be { type: 'Team'",
    ],
    [
      'a principal without an id',
      { accounts: [{ id: 'one', principal: { type: 'Team' } }] },
      'principal must be',
    ],
    ['a principal that is a string', { accounts: [{ id: 'one', principal: 'Team' }] }, 'principal must be'],
    ['no clients', { clients: [] }, 'clients must be a list that is not empty'],
    ['a client without an id', { clients: [{}] }, 'clients[0]: clientID must be a string'],
    ['a client that is a number', { clients: [1] }, 'clients[0]: options must be an object'],
    [
      'a misspelt client key',
      { clients: [{ clientID: 'one', client_secret: 'x' }] },
      'clients[0]: there is no option client_secret; write clientSecret',
    ],
    [
      'half of a client key',
      { clients: [{ clientID: 'one', secret: 'x' }] },
      'clients[0]: there is no option secret; write clientSecret',
    ],
    [
      'a client id that no header can hold',
      { clients: [{ clientID: 'ä' }] },
      'clientID must be a string of visible',
    ],
    ['an empty secret', { clients: [{ clientID: 'one', clientSecret: '' }] }, 'clientSecret must be'],
    ['two clients of one id', { clients: [{ clientID: 'one' }, { clientID: 'one' }] }, 'distinct client ids'],
    [
      'a client name that is a number',
      { clients: [{ clientID: 'one', name: 1 }] },
      'clients[0]: name must be',
    ],
    [
      'a relative redirect URI',
      { clients: [{ clientID: 'one', redirectURIs: ['/callback'] }] },
      'clients[0]: redirectURIs must be a list of absolute URLs',
    ],
    [
      'a redirect URI instead of a list',
      { clients: [{ clientID: 'one', redirectURIs: 'http://h/' }] },
      'redirectURIs must be a list',
    ],
    ['an empty signInAs', { signInAs: '' }, 'signInAs must be the id of one of the accounts'],
    [
      'the id of an account that there is not',
      { signInAs: 'nobody' },
      'must be the id of one of the accounts, not "nobody"; the accounts are personal, free, team',
    ],
    ['an unknown delivery', { loopbackDelivery: 'post' }, "loopbackDelivery must be 'redirect' or 'fetch'"],
    ['issOnCallback as a string', { issOnCallback: 'yes' }, 'issOnCallback must be true or false'],
    [
      'requireCodeChallengeEcho as a number',
      { requireCodeChallengeEcho: 1 },
      'requireCodeChallengeEcho must be',
    ],
    ['refuseJSON as a number', { refuseJSON: 0 }, 'refuseJSON must be true or false'],
    [
      'completeDiscovery as a string',
      { completeDiscovery: 'yes' },
      'completeDiscovery must be true or false',
    ],
    [
      'an unknown claim',
      { idTokenClaims: ['email', 'emial'] },
      'idTokenClaims must be a list out of email, email_verified, name, given_name, family_name, picture, not "emial"',
    ],
    ['no claim at all', { idTokenClaims: [undefined] }, 'idTokenClaims must be a list out of email,'],
    ['a claim outside a list', { idTokenClaims: 'email' }, 'idTokenClaims must be a list out of email,'],
    ['a token lifetime of nothing', { tokenLifetime: 0 }, 'tokenLifetime must be a whole number of seconds'],
    ['half a signing key', { signingKeys: 0.5 }, 'signingKeys must be a whole number'],
    ['a device flow that is false', { deviceFlow: false }, "deviceFlow must be true, 'off', or { interval"],
    [
      'an interval of nothing',
      { deviceFlow: { interval: 0 } },
      'deviceFlow: interval must be a whole number of',
    ],
    [
      'a code that is good for nothing',
      { deviceFlow: { expiresIn: 0 } },
      'deviceFlow: expiresIn must be a whole number of',
    ],
    [
      'a misspelt time',
      { deviceFlow: { expires_in: 60 } },
      'deviceFlow: there is no option expires_in; write expiresIn',
    ],
  ]
  for (const [what, options, message] of wrong)
    it(`refuse ${what}`, async () => {
      expect(await caught(options))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.contains(message)
    })

  it('take undefined as absent', () =>
    withEmulator({ clients: undefined } as unknown as EmulatorOptions, async (emulator) => {
      expect(emulator.publicClient.clientID).to.equal('emulator-public')
    }))

  it('replace the accounts; what an account lacks, its claims lack', () =>
    withEmulator({ accounts: [{ id: 'plain' }] }, async (emulator) => {
      const application = new RelyingParty(emulator)
      const { json } = await application.tokens('plain')
      expect(claimsOf(`${json.id_token}`)).to.have.all.keys(protocolClaims)
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
      expect(claimsOf(`${json.id_token}`)).to.have.all.keys(protocolClaims)
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

  it('complete the discovery document with completeDiscovery', () =>
    withEmulator({ completeDiscovery: true }, async (emulator) => {
      const { body } = await new CookieClient().get(`${emulator.issuer}/.well-known/openid-configuration`)
      expect(JSON.parse(body)).to.deep.include({
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      })
    }))

  it('are not changed, and changes to them come too late', async () => {
    const accounts = [{ id: 'one', name: 'One' }]
    const options = { accounts, signInAs: 'one' }
    const frozen = JSON.stringify(options)
    await withEmulator(options, async (emulator) => {
      accounts.length = 0
      const callback = new URL(`${await emulator.decide(new RelyingParty(emulator).authorizationURL())}`)
      expect(callback.searchParams.get('code')).to.be.a('string')
      accounts.push({ id: 'one', name: 'One' })
    })
    expect(JSON.stringify(options)).to.equal(frozen)
  })

  it('set the number of keys with signingKeys', () =>
    withEmulator({ signingKeys: 1 }, async (emulator) => {
      const { body } = await new CookieClient().get(`${emulator.issuer}/.well-known/jwks.json`)
      expect(JSON.parse(body).keys).to.have.lengthOf(1)
    }))
})

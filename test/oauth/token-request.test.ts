import { expect } from 'chai'
import { XaiOAuthError } from '../../lib/error.js'
import { challengeOf } from '../../lib/oauth/authorization-url.js'
import {
  buildClientAuthentication,
  buildCodeGrant,
  buildForm,
  buildRefreshGrant,
  credentialSecrets,
} from '../../lib/oauth/token-request.js'

const params = { redirect_uri: 'https://app.example/callback', code_verifier: 'v'.repeat(43) }

describe('a code grant', () => {
  const plain = {
    grant_type: 'authorization_code',
    code: 'c',
    redirect_uri: 'https://app.example/callback',
    code_verifier: 'v'.repeat(43),
  }

  it('repeats the challenge of its verifier', () => {
    expect(buildCodeGrant('c', params, true)).to.deep.equal({
      ...plain,
      code_challenge: challengeOf(params.code_verifier),
      code_challenge_method: 'S256',
    })
  })

  it('is the plain one of RFC 7636 without the echo', () => {
    expect(buildCodeGrant('c', params, false)).to.deep.equal(plain)
  })

  for (const verifier of [undefined, '', 1])
    it(`is not sent with the verifier ${JSON.stringify(verifier)}`, () => {
      expect(() => buildCodeGrant('c', { ...params, code_verifier: verifier }, true))
        .to.throw(XaiOAuthError)
        .that.includes({
          code: 'xai_pkce_verifier_missing',
          status: 500,
          message:
            'xAI token exchange not started: the PKCE code_verifier of this sign-in is missing, which the state store should have kept, and xAI would refuse the code. See hermes-agent#26990 (https://github.com/NousResearch/hermes-agent/issues/26990)',
        })
    })

  it('has no redirect URI when there is none', () => {
    const { redirect_uri: _, ...rest } = params
    expect(buildCodeGrant('c', rest, false)).to.not.have.property('redirect_uri')
  })
})

describe('a refresh grant', () => {
  it('holds the token alone', () => {
    expect(buildRefreshGrant('OR-1')).to.deep.equal({ grant_type: 'refresh_token', refresh_token: 'OR-1' })
  })
})

describe('a form', () => {
  it('survives every character', () => {
    const value = 'a+b & c=d % é€🔑 \' " \r\n ~*()'
    const parsed = new URLSearchParams(buildForm({ code: value }, { extra: value }))
    expect([...parsed]).to.deep.equal([
      ['code', value],
      ['extra', value],
    ])
  })

  it('has the application’s parameters after the protocol’s, lists as repeated ones', () => {
    const extras = { audience: ['a', 'b'], max: 1, on: true, none: null, nothing: undefined, empty: '' }
    expect(buildForm({ code: 'c' }, extras)).to.equal('code=c&audience=a&audience=b&max=1&on=true&empty=')
  })

  const names = [
    'grant_type',
    'code',
    'refresh_token',
    'redirect_uri',
    'client_id',
    'client_secret',
    'code_verifier',
    'code_challenge',
    'code_challenge_method',
  ]
  for (const name of names)
    it(`takes ${name} from nobody but the protocol`, () => {
      expect(buildForm({}, { [name]: 'x' })).to.equal('')
      expect(buildForm({ [name]: 'ours' }, { [name]: ['theirs', 'again'] })).to.equal(`${name}=ours`)
    })

  it('leaves the application’s object as it is', () => {
    const extras = Object.freeze({ audience: Object.freeze(['a']), code: 'x' })
    expect(buildForm({ code: 'c' }, extras)).to.equal('code=c&audience=a')
    expect(extras).to.deep.equal({ audience: ['a'], code: 'x' })
  })

  it('needs no parameters of the application’s', () => {
    expect(buildForm({ a: '1' })).to.equal('a=1')
  })
})

const clientID = 'app:1 ü'
const clientSecret = 's&c=r+t%:ü'

describe('client authentication', () => {
  it('sends a public client’s id alone', () => {
    expect(buildClientAuthentication({ clientID, method: 'none' })).to.deep.equal({
      headers: {},
      parameters: { client_id: clientID },
    })
  })

  it('sends id and secret in the body for client_secret_post', () => {
    expect(buildClientAuthentication({ clientID, clientSecret, method: 'client_secret_post' })).to.deep.equal(
      {
        headers: {},
        parameters: { client_id: clientID, client_secret: clientSecret },
      },
    )
  })

  it('form-encodes both halves of Basic credentials and repeats neither in the body (RFC 6749 §2.3.1)', () => {
    const authentication = buildClientAuthentication({
      clientID,
      clientSecret,
      method: 'client_secret_basic',
    })
    expect(authentication.parameters).to.deep.equal({})
    const [scheme, credentials = ''] = `${authentication.headers.Authorization}`.split(' ')
    expect(scheme).to.equal('Basic')
    expect(Buffer.from(credentials, 'base64').toString()).to.equal('app%3A1+%C3%BC:s%26c%3Dr%2Bt%25%3A%C3%BC')
  })

  it('sends Basic credentials without a secret as RFC 6749 has them, with nothing behind the colon', () => {
    const { headers } = buildClientAuthentication({ clientID: 'app', method: 'client_secret_basic' })
    expect(headers.Authorization).to.equal(`Basic ${Buffer.from('app:').toString('base64')}`)
  })

  it('counts the secret and its Basic form as secrets, padding apart', () => {
    const secrets = credentialSecrets({ clientID: 'app', clientSecret: 'pad', method: 'client_secret_basic' })
    expect(secrets).to.deep.equal(['pad', Buffer.from('app:pad').toString('base64').replace(/=+$/, '')])
    expect(Buffer.from('app:pad').toString('base64')).to.match(/=$/)
  })

  it('has no secrets of a public client', () => {
    expect(credentialSecrets({ clientID, method: 'none' })).to.deep.equal([])
  })
})

import { expect } from 'chai'
import { buildClientAuthentication, credentialSecrets } from '../../lib/oauth/client-authentication.js'

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

  it('counts the secret and its Basic form as secrets, padding apart', () => {
    const secrets = credentialSecrets({ clientID: 'app', clientSecret: 'pad', method: 'client_secret_basic' })
    expect(secrets).to.deep.equal(['pad', Buffer.from('app:pad').toString('base64').replace(/=+$/, '')])
    expect(Buffer.from('app:pad').toString('base64')).to.match(/=$/)
  })

  it('has no secrets of a public client', () => {
    expect(credentialSecrets({ clientID, method: 'none' })).to.deep.equal([])
  })
})

import { expect } from 'chai'
import { type Chapter, refusesTokens, type Scenario, type Stage, signsIn } from '../scenario.js'

const basic = 'oidcc-client-test-client-secret-basic'
const post = 'RFC 6749 §2.3.1 (client_secret_post)'
const open = 'RFC 6749 §3.2.1 (public client)'

const exchangeOf = (stage: Stage) => {
  const [exchange] = stage.server.to('/oauth2/token')
  if (!exchange) throw new Error('no code was exchanged')
  return exchange
}

const headerOf = (stage: Stage): string => {
  const value = exchangeOf(stage).headers.authorization ?? ''
  return Buffer.from(value.replace('Basic ', ''), 'base64').toString()
}

/** Credentials that must be encoded before they stand in a header. */
const difficult: ReadonlyArray<readonly [what: string, id: string, secret: string]> = [
  ['a colon', 'client:1', 'secret:with:colons'],
  ['blanks and plus signs', 'client 1+2'.replace(' ', '-'), 'a secret + another'],
  ['percent signs', 'client%41', '100%25%'],
  ['letters beyond ASCII', 'clïent', 'gehęim-秘密'],
  ['an ampersand and an equals sign', 'c=1&x', 's=1&client_id=evil'],
]

/** How the client proves who it is at the token endpoint. */
export const clientAuthentications: Chapter = {
  title: 'Client authentication',
  scenarios: [
    {
      module: basic,
      what: 'sends the credentials in the header alone',
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
      async run(stage) {
        await signsIn(stage)
        expect(headerOf(stage)).to.equal('client-1:a-secret-of-client-1')
        expect(exchangeOf(stage).form.has('client_secret')).to.equal(false)
      },
    },
    ...difficult.map(
      ([what, id, secret]): Scenario => ({
        module: basic,
        what: `signs in with ${what} in the credentials`,
        client: { id, secret },
        run: signsIn,
      }),
    ),
    {
      module: basic,
      what: 'is refused with a wrong secret, which the error does not tell',
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
      options: { clientSecret: 'wrong-secret-0123456789' },
      async run(stage) {
        const ending = await stage.signIn()
        await stage.expectError(ending, 'xai_token_exchange_failed', /HTTP 401.*invalid_client/)
        expect(JSON.stringify(ending)).not.to.include('wrong-secret-0123456789')
      },
    },
    {
      module: post,
      what: 'sends the credentials in the body alone',
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
      options: { clientAuthentication: 'client_secret_post' },
      async run(stage) {
        await signsIn(stage)
        const { headers, form } = exchangeOf(stage)
        expect(headers.authorization).to.equal(undefined)
        expect(form.getAll('client_secret')).to.deep.equal(['a-secret-of-client-1'])
        expect(form.getAll('client_id')).to.deep.equal(['client-1'])
      },
    },
    ...difficult.map(
      ([what, id, secret]): Scenario => ({
        module: post,
        what: `signs in with ${what} in the credentials`,
        client: { id, secret },
        options: { clientAuthentication: 'client_secret_post' },
        run: signsIn,
      }),
    ),
    {
      module: open,
      what: 'sends its client id and no secret, not even an empty one',
      async run(stage) {
        await signsIn(stage)
        const { headers, form } = exchangeOf(stage)
        expect(headers.authorization).to.equal(undefined)
        expect(form.getAll('client_id')).to.deep.equal(['client-1'])
        expect(form.has('client_secret')).to.equal(false)
      },
    },
    {
      module: open,
      what: 'is refused where a secret is demanded',
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
      options: { clientSecret: undefined },
      run: refusesTokens('xai_token_exchange_failed', /HTTP 401.*invalid_client/),
    },
    {
      module: 'RFC 6749 §2.3.1 (secrets in URLs)',
      what: 'puts no secret, code or verifier into any URL',
      client: { id: 'client-1', secret: 'a-secret-of-client-1' },
      async run(stage) {
        await signsIn(stage)
        const { form } = exchangeOf(stage)
        for (const { path, query } of stage.server.requests) {
          expect(`${path}?${query}`).not.to.include('a-secret-of-client-1')
          expect(`${path}?${query}`).not.to.include(form.get('code_verifier'))
          expect(`${path}?${query}`).not.to.include(form.get('code'))
        }
      },
    },
  ],
}

import { inherits } from 'node:util'
import { expect } from 'chai'
import { type XaiSignIn, XaiStrategy } from '../../lib/index.js'
import { act } from '../support/direct-sign-in.js'

const options = { clientID: 'ABC123', callbackURL: 'https://app.example/callback' }
const verify = async ({ profile }: XaiSignIn) => ({ id: profile.id })

const build = (changes: object = {}, call: unknown = verify): XaiStrategy =>
  new XaiStrategy({ ...options, ...changes }, call as typeof verify)

/** A strategy that keeps nothing and takes every state, so that a callback reaches the token request. */
const open = (changes: object = {}, call?: unknown): XaiStrategy =>
  build(
    {
      scope: 'email',
      userInfo: 'never',
      store: {
        store: (_req: unknown, _verifier: string, _state: unknown, _meta: object, done: Callback) =>
          done(null, 's'),
        verify: (_req: unknown, _state: string, _meta: object, done: Callback) => done(null, 'v'.repeat(43)),
      },
      ...changes,
    },
    call,
  )

type Callback = (error: unknown, value?: unknown) => void

type Exchange = (code: string, params: object, callback: (...values: unknown[]) => void) => void

/** Replaces the token request, as applications of passport-oauth2 do in their tests. */
function withExchange(strategy: XaiStrategy, exchange: Exchange): XaiStrategy {
  const { _oauth2: client } = strategy as unknown as { _oauth2: { getOAuthAccessToken: Exchange } }
  client.getOAuthAccessToken = exchange
  return strategy
}

const callback = { query: { code: 'c-1', state: 's' } }

/** What passport-oauth2's and passport-openidconnect's suites show; docs/migration.md has a line for each. */
describe('what differs for those who come from passport-oauth2', () => {
  const refused: ReadonlyArray<readonly [what: string, changes: object, words: RegExp]> = [
    ['no callback URL', { callbackURL: undefined }, /callbackURL/],
    ['a relative callback URL', { callbackURL: '/auth/example/callback' }, /callbackURL.*absolute/],
    ['the option proxy', { proxy: true }, /proxy/],
    ['the option scopeSeparator', { scopeSeparator: ',' }, /scopeSeparator/],
    ['pkce: plain', { pkce: 'plain' }, /pkce/],
    ['pkce: false', { pkce: false }, /pkce/],
    ['state: false', { state: false }, /state/],
    ['store: true', { store: true }, /store/],
    [
      'a store that cannot hold a verifier',
      { store: { store: (_r: unknown, _d: Callback) => undefined, verify() {} } },
      /store.*verifier/,
    ],
    ['an option of passport-openidconnect that it does not have', { acrValues: 'urn:x' }, /acrValues/],
  ]
  for (const [what, changes, words] of refused)
    it(`refuses ${what} at construction`, () => {
      expect(() => build(changes)).to.throw(TypeError, words)
    })

  it('is named xai', () => {
    expect(build().name).to.equal('xai')
  })

  it('cannot be called without new, as a class of today', () => {
    function Legacy(this: object): void {
      Reflect.apply(XaiStrategy as unknown as () => void, this, [options, verify])
    }
    inherits(Legacy, XaiStrategy)
    expect(() => new (Legacy as unknown as new () => object)()).to.throw(TypeError, /new/)
    class Modern extends XaiStrategy {}
    expect(new Modern(options, verify)).to.be.instanceof(XaiStrategy)
  })

  it('always sends state, nonce and an S256 challenge', async () => {
    const { kind, value } = await act(build(), { session: {} })
    expect(kind).to.equal('redirect')
    const { searchParams } = new URL(String(value))
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(searchParams.get(name)).to.match(/^[\w-]{43}$/)
    expect(searchParams.get('code_challenge_method')).to.equal('S256')
  })

  it('refuses a code without a state', async () => {
    const { kind, value, detail } = await act(open(), { query: { code: 'c-1' } })
    expect({ kind, detail }).to.deep.equal({ kind: 'fail', detail: 400 })
    expect(value).to.include({ code: 'xai_callback_invalid' })
  })

  it('says code, reason and message when a state is refused, with status 403', async () => {
    const { kind, value, detail } = await act(build(), { session: {}, ...callback })
    expect({ kind, detail }).to.deep.equal({ kind: 'fail', detail: 403 })
    expect(value).to.have.all.keys('code', 'reason', 'message')
  })

  it('reads a form only of a POST', async () => {
    const body = { code: 'c-1', state: 's' }
    expect(await act(open(), { method: 'GET', body, session: {} })).to.include({ kind: 'redirect' })
    const posted = withExchange(
      open({}, async (_signIn: object) => ({ id: '1' })),
      (_code, _params, done) => done(null, 'at', 'rt', {}),
    )
    expect((await act(posted, { method: 'POST', body })).kind).to.equal('success')
  })

  it('fails with status 403 when access was denied', async () => {
    const query = { error: 'access_denied', error_description: 'No.', state: 's' }
    const { kind, value, detail } = await act(open(), { query })
    expect({ kind, detail }).to.deep.equal({ kind: 'fail', detail: 403 })
    expect(value).to.include({ code: 'access_denied', message: 'No.' })
  })

  it('reports a refusal as XaiOAuthError, not as AuthorizationError, TokenError or InternalOAuthError', async () => {
    const query = { error: 'invalid_scope', state: 's' }
    expect((await act(open(), { query })).value).to.include({
      name: 'XaiOAuthError',
      code: 'xai_authorization_failed',
    })
    const data = '{"error":"invalid_grant","error_description":"Gone."}'
    const refusing = withExchange(open(), (_code, _params, done) => done({ statusCode: 400, data }))
    expect((await act(refusing, callback)).value).to.include({
      name: 'XaiOAuthError',
      code: 'xai_token_exchange_failed',
      status: 400,
      error: 'invalid_grant',
    })
  })

  it('hands on an Error of a replaced token request as it is', async () => {
    const error = new Error('something went wrong')
    const failing = withExchange(open(), (_code, _params, done) => done(error))
    expect(await act(failing, callback)).to.include({ kind: 'error', value: error })
  })

  it('refuses a replaced token request that gives no access token', async () => {
    const empty = withExchange(open(), (_code, _params, done) => done(null, undefined))
    const { kind, value } = await act(empty, callback)
    expect(kind).to.equal('error')
    expect(value).to.include({ code: 'xai_token_exchange_invalid' })
  })

  it('gives no empty profile where it asks nobody', async () => {
    const seen: unknown[] = []
    const call = (
      _access: string,
      _refresh: string,
      profile: unknown,
      done: (error: null, user: object) => void,
    ) => {
      seen.push(profile)
      done(null, { id: '1' })
    }
    const strategy = withExchange(open({}, call), (_code, _params, done) => done(null, 'at', 'rt', {}))
    expect((await act(strategy, callback)).kind).to.equal('success')
    expect(seen).to.deep.equal([undefined])
  })

  it('refuses a verify with two or three parameters', () => {
    expect(() => build({}, (_issuer: string, _profile: object) => undefined)).to.throw(TypeError)
    expect(() => build({}, (_issuer: string, _profile: object, _done: Callback) => undefined)).to.throw(
      TypeError,
    )
  })

  it('asks for the scopes that are written, and adds no openid', async () => {
    const { value } = await act(build({ scope: 'profile' }), { session: {} })
    expect(new URL(String(value)).searchParams.get('scope')).to.equal('profile')
  })
})

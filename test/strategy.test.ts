import { expect } from 'chai'
import { defaultAccounts, type Emulator, startEmulator } from '../lib/emulator/index.js'
import type { XaiProfile, XaiSignIn, XaiStrategyOptions, XaiVerifyCallback } from '../lib/index.js'
import { Application, type ApplicationOptions, endingOf } from './support/application.js'
import { CookieClient } from './support/browserless-client.js'

const { sub, name } = defaultAccounts[0]!
const failure = new Error('of the application')
const failed = { status: 500, outcome: 'error', error: { message: failure.message } }

type Done = XaiVerifyCallback
type ProfileDone = (error?: unknown, profile?: unknown) => void

describe('a sign-in through XaiStrategy', () => {
  let emulator: Emulator
  let application: Application
  before(async () => {
    emulator = await startEmulator({ signInAs: 'personal' })
  })
  after(() => emulator.close())
  afterEach(async () => {
    await application.close()
    emulator.clearRequests()
  })

  const start = async (options: Partial<ApplicationOptions> = {}): Promise<void> => {
    application = await Application.start({ issuer: emulator.issuer, ...options })
  }
  const signIn = async () => endingOf(await new CookieClient().open(`${application.origin}/sign-in`))
  /** The parameters of the authorization request. */
  const asked = async (): Promise<Record<string, string>> => {
    const { headers } = await new CookieClient().get(`${application.origin}/sign-in`)
    return Object.fromEntries(new URL(`${headers.location}`).searchParams)
  }
  const requestsOf = (path: string) => emulator.requests.filter((request) => request.path === path)

  const isRequest = (value: unknown): boolean => (value as { method?: string })?.method === 'GET'
  const offline = { scope: 'openid profile email offline_access' }
  const forms: ReadonlyArray<
    readonly [form: string, passReq: boolean, build: (given: unknown[]) => unknown]
  > = [
    [
      '(accessToken, refreshToken, profile, done)',
      false,
      (given) => (a: string, r: string, p: XaiProfile, done: Done) => {
        given.push(a, r, undefined, p)
        done(null, { id: p.id })
      },
    ],
    [
      '(accessToken, refreshToken, params, profile, done)',
      false,
      (given) => (a: string, r: string, params: object, p: XaiProfile, done: Done) => {
        given.push(a, r, params, p)
        done(null, { id: p.id })
      },
    ],
    [
      '(req, accessToken, refreshToken, profile, done)',
      true,
      (given) => (req: object, a: string, r: string, p: XaiProfile, done: Done) => {
        given.push(a, r, undefined, p)
        done(null, { id: isRequest(req) && p.id })
      },
    ],
    [
      '(req, accessToken, refreshToken, params, profile, done)',
      true,
      (given) => (req: object, a: string, r: string, params: object, p: XaiProfile, done: Done) => {
        given.push(a, r, params, p)
        done(null, { id: isRequest(req) && p.id })
      },
    ],
    [
      '({ profile, tokens, req }), with the params in tokens',
      false,
      (given) =>
        async ({ profile, tokens, req }: XaiSignIn) => {
          given.push(tokens.access_token, tokens.refresh_token, tokens, profile)
          return { id: isRequest(req) && profile.id }
        },
    ],
    [
      '({ profile, tokens, req }) under passReqToCallback, with the params in tokens',
      true,
      (given) =>
        async ({ profile, tokens, req }: XaiSignIn) => {
          given.push(tokens.access_token, tokens.refresh_token, tokens, profile)
          return { id: isRequest(req) && profile.id }
        },
    ],
  ]
  for (const [form, passReqToCallback, build] of forms)
    it(`calls verify as ${form}`, async () => {
      const given: unknown[] = []
      const strategy = { ...offline, passReqToCallback } as unknown as Partial<XaiStrategyOptions>
      await start({ strategy, verify: build(given) as () => unknown })
      expect(await signIn()).to.deep.include({ outcome: 'success', user: { id: sub } })
      const [accessToken, refreshToken, params, profile] = given
      expect(accessToken).to.match(/^eyJ/)
      expect(refreshToken).to.match(/^OR-/)
      expect(profile).to.include({ provider: 'xai', id: sub, displayName: name })
      expect(requestsOf('/oauth2/userinfo')).to.deep.equal([])
      const { strategy: built } = application
      const asked = await new Promise((resolve) =>
        built.userProfile(`${accessToken}`, (_error, found) => resolve(found)),
      )
      expect(asked).to.include({ provider: 'xai', id: sub, displayName: name })
      if (form.includes('params'))
        expect(params).to.include({
          access_token: accessToken,
          refresh_token: refreshToken,
          expires_in: 21_600,
        })
    })

  it('gives undefined for a refresh token that xAI did not issue', async () => {
    const given: unknown[] = []
    await start({
      verify: (_a: string, r: unknown, p: XaiProfile, done: Done) => {
        given.push(r)
        done(null, { id: p.id })
      },
    })
    expect(await signIn()).to.include({ outcome: 'success' })
    expect(given).to.deep.equal([undefined])
  })

  describe('asks for', () => {
    it('what the protocol needs, and nothing else', async () => {
      await start()
      expect(await asked()).to.have.all.keys(
        'response_type',
        'client_id',
        'redirect_uri',
        'scope',
        'state',
        'nonce',
        'code_challenge',
        'code_challenge_method',
      )
    })

    it('nothing of authenticate’s options that are not ours', async () => {
      const foreign = { successRedirect: '/x', session: false, keepSessionInfo: true, audience: 'a' }
      await start({ begin: () => ({ ...foreign, state: 's' }) })
      expect(await asked()).not.to.have.any.keys(...Object.keys(foreign))
    })

    it('the scopes of this request, in place of the strategy’s', async () => {
      await start({ begin: () => ({ scope: ['openid', 'email'] }) })
      expect(await asked()).to.include({ scope: 'openid email' })
    })

    it('the prompt and login hint of this request', async () => {
      await start({ begin: () => ({ prompt: 'login', loginHint: 'one@example.com' }) })
      expect(await asked()).to.include({ prompt: 'login', login_hint: 'one@example.com' })
    })

    it('authorizationParams of its own', async () => {
      await start({ strategy: { authorizationParams: { referrer: 'app', max_age: 5 } } })
      expect(await asked()).to.include({ referrer: 'app', max_age: '5' })
    })

    it('authorizationParams that a function makes of the request', async () => {
      await start({
        begin: () => ({ prompt: 'login' }),
        strategy: { authorizationParams: (req, { prompt }) => ({ referrer: `${req.path} ${prompt}` }) },
      })
      expect(await asked()).to.include({ referrer: '/sign-in login' })
    })

    it('what stands in the options of a request, before the strategy’s, before a subclass’s', async () => {
      await start({
        begin: () => ({ prompt: 'login' }),
        strategy: { authorizationParams: { prompt: 'none', plan: 'own' } },
      })
      application.strategy.authorizationParams = () => ({ prompt: 'consent', plan: 'generic', max_age: 1 })
      expect(await asked()).to.include({ prompt: 'login', plan: 'own', max_age: '1' })
    })

    it('what subclasses make of the options of authenticate; so does the token request', async () => {
      await start({
        begin: () => ({ audience: 'a' }) as object,
        finish: { audience: 'b' } as object,
      })
      application.strategy.authorizationParams = (options) => ({
        x: (options as { audience?: string }).audience,
      })
      application.strategy.tokenParams = (options) => ({ y: (options as { audience?: string }).audience })
      expect(await asked()).to.include({ x: 'a' })
      await signIn()
      expect(requestsOf('/oauth2/token').at(-1)?.parameters).to.include({ y: 'b' })
    })

    it('what a subclass’s authorizationParams adds, which cannot change the protocol', async () => {
      await start()
      application.strategy.authorizationParams = () => ({ plan: 'generic', client_id: 'x', state: 'y' })
      const parameters = await asked()
      expect(parameters).to.include({ plan: 'generic', client_id: 'emulator-public' })
      expect(parameters.state).not.to.equal('y')
    })
  })

  describe('with a userProfile of its own', () => {
    const profiles: ReadonlyArray<
      readonly [what: string, userProfile: (token: string, done: ProfileDone) => void, ending: object]
    > = [
      [
        'takes its profile',
        (token, done) => done(null, { id: token.slice(0, 3), displayName: 'Own' }),
        { outcome: 'success', user: { id: 'eyJ', name: 'Own' } },
      ],
      ['reports its error', (_token, done) => done(failure), failed],
      [
        'reports what it throws',
        () => {
          throw failure
        },
        failed,
      ],
    ]
    for (const [what, userProfile, ending] of profiles)
      it(what, async () => {
        await start()
        application.strategy.userProfile = userProfile
        expect(await signIn()).to.deep.include(ending)
        expect(requestsOf('/oauth2/userinfo')).to.deep.equal([])
      })
  })

  describe('with skipUserProfile', () => {
    const noProfile = async ({ profile }: XaiSignIn) => ({ id: `${typeof profile}` })
    const skips: ReadonlyArray<
      readonly [what: string, skip: NonNullable<XaiStrategyOptions['skipUserProfile']>, ending: object]
    > = [
      ['true', true, { user: { id: 'undefined' } }],
      ['false', false, { user: { id: 'object' } }],
      ['a function that says true', () => true, { user: { id: 'undefined' } }],
      [
        'a function that says true later',
        (token, done) => setImmediate(done, null, token.startsWith('eyJ')),
        { user: { id: 'undefined' } },
      ],
      ['a function that says false later', (_token, done) => done(null, false), { user: { id: 'object' } }],
      ['a function that reports an error', (_token, done) => done(failure), failed],
      ['a function that says false', () => false, { user: { id: 'object' } }],
      ['a function of one parameter', ((_token: string) => true) as never, { user: { id: 'undefined' } }],
      [
        'a function that throws',
        () => {
          throw failure
        },
        failed,
      ],
    ]
    for (const [what, skipUserProfile, ending] of skips)
      it(`${what} gives verify what that means`, async () => {
        await start({ strategy: { skipUserProfile }, verify: noProfile })
        expect(await signIn()).to.deep.include(ending)
      })
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'
import session from 'express-session'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { type Example, startExample } from '../../examples/express/server.js'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import { Visitor } from './visitor.js'

describe('The Express example, signing in', () => {
  let emulator: Emulator
  let example: Example
  const log: string[] = []

  before(async () => {
    emulator = await startEmulator()
    example = await startExample({
      port: 0,
      issuer: emulator.issuer,
      clientID: emulator.publicClient.clientID,
      log: (line) => log.push(line),
    })
  })
  after(() => Promise.all([example?.close(), emulator?.close()]))
  beforeEach(() => {
    emulator.clearRequests()
    log.length = 0
  })
  afterEach(() => mock.restoreAll())

  const tokenRequests = () => emulator.requests.filter(({ path }) => path === '/oauth2/token')

  /** The error page of a code, and nobody is signed in. */
  async function expectProblem(
    visitor: Visitor,
    page: ClientResponse,
    { status, code, reason }: { status: number; code: string; reason?: string },
  ): Promise<void> {
    expect(page.status, page.body).to.equal(status)
    const body = page.body.replaceAll('<wbr>', '')
    expect(body).to.include(`<dd><code>${code}</code></dd>`).and.include(`<dd>${status}</dd>`)
    if (reason) expect(body).to.include(`<dt>Reason</dt>\n<dd><code>${reason}</code></dd>`)
    expect(log).to.have.lengthOf(1)
    expect(log[0]).to.match(new RegExp(`^${status} ${code}${reason ? ` \\(${reason}\\)` : ''}: .`))
    const profile = await visitor.get(`${example.url}/profile`)
    expect(profile).to.include({ status: 302 }).and.nested.include({ 'headers.location': '/' })
  }

  it('leads from the first click to the profile', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.signInAs('personal')
    expect(page).to.include({ status: 200, url: `${example.url}/profile` })
    const body = page.body.replaceAll('<wbr>', '')
    expect(body)
      .to.include('<h1>Personal Account</h1>')
      .and.include('<span>personal@example.com</span> <span class="good">verified</span>')
      .and.include(`<img src="${emulator.issuer}/pictures/personal.svg" alt=""`)
      .and.include('<code id="account">3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01</code>')
      .and.include(`at ${new URL(emulator.issuer).host}`)
      .and.match(/Good for 6 h 0 min<small>until <time datetime="\d{4}-[^"]+Z">/)
    for (const scope of ['openid', 'profile', 'email', 'offline_access']) {
      expect(body).to.include(`<code>${scope}</code>`)
    }
    expect(log).to.be.empty
  })

  it('begins with a redirect to the authorization endpoint', async () => {
    const visitor = new Visitor(example.url)
    const { status, headers } = await visitor.get(await visitor.signInLink())
    expect(status).to.equal(302)
    expect(headers.location).to.match(new RegExp(`^${emulator.issuer}/oauth2/authorize\\?`))
  })

  it('shows the start page to those who are not signed in, and the profile to those who are', async () => {
    const visitor = new Visitor(example.url)
    expect((await visitor.open(`${example.url}/profile`)).url).to.equal(`${example.url}/`)
    await visitor.signInAs('personal')
    expect((await visitor.open(`${example.url}/`)).url).to.equal(`${example.url}/profile`)
  })

  it('leads from localhost, whose cookies the callback would not get, to 127.0.0.1', async () => {
    const visitor = new Visitor(example.url)
    const { status, headers } = await visitor.get(example.url.replace('127.0.0.1', 'localhost'), {
      family: 4,
    })
    expect({ status, location: headers.location }).to.deep.equal({ status: 302, location: example.url })
  })

  it('keeps every token on the server', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.signInAs('personal')
    const cookies = visitor.jar.headerFor(new URL(example.url))
    const [exchange] = tokenRequests()
    for (const secret of [exchange?.parameters?.code, exchange?.parameters?.code_verifier, 'OR-', 'eyJ']) {
      expect(secret).to.be.a('string').and.not.be.empty
      expect(page.body).not.to.include(secret)
      expect(cookies).not.to.include(secret)
    }
  })

  it('sets a session cookie that scripts and other sites do not get', async () => {
    const visitor = new Visitor(example.url)
    const { headers } = await visitor.get(`${example.url}/auth/xai`)
    expect(headers['set-cookie']).to.have.lengthOf(1)
    expect(headers['set-cookie']?.[0]).to.match(/^example\.session=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('says that the person declined', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.signInAs('personal', { decision: 'deny' })
    await expectProblem(visitor, page, { status: 403, code: 'access_denied' })
    expect(page.body).to.include('<h1>You declined at xAI</h1>')
    expect(tokenRequests()).to.be.empty
  })

  it('says that the tier is denied, and that signing in again does not help', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.signInAs('free')
    await expectProblem(visitor, page, { status: 403, code: 'xai_oauth_tier_denied' })
    expect(page.body).to.include('Signing in again with the same account does not help.')
  })

  it('says what to do when a Team was chosen', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.signInAs('team')
    await expectProblem(visitor, page, { status: 403, code: 'xai_identity_missing' })
    expect(page.body).to.include('choose your personal account at xAI, not a Team')
  })

  it('refuses a callback that comes a second time', async () => {
    const visitor = new Visitor(example.url)
    const callback = await visitor.callbackFor('personal')
    await visitor.open(callback)
    await visitor.press(await visitor.profile(), 'Sign out')
    const page = await visitor.open(callback)
    await expectProblem(visitor, page, { status: 403, code: 'xai_state_invalid', reason: 'used' })
    expect(tokenRequests()).to.have.lengthOf(1)
  })

  it('sends on whoever is signed in already', async () => {
    const visitor = new Visitor(example.url)
    const callback = await visitor.callbackFor('personal')
    await visitor.open(callback)
    emulator.clearRequests()
    expect(await visitor.open(callback)).to.include({ status: 200, url: `${example.url}/profile` })
    expect(log).to.have.lengthOf(1)
    expect(log[0]).to.match(/^403 xai_state_invalid \(/)
    expect(tokenRequests()).to.be.empty
  })

  it('offers one button after a sign-in that took too long', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const visitor = new Visitor(example.url)
    const callback = await visitor.callbackFor('personal')
    mock.timers.tick(10 * 60_000)
    const page = await visitor.open(callback)
    mock.timers.reset()
    await expectProblem(visitor, page, { status: 403, code: 'xai_state_invalid', reason: 'expired' })
    expect(page.body).to.include('<h1>This sign-in took too long</h1>')
    expect(page.body.match(/class="button/g)).to.have.lengthOf(1)
    expect(tokenRequests()).to.be.empty
  })

  const lineBreaks = [
    ['a line feed', '\n'],
    ['a line feed of Windows', '\r\n'],
    ['a carriage return', '\r'],
    ['a next line', '\u0085'],
    ['a line separator', '\u2028'],
    ['a vertical tab', '\v'],
  ] as const
  for (const [what, lineBreak] of lineBreaks) {
    it(`lets no error_description forge a log entry by ${what}`, async () => {
      const visitor = new Visitor(example.url)
      const callback = new URL(await visitor.callbackFor('personal'))
      callback.searchParams.delete('code')
      callback.searchParams.set('error', 'server_error')
      callback.searchParams.set('error_description', `busy${lineBreak}200 signed_in: root \u001b[31m`)
      const page = await visitor.open(callback.href)
      expect(page.status).to.equal(502)
      expect(log).to.have.lengthOf(1)
      expect(log[0]).to.include('busy').and.include('200 signed_in')
      expect(log[0])
        .not.to.match(/^200/m)
        .and.not.match(/(?!\n)[\p{Cc}\u2028]/u)
    })
  }

  it('refuses a forged state', async () => {
    const visitor = new Visitor(example.url)
    const callback = new URL(await visitor.callbackFor('personal'))
    callback.searchParams.set('state', 'forged')
    const page = await visitor.open(callback.href)
    await expectProblem(visitor, page, { status: 403, code: 'xai_state_invalid', reason: 'unknown' })
    expect(tokenRequests()).to.be.empty
  })

  it('refuses the callback of another browser', async () => {
    const callback = await new Visitor(example.url).callbackFor('personal')
    const victim = new Visitor(example.url)
    const page = await victim.open(callback)
    await expectProblem(victim, page, { status: 403, code: 'xai_state_invalid', reason: 'missing' })
    expect(tokenRequests()).to.be.empty
  })

  it('refuses a callback that is none', async () => {
    const visitor = new Visitor(example.url)
    const page = await visitor.open(`${example.url}/callback?code=a&code=b&state=c`)
    await expectProblem(visitor, page, { status: 400, code: 'xai_callback_invalid' })
    expect(tokenRequests()).to.be.empty
  })

  const troubles: ReadonlyArray<readonly [what: string, arrange: () => void, status: number, code: string]> =
    [
      [
        'a server that fails',
        () =>
          emulator.misbehaveOnce({ path: '/oauth2/token', status: 500, body: '{"error":"server_error"}' }),
        500,
        'xai_token_exchange_failed',
      ],
      [
        'a connection that is cut',
        () => emulator.misbehaveOnce({ path: '/oauth2/token', cut: 'in-body' }),
        502,
        'xai_token_exchange_failed',
      ],
      [
        'a response without sense',
        () => emulator.misbehaveOnce({ path: '/oauth2/token', body: 'null' }),
        502,
        'xai_token_exchange_invalid',
      ],
      ['a forged identity', () => emulator.forgeNext('wrong signature'), 502, 'xai_id_token_invalid'],
    ]
  for (const [what, arrange, status, code] of troubles) {
    it(`ends on the error page after ${what}`, async () => {
      const visitor = new Visitor(example.url)
      const callback = await visitor.callbackFor('personal')
      arrange()
      await expectProblem(visitor, await visitor.open(callback), { status, code })
    })
  }

  it('passes on how long xAI asks to wait', async () => {
    const visitor = new Visitor(example.url)
    const callback = await visitor.callbackFor('personal')
    emulator.misbehaveOnce({
      path: '/oauth2/token',
      status: 429,
      headers: { 'retry-after': '7' },
      body: '{}',
    })
    const page = await visitor.open(callback)
    await expectProblem(visitor, page, { status: 429, code: 'xai_token_exchange_failed' })
    expect(page.headers).to.include({ 'retry-after': '7' })
    expect(page.body).to.include('Wait 7 seconds before you try again.')
  })

  it('shows an unexpected error to the log, and to nobody else', async () => {
    const visitor = new Visitor(example.url)
    await visitor.signInAs('personal')
    mock.method(session.MemoryStore.prototype, 'get', (_id: string, done: (error: Error) => void) =>
      done(new Error('the session store is down')),
    )
    const page = await visitor.profile()
    expect(page.status).to.equal(500)
    expect(page.body).to.include('<code>unexpected</code>').and.not.include('session store')
    expect(log).to.have.lengthOf(1)
    expect(log[0]).to.match(/^Error: the session store is down\n +at /)
  })

  const pages: ReadonlyArray<readonly [path: string, status: number]> = [
    ['/', 200],
    ['/nowhere', 404],
    ['/callback?state=only', 400],
  ]
  for (const [path, status] of pages) {
    it(`protects ${path} against scripts, frames and caches`, async () => {
      const { headers, ...page } = await new CookieClient().get(`${example.url}${path}`)
      expect(page.status).to.equal(status)
      expect(headers['content-security-policy']).to.equal(
        `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: ${emulator.issuer}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      expect(headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      expect(headers).not.to.have.property('x-powered-by')
      expect(page.body).not.to.match(/<script(?! src="\/script\.js" defer><)|<style| style=| on[a-z]+=/)
    })
  }

  const assets: ReadonlyArray<readonly [path: string, type: string]> = [
    ['/style.css', 'text/css; charset=utf-8'],
    ['/script.js', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml; charset=utf-8'],
  ]
  for (const [path, type] of assets) {
    it(`serves ${path}`, async () => {
      const { status, headers, body } = await new CookieClient().get(`${example.url}${path}`)
      expect({ status, type: headers['content-type'] }).to.deep.equal({ status: 200, type })
      expect(body).not.to.be.empty
    })
  }
})

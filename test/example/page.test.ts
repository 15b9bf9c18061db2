import { expect } from 'chai'
import { XaiOAuthError, type XaiProfile } from 'passport-xai'
import { buildErrorPage, buildProfilePage, buildStartPage } from '../../examples/express/page.js'
import { advice, Problem, type ProblemCode } from '../../examples/express/problem.js'
import type { SignIn } from '../../examples/express/sign-in.js'

const hostile = `<script>alert("1")</script>&'`
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'
const profile: XaiProfile = { provider: 'xai', id: 'the-sub', _json: {}, _raw: '{}' }

const profilePage = (parts: Partial<XaiProfile>, tokens: Partial<SignIn['tokens']> = {}): string =>
  buildProfilePage({
    signIn: {
      id: 'one',
      issuer: 'https://auth.x.ai',
      profile: { ...profile, ...parts },
      tokens: { accessToken: 'the-access-token', ...tokens },
    },
    formToken: 'the-form-token',
  })

describe('The profile page of the example', () => {
  it('escapes whatever xAI says', () => {
    const page = profilePage(
      {
        id: hostile,
        displayName: hostile,
        emails: [{ value: hostile, verified: false }],
        photos: [{ value: `https://example.com/${hostile}` }],
      },
      { scope: hostile },
    )
    expect(page).not.to.include('<script').and.not.include(hostile)
    expect(page.split(escaped)).to.have.lengthOf(6)
  })

  const names: ReadonlyArray<readonly [what: string, parts: Partial<XaiProfile>, heading: string]> = [
    ['the name', { displayName: 'Ada Lovelace', name: { givenName: 'Ada' } }, 'Ada Lovelace'],
    ['the given name', { name: { givenName: 'Ada' }, emails: [{ value: 'ada@example.com' }] }, 'Ada'],
    ['the e-mail address', { emails: [{ value: 'ada@example.com' }] }, 'ada@example.com'],
    ['the id', {}, 'the-sub'],
  ]
  for (const [what, parts, heading] of names) {
    it(`is headed by ${what} when there is nothing better`, () => {
      expect(profilePage(parts)).to.include(`<h1>${heading}</h1>`)
    })
  }

  const pictures: ReadonlyArray<readonly [what: string, picture: string]> = [
    ['no picture', ''],
    ['a script as picture', 'javascript:alert(1)'],
    ['a picture inside its address', 'data:image/svg+xml,<svg/>'],
  ]
  for (const [what, value] of pictures) {
    it(`shows initials for ${what}`, () => {
      const page = profilePage({ displayName: 'Ada King Lovelace', ...(value && { photos: [{ value }] }) })
      expect(page).to.include('<span class="initials" aria-hidden="true">AK</span>').and.not.include('<img')
    })
  }

  it('says whether the address is verified, when xAI does', () => {
    const value = 'ada@example.com'
    expect(profilePage({ emails: [{ value, verified: true }] })).to.include('>verified<')
    expect(profilePage({ emails: [{ value, verified: false }] })).to.include('>not verified<')
    expect(profilePage({ emails: [{ value }] })).not.to.include('verified<')
  })

  it('says what is unknown, and what is over', () => {
    expect(profilePage({}))
      .to.include('at a time that xAI does not say')
      .and.include('<dd>xAI does not say</dd>')
    expect(profilePage({}, { expiresAt: new Date(Number.NaN) })).to.include('at a time that xAI does not say')
    expect(profilePage({}, { expiresAt: new Date(Date.now() - 1) })).to.include('has expired')
  })

  it('shows no token', () => {
    const page = profilePage({}, { refreshToken: 'the-refresh-token' })
    expect(page).not.to.include('the-refresh-token').and.not.include('the-access-token')
  })
})

describe('The start page of the example', () => {
  it('has one button, and says where it leads', () => {
    const page = buildStartPage({ signInLink: '/auth/xai', issuer: 'https://auth.x.ai' })
    expect(page).to.include('<a class="button primary" href="/auth/xai">Sign in with xAI</a>')
    expect(page).to.include('Goes to <code>https://auth.x.ai</code>')
    expect(page).not.to.include('<form')
  })
})

describe('The error page of the example', () => {
  const codes = Object.keys(advice) as ProblemCode[]
  for (const code of codes) {
    it(`explains ${code}`, () => {
      const problem = new Problem(code, hostile, 502)
      const page = buildErrorPage({ problem, signInLink: '/auth/xai' })
      expect(page).to.include(`<h1>${advice[code].title}</h1>`).and.include(advice[code].whatToDo)
      expect(page)
        .to.include(`<dd>${escaped}</dd>`)
        .and.include(`<code>${code}</code>`)
        .and.include('<dd>502</dd>')
      expect(page).not.to.include('<script')
      expect(page.match(/<h1>/g)).to.have.lengthOf(1)
    })
  }

  it('takes code, status, words and patience from an error of the strategy', () => {
    const error = new XaiOAuthError('xai_token_exchange_failed', 'the words', { status: 503, retryAfter: 7 })
    expect(Problem.fromError(error)).to.include({
      code: 'xai_token_exchange_failed',
      message: 'the words',
      status: 503,
      retryAfter: 7,
    })
  })

  it('tells nobody but the log what an unexpected error says', () => {
    const problem = Problem.fromError(new Error('a secret of the database'))
    expect(problem).to.include({ code: 'unexpected', status: 500 })
    expect(problem.message).not.to.include('secret')
  })

  it('takes a sign-in that failed without a word for one that was refused', () => {
    const problem = Problem.fromRefusal(undefined, undefined)
    expect(problem).to.include({ code: 'unexpected', status: 401, message: 'The sign-in failed.' })
  })
})

import { expect } from 'chai'
import { XaiOAuthError, type XaiProfile } from 'passport-xai'
import {
  buildProblemPage,
  buildProfilePage,
  buildStartPage,
  type ProfileView,
} from '../../examples/express/page.js'
import {
  type Advice,
  adviceByCode,
  adviceByReason,
  Problem,
  type ProblemCode,
} from '../../examples/express/problem.js'
import type { StateFailureReason } from '../../lib/state/state-store.js'

const hostile = `<script>alert("1")</script>&'`
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'
/** The page's own script is the only one. */
const foreignScript = /<script(?! src="\/script\.js" defer>)/

const profilePage = (profile: Partial<XaiProfile>, view: Partial<ProfileView> = {}): string =>
  buildProfilePage({
    issuer: 'https://auth.x.ai',
    profile: { provider: 'xai', id: 'the-sub', _json: {}, _raw: '{}', ...profile },
    canRefresh: true,
    formToken: 'the-form-token',
    ...view,
  }).replaceAll('<wbr>', '')

describe('The profile page of the example', () => {
  it('escapes whatever xAI says', () => {
    const page = profilePage(
      {
        id: hostile,
        displayName: hostile,
        emails: [{ value: hostile, verified: false }],
        photos: [{ value: `https://example.com/${hostile}` }],
        _json: { claim: hostile },
      },
      { scope: hostile },
    )
    expect(page).not.to.match(foreignScript).and.not.include(hostile)
    expect(page.split(escaped)).to.have.lengthOf(7)
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
    const over = { expiresAt: new Date(Date.now() - 1) }
    expect(profilePage({}, over)).to.include('Has expired')
    expect(profilePage({}, { expiresAt: new Date(Number.NaN) })).to.include('at a time that xAI does not say')
  })

  it('has one primary action, and asks again before it signs out everywhere', () => {
    const page = profilePage({})
    expect(page.match(/class="(button )?primary"/g)).to.have.lengthOf(1)
    expect(page).to.include('<button class="primary">Refresh the token</button>')
    const [fold = ''] = /<details>\n<summary>Sign out everywhere…<\/summary>.*?<\/details>/s.exec(page) ?? []
    expect(fold).to.include('<button class="danger">Yes, sign out everywhere</button>')
    expect(page.match(/class="danger"/g)).to.have.lengthOf(1)
  })

  it('shows the claims as formatted JSON', () => {
    const page = profilePage({ _json: { sub: 'the-sub', email_verified: true } })
    expect(page).to.include(
      '{\n  &quot;sub&quot;: &quot;the-sub&quot;,\n  &quot;email_verified&quot;: true\n}',
    )
  })

  it('lets addresses break after their punctuation alone', () => {
    const profile: XaiProfile = {
      provider: 'xai',
      id: 'a-b',
      emails: [{ value: 'ada@x.ai' }],
      _json: {},
      _raw: '',
    }
    const page = buildProfilePage({ issuer: 'https://auth.x.ai', profile, canRefresh: false, formToken: '' })
    expect(page).to.include('ada@<wbr>x.<wbr>ai').and.include('a-<wbr>b')
  })
})

describe('The start page of the example', () => {
  const ways = [
    { label: 'Sign in with xAI', href: '/auth/xai' },
    { label: 'Use a code', href: '/connect/xai' },
  ]

  it('offers the ways to sign in, the first of them as the primary one, and says where it leads', () => {
    const page = buildStartPage({ ways, issuer: 'https://auth.x.ai' })
    expect(page)
      .to.include('<a class="button primary" href="/auth/xai">Sign in with xAI</a>')
      .and.include('<a class="button" href="/connect/xai">Use a code</a>')
      .and.include('<code>auth.x.ai</code>')
    expect(page).not.to.include('emulator').and.not.include('<form')
  })

  it('says that an emulator stands in for xAI, and who can sign in there', () => {
    const accounts = [
      { id: 'ada', name: 'Ada', email: 'ada@example.com' },
      { id: 'free', tier: 'denied' },
      { id: 'team', principal: { type: 'Team', id: 't-1' } },
    ] as const
    const page = buildStartPage({ ways, issuer: 'http://127.0.0.1:4000', accounts }).replaceAll('<wbr>', '')
    expect(page)
      .to.include('<h2>An emulator stands in for xAI</h2>')
      .and.include('<code>127.0.0.1:4000</code>')
      .and.include(
        '<strong>Ada</strong> <span>ada@example.com</span></span> <span class="good">signs in</span>',
      )
      .and.include('<strong>free</strong> <span></span></span> <span>is refused: not entitled</span>')
      .and.include('<strong>team</strong> <span></span></span> <span>is refused: a Team</span>')
  })
})

describe('The problem page of the example', () => {
  const problemPage = (problem: Problem): string =>
    buildProblemPage({ problem, signInLink: '/auth/xai' }).replaceAll('<wbr>', '')
  const expectOneButton = (page: string): void => {
    expect(page.match(/<a class="button primary" href="(\/auth\/xai|\/)">/g)).to.have.lengthOf(1)
    expect(page).not.to.include('<button')
    expect(page.match(/<h1>/g)).to.have.lengthOf(1)
  }

  for (const code of Object.keys(adviceByCode) as ProblemCode[]) {
    it(`explains ${code} to the person, and the rest to the operator in a fold`, () => {
      const page = problemPage(new Problem(code, hostile, 502))
      const [visible = '', fold = ''] = page.split('<details>')
      const { title, person } = adviceByCode[code]
      expect(visible).to.include(`<h1>${title}</h1>`).and.include(person)
      expect(visible).not.to.include(code).and.not.include(escaped)
      expect(fold)
        .to.include(`<dd>${escaped}</dd>`)
        .and.include(`<code>${code}</code>`)
        .and.include('<dd>502</dd>')
      expect(page).not.to.match(foreignScript)
      expectOneButton(page)
    })
  }

  // Does not compile when the library knows a reason that the example has no advice on.
  const everyReason: Record<StateFailureReason, Advice> = adviceByReason
  for (const [reason, advice] of Object.entries(everyReason)) {
    it(`advises a person whose state is refused as ${reason}`, () => {
      const problem = Problem.fromRefusal({ code: 'xai_state_invalid', reason, message: 'the words' }, 403)
      const page = problemPage(problem)
      expect(page).to.include(`<h1>${advice.title}</h1>`).and.include(advice.person)
      expect(page).to.include(`<dt>Reason</dt>\n<dd><code>${reason}</code></dd>`)
      expectOneButton(page)
    })
  }

  for (const reason of ['another', 'toString', undefined]) {
    it(`has general advice for the reason ${reason}`, () => {
      const problem = Problem.fromRefusal({ code: 'xai_state_invalid', reason, message: 'the words' }, 403)
      expect(problemPage(problem)).to.include(`<h1>${adviceByCode.xai_state_invalid.title}</h1>`)
    })
  }

  it('has general advice for a code that it does not know', () => {
    const problem = Problem.fromRefusal({ code: 'constructor', message: 'the words' }, 403)
    expect(problemPage(problem)).to.include(`<h1>${adviceByCode.unexpected.title}</h1>`)
  })

  it('says how long to wait when xAI does', () => {
    const error = new XaiOAuthError('xai_token_exchange_failed', 'the words', { status: 503, retryAfter: 7 })
    const problem = Problem.fromError(error)
    expect(problem).to.include({
      code: 'xai_token_exchange_failed',
      message: 'the words',
      status: 503,
      retryAfter: 7,
    })
    expect(problemPage(problem)).to.include('Wait 7 seconds before you try again.')
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

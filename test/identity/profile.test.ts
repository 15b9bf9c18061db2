import { expect } from 'chai'
import { buildProfile, hasPersonalClaims } from '../../lib/identity/profile.js'

const sub = '3f0c8a52'

describe('the profile', () => {
  it('has Passport’s portable shape', () => {
    const claims = {
      sub,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      email: 'ada@example.com',
      email_verified: true,
      picture: 'https://x.ai/ada.png',
    }
    expect(buildProfile(claims, 'raw')).to.deep.equal({
      provider: 'xai',
      id: sub,
      displayName: 'Ada Lovelace',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: 'ada@example.com', verified: true }],
      photos: [{ value: 'https://x.ai/ada.png' }],
      _json: claims,
      _raw: 'raw',
    })
  })

  const absences: ReadonlyArray<readonly [what: string, claims: object, rest: object]> = [
    ['everything but the sub', {}, {}],
    ['a family name (empty at xAI)', { given_name: 'Ada', family_name: '' }, { name: { givenName: 'Ada' } }],
    ['a given name', { family_name: 'Lovelace' }, { name: { familyName: 'Lovelace' } }],
    ['both names', { given_name: '', family_name: '' }, {}],
    ['a name', { name: '' }, {}],
    ['a picture', { picture: '' }, {}],
    ['an e-mail address', { email: '', email_verified: true }, {}],
    ['whether the address is verified', { email: 'a@example.com' }, { emails: [{ value: 'a@example.com' }] }],
    [
      'a verification that is a boolean',
      { email: 'a@example.com', email_verified: 'true' },
      { emails: [{ value: 'a@example.com' }] },
    ],
    [
      'a verification, which is denied',
      { email: 'a@example.com', email_verified: false },
      { emails: [{ value: 'a@example.com', verified: false }] },
    ],
    [
      'any value of the right type',
      { name: 1, given_name: {}, family_name: [], email: ['a@example.com'], picture: null },
      {},
    ],
  ]
  for (const [what, claims, rest] of absences)
    it(`invents nothing when the claims lack ${what}`, () => {
      const all = { sub, ...claims }
      expect(buildProfile(all, '')).to.deep.equal({ provider: 'xai', id: sub, ...rest, _json: all, _raw: '' })
    })
})

describe('personal claims', () => {
  for (const claim of ['name', 'given_name', 'family_name', 'email', 'picture']) {
    it(`are there with ${claim}`, () => {
      expect(hasPersonalClaims({ sub, [claim]: 'text' })).to.equal(true)
    })
    it(`are not there with an empty ${claim}`, () => {
      expect(hasPersonalClaims({ sub, [claim]: '' })).to.equal(false)
    })
  }
})

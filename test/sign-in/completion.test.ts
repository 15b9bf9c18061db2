import { expect } from 'chai'
import type { Request } from 'express'
import { XaiOAuthError } from '../../lib/index.js'
import { type CompletionContext, completeSignIn } from '../../lib/sign-in/completion.js'
import { parseVerify } from '../../lib/sign-in/verify.js'
import { failureOf } from '../support/failure.js'

/** Signs in whom the id_token calls `sub`, with a userProfile that the application has replaced. */
const complete = (sub: string | undefined, found: unknown) =>
  completeSignIn(
    {
      settings: { skipUserProfile: false },
      identity: { identify: async () => sub && { claims: { sub } } },
      verify: parseVerify('XaiStrategy', ({ profile }: { profile: unknown }) => ({ profile }), false),
      req: {} as Request,
      replacedUserProfile: (_token: string, done: (error: null, found: unknown) => void) => done(null, found),
    } as unknown as CompletionContext,
    { tokens: { access_token: 'AT-1' }, nonce: undefined, scope: 'openid', applicationState: undefined },
  )

describe('a replaced userProfile', () => {
  const fitting: ReadonlyArray<readonly [what: string, sub: string | undefined, profile: unknown]> = [
    ['xAI’s profile of the person of the id_token', 'ada', { provider: 'xai', id: 'ada' }],
    ['a profile of the application’s own', 'ada', { provider: 'notes', id: 'eve' }],
    ['xAI’s profile where there is no id_token', undefined, { provider: 'xai', id: 'eve' }],
    ['no profile', 'ada', undefined],
  ]
  for (const [what, sub, profile] of fitting)
    it(`may find ${what}`, async () => {
      expect(await complete(sub, profile)).to.deep.equal({ kind: 'success', user: { profile }, info: {} })
    })

  it('may not find xAI’s profile of anybody but the person of the id_token', async () => {
    const error = await failureOf(complete('ada', { provider: 'xai', id: 'eve' }))
    expect(error).to.be.instanceOf(XaiOAuthError)
    expect(error).to.include({
      code: 'xai_userinfo_invalid',
      message: 'xAI userinfo cannot be used: its sub is not the one of the id_token',
    })
  })
})

import { expect } from 'chai'
import { XaiStrategy } from '../../lib/index.js'
import { begin, type PassportAction, run } from '../support/passport-run.js'

/** Too short for a token, so it is hidden only as the code that came. */
const code = 'Code-1'

const build = (): XaiStrategy =>
  new XaiStrategy(
    { clientID: 'client', callbackURL: 'https://app.example/callback', scope: 'api:access' },
    async ({ tokens }) => tokens,
  )

/** What Passport is told of a callback with these parameters and a state that is right. */
async function actionOf(parameters: Record<string, string>): Promise<PassportAction> {
  const strategy = build()
  const { session, parameters: asked } = await begin(strategy)
  const query = { state: asked.get('state'), ...parameters }
  const [action, ...others] = await run(strategy, { session, query })
  expect(others).to.be.empty
  return action as PassportAction
}

describe('a request that neither begins nor ends a sign-in', () => {
  const problems = [
    ['there is a code without a state', { query: { code } }],
    ['its method is HEAD', { method: 'HEAD' }],
  ] as const
  for (const [problem, request] of problems)
    it(`is told that ${problem}`, async () => {
      expect(await run(build(), request)).to.deep.equal([
        {
          kind: 'fail',
          values: [
            {
              code: 'xai_callback_invalid',
              message: `This request neither begins nor ends a sign-in: ${problem}.`,
            },
            400,
          ],
        },
      ])
    })
})

describe('a callback that refuses', () => {
  it('hides the code that it repeats in any of its words', async () => {
    const { kind, values } = await actionOf({
      code,
      error: `odd ${code}`,
      error_description: `no ${code}`,
      error_uri: `https://x.ai/?c=${code}`,
    })
    expect(kind).to.equal('error')
    expect(values[0]).to.include({
      code: 'xai_authorization_failed',
      message: 'xAI refused the authorization: odd [redacted]: no [redacted]',
      error: 'odd [redacted]',
      error_description: 'no [redacted]',
      error_uri: 'https://x.ai/?c=[redacted]',
    })
  })

  it('has no words that xAI did not send', async () => {
    const { values } = await actionOf({ error: 'server_error' })
    expect(values[0]).to.include({ message: 'xAI refused the authorization: server_error' })
    expect(values[0]).not.to.have.any.keys('error_description', 'error_uri')
  })

  it('is told which iss was expected and which came, without the code, in 200 characters at most', async () => {
    const failures = [
      [`https://evil.example/${code}`, 'https://evil.example/[redacted]'],
      [`x ${'y '.repeat(200)}`, `x ${'y '.repeat(99)}`],
    ] as const
    for (const [iss, received] of failures)
      expect(await actionOf({ code, iss })).to.deep.equal({
        kind: 'fail',
        values: [
          {
            code: 'xai_callback_invalid',
            message: `This callback has an unexpected iss: expected "https://auth.x.ai", received "${received}".`,
          },
          403,
        ],
      })
  })
})

import { expect } from 'chai'
import { endingOf, load } from '../support/application.js'
import { Scene, stores, withParameters } from './scene.js'

const forgedWords = 'Call 555-0100 to unlock your account'
const forged = { code: undefined, error: 'server_error', error_description: forgedWords }

for (const [name, setup] of stores)
  describe(`an attack with a forged answer, with a ${name}`, () => {
    let scene: Scene
    afterEach(() => scene.close())

    const forgeries: ReadonlyArray<readonly [what: string, state: string | undefined, reason: string]> = [
      ['no state', undefined, 'unknown'],
      ['a guessed state', 'guess', 'unknown'],
    ]
    for (const [what, state, reason] of forgeries)
      for (const error of ['server_error', 'access_denied'])
        it(`lets the forged text of ${error} with ${what} reach nobody`, async () => {
          scene = await Scene.build(setup)
          const callback = await scene.pending()
          const response = await scene.victim.get(withParameters(callback, { ...forged, error, state }))
          await scene.expectRefused(endingOf(response), 403, { code: 'xai_state_invalid', reason })
          expect(response.body).not.to.include('unlock your account')
          await scene.expectCompletion(callback)
        })

    it('lets forged text reach nobody who has no sign-in pending', async () => {
      scene = await Scene.build(setup)
      const url = `${scene.application.callbackURL}?${new URLSearchParams({ error: 'access_denied', error_description: forgedWords })}`
      const response = await scene.victim.get(url)
      await scene.expectRefused(endingOf(response), 403, { code: 'xai_state_invalid', reason: 'missing' })
      expect(response.body).not.to.include('unlock your account')
    })

    it('lets forged text with the state of another browser reach nobody', async () => {
      scene = await Scene.build(setup)
      const bait = withParameters(await scene.application.arrive(scene.attacker), forged)
      const callback = await scene.pending()
      const response = await scene.victim.get(bait)
      await scene.expectRefused(endingOf(response), 403, { code: 'xai_state_invalid', reason: 'unknown' })
      expect(response.body).not.to.include('unlock your account')
      await scene.expectCompletion(callback)
    })

    it('reports an error of xAI’s own as what it is, and asks for no token', async () => {
      scene = await Scene.build(setup)
      const uri = 'https://x.ai/help'
      const callback = withParameters(await scene.pending(), { ...forged, error_uri: uri })
      const { status, outcome, error } = await load(scene.victim, callback)
      expect({ status, outcome, ...error }).to.include({
        status: 502,
        outcome: 'error',
        code: 'xai_authorization_failed',
        message: `xAI refused the authorization: server_error: ${forgedWords}`,
      })
      expect(scene.tokenRequests).to.equal(0)
    })

    for (const [what, description, message] of [
      ['with words', 'Not today', 'Not today'],
      ['without a word', undefined, 'Access was denied at xAI.'],
    ] as const)
      it(`reports access_denied ${what} as a failure`, async () => {
        scene = await Scene.build(setup)
        const answer = { code: undefined, error: 'access_denied', error_description: description }
        const ending = await load(scene.victim, withParameters(await scene.pending(), answer))
        expect(ending).to.deep.equal({
          status: 403,
          outcome: 'fail',
          info: { code: 'access_denied', message },
        })
        expect(scene.tokenRequests).to.equal(0)
      })

    it('believes an error before a code that comes with it', async () => {
      scene = await Scene.build(setup)
      const ending = await load(
        scene.victim,
        withParameters(await scene.pending(), { error: 'server_error' }),
      )
      expect(ending.error).to.include({
        code: 'xai_authorization_failed',
        message: 'xAI refused the authorization: server_error',
      })
      expect(scene.tokenRequests).to.equal(0)
    })

    const issuers: ReadonlyArray<readonly [what: string, change: (issuer: string) => string]> = [
      ['another issuer', () => 'https://attacker.example'],
      ['the issuer with a slash', (issuer) => `${issuer}/`],
      ['the issuer in capitals', (issuer) => issuer.toUpperCase()],
    ]
    for (const [what, change] of issuers)
      it(`refuses a mixed-up iss: ${what}`, async () => {
        scene = await Scene.build(setup)
        const iss = change(scene.emulator.issuer)
        const ending = await load(scene.victim, withParameters(await scene.pending(), { iss }))
        await scene.expectRefused(ending, 403, { code: 'xai_callback_invalid' })
        await scene.expectCompletion(await scene.pending())
      })

    it('refuses a mixed-up iss before it believes an error', async () => {
      scene = await Scene.build(setup)
      const answer = { ...forged, iss: 'https://attacker.example' }
      const response = await scene.victim.get(withParameters(await scene.pending(), answer))
      await scene.expectRefused(endingOf(response), 403, { code: 'xai_callback_invalid' })
      expect(response.body).not.to.include('unlock your account')
    })

    it('believes a state before an iss', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      const answer = { state: 'guess', iss: 'https://attacker.example' }
      const ending = await load(scene.victim, withParameters(callback, answer))
      await scene.expectRefused(ending, 403, { code: 'xai_state_invalid' })
      await scene.expectCompletion(callback)
    })

    it('completes a sign-in whose iss is right', async () => {
      scene = await Scene.build(setup, { issOnCallback: true })
      const callback = await scene.pending()
      expect(new URL(callback).searchParams.get('iss')).to.equal(scene.emulator.issuer)
      await scene.expectCompletion(callback)
    })
  })

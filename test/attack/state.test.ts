import { expect } from 'chai'
import { defaultClients, type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { ApplicationOptions } from '../support/application.js'
import { endingOf, load } from '../support/application.js'
import { Scene, stores, withParameters } from './scene.js'

const invalid = 'xai_state_invalid'

for (const [name, setup] of stores)
  describe(`an attack on the state in a ${name}`, () => {
    let scene: Scene
    let dishonest: Emulator | undefined
    afterEach(async () => {
      await scene.close()
      await dishonest?.close()
      dishonest = undefined
    })

    it('refuses the state of another browser', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      const ending = await load(scene.attacker, callback)
      await scene.expectRefused(ending, 403, { code: invalid, reason: 'missing' })
      await scene.expectCompletion(callback)
    })

    it('refuses the state of another browser that has a sign-in of its own pending', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      const own = await scene.application.arrive(scene.attacker)
      const stolen = withParameters(own, { state: new URL(callback).searchParams.get('state') ?? '' })
      await scene.expectRefused(await load(scene.attacker, stolen), 403, { code: invalid, reason: 'unknown' })
      await scene.expectCompletion(callback)
    })

    it('refuses login CSRF: the attacker’s code and state in the victim’s browser', async () => {
      scene = await Scene.build(setup)
      const bait = await scene.application.arrive(scene.attacker)
      await scene.expectRefused(await load(scene.victim, bait), 403, { code: invalid, reason: 'missing' })
      const callback = await scene.pending()
      await scene.expectRefused(await load(scene.victim, bait), 403, { code: invalid, reason: 'unknown' })
      await scene.expectCompletion(callback)
    })

    it('refuses login CSRF by a form POST from another site', async () => {
      scene = await Scene.build(setup)
      const bait = new URL(await scene.application.arrive(scene.attacker)).searchParams
      const callback = await scene.pending()
      const ending = endingOf(await scene.victim.post(scene.application.callbackURL, bait))
      await scene.expectRefused(ending, 403, { code: invalid, reason: 'unknown' })
      await scene.expectCompletion(callback)
    })

    for (const guess of ['guess', 'A'.repeat(43), '__proto__', 'constructor', '0', '[object Object]'])
      it(`refuses the guessed state ${guess}`, async () => {
        scene = await Scene.build(setup)
        const callback = await scene.pending()
        const ending = await load(scene.victim, withParameters(callback, { state: guess }))
        await scene.expectRefused(ending, 403, { code: invalid, reason: 'unknown' })
        await scene.expectCompletion(callback)
      })

    it('refuses a callback that is replayed', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      await scene.expectCompletion(callback)
      for (const browser of [scene.victim, scene.attacker]) {
        const { status, info } = await load(browser, callback)
        expect({ status, ...info }).to.include({ status: 403, code: invalid, reason: 'used' })
      }
      expect(scene.tokenRequests).to.equal(1)
    })

    it('exchanges the code once when a callback comes twice at the same time', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      const endings = await Promise.all([load(scene.victim, callback), load(scene.victim, callback)])
      expect(endings.map(({ outcome }) => outcome)).to.have.members(['success', 'fail'])
      expect(endings.find(({ outcome }) => outcome === 'fail')?.info).to.include({
        code: invalid,
        reason: 'used',
      })
      expect(scene.tokenRequests).to.equal(1)
    })

    it('refuses a sign-in that began with another redirect URI', async () => {
      const other = (): string => `${scene.application.origin}/other`
      scene = await Scene.build({
        ...setup,
        begin: () => ({ callbackURL: other() }),
        extend: (app, application) =>
          app.get('/other', (req, res, next) =>
            application.finish('xai', { callbackURL: other() })(req, res, next),
          ),
      })
      const callback = await scene.pending()
      const ending = await load(scene.victim, callback.replace('/other', '/callback'))
      await scene.expectRefused(ending, 403, { code: invalid, reason: 'mismatch' })
      await scene.expectCompletion(callback)
    })

    /** A second strategy in the same application, on routes of its own, with the same redirect URI. */
    const second = (changes: Partial<ApplicationOptions>): Pick<ApplicationOptions, 'extend'> => ({
      extend: (app, application) => {
        application.passport.use('second', application.buildStrategy(changes))
        app.get('/second', application.passport.authenticate('second'))
        app.get('/second-callback', application.finish('second'))
      },
    })

    it('refuses the state of another client on the same host', async () => {
      const { clientID, clientSecret } = defaultClients[1]!
      scene = await Scene.build({
        ...setup,
        ...second({ clientID, strategy: { clientSecret: clientSecret! } }),
      })
      const callback = await scene.pending('/second')
      await scene.expectRefused(await load(scene.victim, callback), 403, {
        code: invalid,
        reason: 'mismatch',
      })
      const ending = await load(scene.victim, callback.replace('/callback', '/second-callback'))
      expect(ending).to.include({ outcome: 'success' })
    })

    it('refuses a mix-up: a sign-in that began at another issuer', async () => {
      dishonest = await startEmulator({ signInAs: 'personal' })
      scene = await Scene.build({ ...setup, ...second({ issuer: dishonest.issuer }) })
      const callback = await scene.pending()
      const ending = await load(scene.victim, callback.replace('/callback', '/second-callback'))
      await scene.expectRefused(ending, 403, { code: invalid, reason: 'mismatch' })
      expect(dishonest.requests).to.deep.equal([])
      await scene.expectCompletion(callback)
    })
  })

import { expect } from 'chai'
import type { Express, RequestHandler } from 'express'
import type { EmulatorOptions } from '../../lib/emulator/index.js'
import { type Application, endingOf, load } from '../support/application.js'
import type { CookieClient } from '../support/browserless-client.js'
import { Scene, stores } from './scene.js'

const superseded = { code: 'xai_state_invalid', reason: 'superseded' }

const twoAccounts: EmulatorOptions = {
  accounts: [
    { id: 'victim', sub: 'sub-victim', name: 'Victim' },
    { id: 'attacker', sub: 'sub-attacker', name: 'Attacker' },
  ],
}

/** Puts every cookie of the application into another browser, as somebody at that machine can do. */
const plant = (scene: Scene, from: CookieClient, into: CookieClient): void => {
  const url = new URL(scene.application.origin)
  const cookies = from.jar
    .matching(url)
    .filter(({ name }) => name === 'connect.sid' || name.startsWith('xai.'))
  into.jar.keep(
    cookies.map(({ name, value }) => `${name}=${value}; Path=/`),
    url,
  )
}

for (const [store, setup] of stores)
  describe(`a sign-in that was planted in another browser, with a ${store}`, () => {
    let scene: Scene
    let linked: unknown[]
    beforeEach(() => {
      linked = []
    })
    afterEach(() => scene.close())

    /** Routes that link an xAI account to whoever is signed in, and a way in and out that has nothing to do with xAI. */
    const addRoutes = (app: Express, application: Application): void => {
      const options = { callbackURL: `${application.origin}/link-callback` }
      const authorize = (...more: unknown[]): RequestHandler =>
        Reflect.apply(application.passport.authorize, application.passport, ['xai', options, ...more])
      app.get('/link', authorize())
      app.get('/link-callback', (req, res, next) => {
        const ended = (error: unknown, account: { id: string } | false, info: object, status = 401): void => {
          if (error) return next(error)
          if (!account) return void res.status(status).json({ outcome: 'fail', info })
          linked.push([(req.user as { id?: string } | undefined)?.id, account.id])
          res.json({ outcome: 'success' })
        }
        authorize(ended)(req, res, next)
      })
      app.get('/login', (req, res, next) =>
        req.logIn({ id: `${req.query.as}` } as Express.User, (error) => (error ? next(error) : res.json({}))),
      )
      app.get('/logout', (req, res, next) => req.logOut((error) => (error ? next(error) : res.json({}))))
    }

    const build = async (): Promise<void> => {
      scene = await Scene.build({ ...setup, extend: addRoutes }, twoAccounts)
    }
    const at = (path: string): string => `${scene.application.origin}${path}`

    for (const [what, path] of [
      ['link the attacker’s account to the victim’s', '/link'],
      ['sign the victim in as the attacker', '/sign-in'],
    ] as const)
      it(`does not ${what} after the victim signed in with xAI`, async () => {
        await build()
        const bait = await scene.arriveAs(scene.attacker, 'attacker', path)
        plant(scene, scene.attacker, scene.victim)
        const own = await load(scene.victim, await scene.arriveAs(scene.victim, 'victim'))
        expect(own).to.include({ outcome: 'success' })
        scene.emulator.clearRequests()
        const ending = await load(scene.victim, bait)
        expect(ending).to.include({ status: 403, outcome: 'fail' })
        expect(ending.info).to.include(superseded)
        expect(scene.tokenRequests).to.equal(0)
        expect(linked).to.deep.equal([])
        expect(await scene.signedIn(scene.victim)).to.include({ id: 'sub-victim' })
      })

    it('does not link the attacker’s account after the victim signed in by password', async () => {
      await build()
      const bait = await scene.arriveAs(scene.attacker, 'attacker', '/link')
      plant(scene, scene.attacker, scene.victim)
      await scene.victim.get(at('/login?as=bob'))
      const ending = await load(scene.victim, bait)
      expect(ending).to.include({ status: 403, outcome: 'fail' })
      expect(ending.info).to.include(superseded)
      expect(scene.tokenRequests).to.equal(0)
      expect(linked).to.deep.equal([])
    })

    it('ends with the account under which it began', async () => {
      await build()
      await scene.victim.get(at('/login?as=alice'))
      const callback = await scene.arriveAs(scene.victim, 'victim', '/link')
      await scene.victim.get(at('/logout'))
      await scene.victim.get(at('/login?as=bob'))
      const ending = await load(scene.victim, callback)
      expect(ending).to.include({ status: 403 })
      expect(ending.info).to.include(superseded)
      expect(scene.tokenRequests).to.equal(0)
      expect(linked).to.deep.equal([])
    })

    it('goes on for the person who began it and is signed in still', async () => {
      await build()
      await scene.victim.get(at('/login?as=alice'))
      const callbacks = [
        await scene.arriveAs(scene.victim, 'victim', '/link'),
        await scene.arriveAs(scene.victim, 'victim', '/link'),
      ]
      for (const callback of callbacks) expect(await load(scene.victim, callback)).to.include({ status: 200 })
      expect(linked).to.deep.equal([
        ['alice', 'sub-victim'],
        ['alice', 'sub-victim'],
      ])
    })
  })

describe('two tabs that sign in with keepSessionInfo', () => {
  let scene: Scene
  afterEach(() => scene.close())

  it('both sign in, because Passport keeps what was pending in the session', async () => {
    scene = await Scene.build({
      extend: (app, { passport }) =>
        app.get('/callback', passport.authenticate('xai', { keepSessionInfo: true, successRedirect: '/me' })),
    })
    const [first, second] = [await scene.pending(), await scene.pending()]
    for (const callback of [first, second]) expect((await scene.victim.get(callback)).status).to.equal(302)
    expect(scene.tokenRequests).to.equal(2)
    const again = await scene.victim.get(second)
    expect(again.status).to.equal(403)
    expect(scene.tokenRequests).to.equal(2)
  })
})

for (const [store, setup] of stores)
  describe(`a page of another site that begins sign-ins in a victim’s browser, with a ${store}`, () => {
    let scene: Scene
    afterEach(() => scene.close())

    it('pushes out its own, not the one that the person began', async () => {
      scene = await Scene.build(setup)
      const callback = await scene.pending()
      for (let n = 0; n < 20; n += 1) {
        const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
        const begun = await scene.victim.get(`${scene.application.origin}/sign-in`, { headers })
        expect(begun.status).to.equal(302)
      }
      expect(endingOf(await scene.victim.get(callback))).to.include({ outcome: 'success' })
    })
  })

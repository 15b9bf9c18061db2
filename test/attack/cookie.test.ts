import { expect } from 'chai'
import { CookieStateStore } from '../../lib/index.js'
import { type ApplicationOptions, endingOf } from '../support/application.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { Scene } from './scene.js'

const invalid = 'xai_state_invalid'
const foreignSecret = 'a secret that the application does not have'

/** What a browser sends for a header, whatever its own cookies are. */
const loadWith = (scene: Scene, callback: string, cookie: string): Promise<ClientResponse> =>
  scene.attacker.get(callback, { headers: { cookie } })

const setCookies = ({ headers }: ClientResponse): readonly string[] => headers['set-cookie'] ?? []

describe('an attack on the cookies of a CookieStateStore', () => {
  let scene: Scene
  afterEach(() => scene.close())

  const build = (options: Partial<ApplicationOptions> = {}): Promise<Scene> =>
    Scene.build({ store: 'cookie', session: false, ...options })

  const cookieOf = (callback: string): string => scene.victim.jar.headerFor(new URL(callback)) ?? ''

  const forgeries: ReadonlyArray<
    readonly [what: string, change: (cookie: string) => string, reason: string]
  > = [
    ['tampered with', (cookie) => `${cookie.slice(0, 200)}AAAA${cookie.slice(204)}`, 'unreadable'],
    ['truncated', (cookie) => cookie.slice(0, -10), 'unreadable'],
    ['emptied', (cookie) => cookie.replace(/=.*/s, '='), 'unreadable'],
    ['renamed to another state', (cookie) => cookie.replace(/[\w-]{16}=/, 'AAAAAAAAAAAAAAAA='), 'unknown'],
    ['filled up to 12 KB', (cookie) => `${cookie}${'A'.repeat(12_000)}`, 'unreadable'],
    ['taken away', () => 'unrelated=1', 'missing'],
  ]
  for (const [what, change, reason] of forgeries)
    it(`refuses a cookie that was ${what}`, async () => {
      scene = await build()
      const callback = await scene.pending()
      const ending = endingOf(await loadWith(scene, callback, change(cookieOf(callback))))
      expect(ending).to.include({ status: 403, outcome: 'fail' })
      expect(ending.info).to.include({ code: invalid, reason })
      expect(scene.tokenRequests).to.equal(0)
      expect(endingOf(await scene.victim.get(callback))).to.include({ outcome: 'success' })
    })

  it('refuses a cookie that a foreign secret sealed', async () => {
    scene = await build({
      extend: (app, application) => {
        const store = new CookieStateStore({ secret: foreignSecret })
        application.passport.use('foreign', application.buildStrategy({ store }))
        app.get('/foreign', application.passport.authenticate('foreign'))
      },
    })
    const { headers } = await scene.victim.get(`${scene.application.origin}/foreign`)
    const state = new URL(`${headers.location}`).searchParams.get('state')
    const ending = endingOf(await scene.victim.get(`${scene.application.callbackURL}?code=c&state=${state}`))
    expect(ending.info).to.include({ code: invalid, reason: 'unreadable' })
    expect(scene.tokenRequests).to.equal(0)
  })

  it('refuses the cookie of another sign-in under the name of this one', async () => {
    scene = await build()
    const callback = await scene.pending()
    const name = cookieOf(callback).split('=')[0]
    const own = await scene.application.arrive(scene.attacker)
    const value = scene.attacker.jar.headerFor(new URL(own))?.split('=')[1]
    const ending = endingOf(await loadWith(scene, callback, `${name}=${value}`))
    expect(ending.info).to.include({ code: invalid, reason: 'unreadable' })
    expect(scene.tokenRequests).to.equal(0)
    expect(endingOf(await scene.victim.get(callback))).to.include({ outcome: 'success' })
  })

  it('survives a flood of 5,000 cookies of its own form: one is opened, 32 are removed', async () => {
    scene = await build({ maxHeaderSize: 2 ** 20 })
    const callback = await scene.pending()
    const honest = cookieOf(callback)
    const planted = Array.from(
      { length: 5000 },
      (_, n) => `xai.0${n.toString(36).padStart(8, '0')}.${`${n}`.padStart(16, 'x')}=junk`,
    )
    const flood = [...planted, honest].join('; ')
    const begun = await loadWith(scene, `${scene.application.origin}/sign-in`, flood)
    expect(begun.status).to.equal(302)
    const removed = setCookies(begun).filter((header) => header.includes('Max-Age=0'))
    expect(removed).to.have.lengthOf(32)
    expect(removed.join()).not.to.include(honest.split('=')[0])
    expect(setCookies(begun)).to.have.lengthOf(33)
    const finished = await loadWith(scene, callback, flood)
    expect(endingOf(finished)).to.include({ outcome: 'success' })
    expect(setCookies(finished)).to.have.lengthOf(1)
    expect(scene.tokenRequests).to.equal(1)
  })

  it('survives a flood of cookies that claim to have begun later than any of its own', async () => {
    scene = await build()
    const planted = Array.from(
      { length: 20 },
      (_, n) => `xai.1zzzzzzz${n % 10}.${`${n}`.padStart(16, 'x')}=junk`,
    )
    const begun = await loadWith(scene, `${scene.application.origin}/sign-in`, planted.join('; '))
    const own = setCookies(begun)
      .find((header) => !header.includes('Max-Age=0'))
      ?.split(';')[0]
    const { headers } = await scene.attacker.open(`${begun.headers.location}`, (location) =>
      location.startsWith(scene.application.origin),
    )
    const ending = endingOf(await loadWith(scene, `${headers.location}`, [...planted, own].join('; ')))
    expect(ending).to.include({ outcome: 'success' })
  })
})

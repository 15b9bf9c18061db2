import { expect } from 'chai'
import type { Express } from 'express'

import OAuth2Strategy = require('passport-oauth2')

import type { EmulatorOptions } from '../../lib/emulator/index.js'
import type { XaiSignIn } from '../../lib/index.js'
import { type Application, endingOf } from '../support/application.js'
import type { ClientResponse } from '../support/browserless-client.js'
import { Gate } from '../support/gate.js'
import { Scene, stores } from './scene.js'

const twoAccounts: EmulatorOptions = {
  accounts: [
    { id: 'one', sub: 'sub-one', name: 'One' },
    { id: 'two', sub: 'sub-two', name: 'Two' },
  ],
}

/** A meeting: everybody who arrives waits until as many as were expected are there. */
const buildMeeting = (expected: number): (() => Promise<void>) => {
  const everybody = new Gate()
  let present = 0
  return () => {
    present += 1
    if (present === expected) everybody.open()
    return everybody.passed
  }
}

describe('two people who sign in at the same time', () => {
  let scene: Scene
  afterEach(() => scene.close())

  const ways: ReadonlyArray<
    readonly [what: string, route: (application: Application, app: Express) => void]
  > = [
    [
      'through passport.authenticate(strategyInstance)',
      (application, app) => app.get('/callback', application.finish(application.strategy)),
    ],
    [
      'through passport.authenticate(name)',
      (application, app) => app.get('/callback', application.finish('xai')),
    ],
  ]
  for (const [name, setup] of stores)
    for (const [what, route] of ways)
      it(`are never mixed up ${what}, with a ${name}`, async () => {
        const meet = buildMeeting(2)
        const verify = async ({ profile: { id, displayName } }: XaiSignIn) => {
          await meet()
          return { id, name: displayName }
        }
        scene = await Scene.build(
          { ...setup, verify, extend: (app, application) => route(application, app) },
          twoAccounts,
        )
        const [one, two] = [
          await scene.arriveAs(scene.victim, 'one'),
          await scene.arriveAs(scene.attacker, 'two'),
        ]
        const answers = await Promise.all([scene.victim.get(one), scene.attacker.get(two)])
        expect(answers.map((answer) => endingOf(answer).user?.id)).to.deep.equal(['sub-one', 'sub-two'])
        expect(await scene.signedIn(scene.victim)).to.include({ id: 'sub-one' })
        expect(await scene.signedIn(scene.attacker)).to.include({ id: 'sub-two' })
      })

  it('are never mixed up when one is refused while the other is at verify', async () => {
    const [atVerify, released] = [new Gate(), new Gate()]
    const verify = async ({ profile: { id } }: XaiSignIn) => {
      atVerify.open()
      await released.passed
      return { id }
    }
    scene = await Scene.build(
      {
        verify,
        extend: (app, application) => app.get('/callback', application.finish(application.strategy)),
      },
      twoAccounts,
    )
    const honest = scene.victim.get(await scene.arriveAs(scene.victim, 'one'))
    await atVerify.passed
    const refused = await scene.attacker.get(`${scene.application.callbackURL}?code=c&state=s`)
    expect(endingOf(refused)).to.include({ status: 403, outcome: 'fail' })
    released.open()
    expect(endingOf(await honest).user).to.deep.equal({ id: 'sub-one' })
    expect(await scene.signedIn(scene.attacker)).to.equal(null)
  })

  it('are mixed up by passport-oauth2’s own strategy, which is why ours binds each request', async () => {
    const [oneAtVerify, twoAtVerify] = [new Gate(), new Gate()]
    const subjectOf = ({ id_token }: { id_token: string }): string =>
      JSON.parse(Buffer.from(`${id_token.split('.')[1]}`, 'base64url').toString()).sub
    scene = await Scene.build(
      {
        extend: (app, application) => {
          const { issuer } = application
          const stock = new OAuth2Strategy(
            {
              authorizationURL: `${issuer}/oauth2/authorize`,
              tokenURL: `${issuer}/oauth2/token`,
              clientID: 'emulator-public',
              clientSecret: '',
              callbackURL: application.callbackURL,
              scope: 'openid',
              state: true,
              pkce: true,
            },
            async (
              _access: string,
              _refresh: string,
              params: { id_token: string },
              _profile: object,
              done: OAuth2Strategy.VerifyCallback,
            ) => {
              const id = subjectOf(params)
              if (id === 'sub-two') return twoAtVerify.open()
              oneAtVerify.open()
              await twoAtVerify.passed
              done(null, { id })
            },
          )
          app.get('/sign-in', application.finish(stock as never))
          app.get('/callback', application.finish(stock as never))
        },
      },
      { ...twoAccounts, requireCodeChallengeEcho: false },
    )
    const [one, two] = [
      await scene.arriveAs(scene.victim, 'one'),
      await scene.arriveAs(scene.attacker, 'two'),
    ]
    const unanswered: Promise<ClientResponse | 'no answer'> = scene.victim.get(one).catch(() => 'no answer')
    await oneAtVerify.passed
    const answer = await scene.attacker.get(two)
    expect(endingOf(answer).user).to.deep.equal({ id: 'sub-one' })
    expect(await scene.signedIn(scene.attacker)).to.deep.equal({ id: 'sub-one' })
    await scene.application.close()
    expect(await unanswered).to.equal('no answer')
  })
})

describe('a shared strategy', () => {
  let scene: Scene
  afterEach(() => scene.close())

  it('is not written to by any request', async () => {
    scene = await Scene.build()
    const { strategy } = scene.application
    for (const part of [strategy, ...Object.values(strategy)]) Object.freeze(part)
    const callback = await scene.pending()
    await scene.expectCompletion(callback)
  })
})

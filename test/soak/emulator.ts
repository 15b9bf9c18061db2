import { setTimeout as wait } from 'node:timers/promises'
import { startEmulator } from '../../lib/emulator/index.js'
import { XaiStrategy } from '../../lib/index.js'
import { signInDirectly } from '../support/direct-sign-in.js'
import { Child, serveParent } from './child.js'
import { Complaints, count } from './stage.js'

// The same file is the process of the emulator.
if (require.main === module)
  serveParent({ start: async () => (await startEmulator({ signInAs: 'personal' })).issuer })

/** Sign-ins that are under way at most; others wait in line. */
const underWayAtMost = 200

/** Offers the emulator 500 sign-ins a second for some seconds. Gives rows of the figure. */
export async function soakEmulator({ seconds }: { seconds: number }): Promise<string[]> {
  const emulator = new Child('emulator.js')
  const issuer = await emulator.ask<string>('start')
  const callbackURL = 'http://127.0.0.1:9/callback'
  const strategy = new XaiStrategy(
    { issuer, clientID: 'emulator-public', callbackURL },
    async ({ profile }) => ({
      id: profile.id,
    }),
  )
  const complaints = new Complaints()
  const people = new Set<unknown>()
  const offered = 500 * seconds
  const started = performance.now()
  let next = 0
  const signIn = async (): Promise<void> => {
    while (next < offered) {
      const due = started + 2 * next++
      if (due > performance.now()) await wait(due - performance.now())
      const { kind, value } = await signInDirectly(strategy)
      complaints.check(kind === 'success', `the emulator: ${kind} ${value}`)
      people.add(Object(value).id)
    }
  }
  await Promise.all(Array.from({ length: underWayAtMost }, signIn))
  const rate = Math.round((1000 * offered) / (performance.now() - started))
  complaints.check(people.size === 1, `the emulator signed in ${people.size} people in the place of one`)
  await emulator.end()
  complaints.end()
  return [
    `| sign-ins offered to the emulator, 500 a second | ${count(offered)}, no wrong response |`,
    `| sign-ins a second that it reached | ${rate} |`,
  ]
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Emulator, startEmulator } from '../lib/emulator/index.js'
import { endingOf } from './support/application.js'
import { CookieClient } from './support/browserless-client.js'
import { startRoundRobin } from './support/round-robin.js'

const signIns = 200
const atOnce = 8

describe('two processes behind one address, with the cookie secret in common', () => {
  let emulator: Emulator
  let address: Server
  let origin: string
  const origins: string[] = []
  const processes: ChildProcess[] = []

  before(async function () {
    this.timeout(20_000)
    emulator = await startEmulator({ signInAs: 'personal' })
    address = await startRoundRobin(() => origins)
    origin = `http://127.0.0.1:${(address.address() as AddressInfo).port}`
    for (let n = 0; n < 2; n += 1) {
      const child = fork(join(__dirname, 'support/application-process.js'), [
        emulator.issuer,
        `${origin}/callback`,
      ])
      processes.push(child)
      const [started] = (await once(child, 'message')) as [string]
      origins.push(started)
    }
  })
  after(async () => {
    for (const child of processes) {
      child.disconnect()
      await once(child, 'exit')
    }
    address.close()
    await emulator.close()
  })

  /** Signs in with a browser of its own, and says which processes began and ended that. */
  const signIn = async (): Promise<{ began: unknown; ended: unknown; ending: unknown }> => {
    const browser = new CookieClient()
    const begun = await browser.get(`${origin}/sign-in?keep=inbox`)
    const response = await browser.follow(begun)
    const { outcome, info } = endingOf(response)
    return {
      began: begun.headers['served-by'],
      ended: response.headers['served-by'],
      ending: { outcome, info },
    }
  }

  it(`completes ${signIns} sign-ins, without one failure`, async function () {
    this.timeout(30_000)
    const results: Awaited<ReturnType<typeof signIn>>[] = []
    const work = async (): Promise<void> => {
      for (let n = 0; n < signIns / atOnce; n += 1) results.push(await signIn())
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    const success = { outcome: 'success', info: { state: 'inbox' } }
    expect(results.map(({ ending }) => ending)).to.deep.equal(Array.from({ length: signIns }, () => success))
    const pids = processes.map(({ pid }) => `${pid}`)
    expect(new Set(results.map(({ began }) => began))).to.have.all.keys(pids)
    expect(new Set(results.map(({ ended }) => ended))).to.have.all.keys(pids)
    expect(results.filter(({ began, ended }) => began !== ended)).not.to.have.lengthOf(0)
  })
})

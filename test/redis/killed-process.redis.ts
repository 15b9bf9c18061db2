import { expect } from 'chai'
import { until } from '../support/until.js'
import { signedInBrowser } from './application-process.js'
import { Deployment, lease } from './deployment.js'

const people = ['spent', 'unspent', 'bystander'].map((id) => ({ id, name: id }))
const path = '/oauth2/token'

describe('a process that is killed in the middle of its refresh', () => {
  let deployment: Deployment
  before(async () => {
    deployment = await Deployment.start({ accounts: people })
  })
  after(() => deployment?.stop())

  it('holds up the other no longer than the lease, and only for the same person', async () => {
    const { emulator, processes } = deployment
    const [victim, survivor] = processes
    const [spent, unspent, bystander] = await Promise.all(
      people.map(({ id }) => signedInBrowser(processes, id)),
    )
    const former = await deployment.tokensOf('unspent')
    emulator.clearRequests()

    // xAI has carried out the first refresh when the process dies, and not the second.
    const lost: Array<Promise<unknown>> = []
    for (const [browser, carriedOut] of [[spent, true] as const, [unspent, false] as const]) {
      emulator.misbehaveOnce({ path, delay: Number.POSITIVE_INFINITY, carriedOut })
      lost.push(Promise.resolve(browser?.post(`${victim.url}/refresh`, {})).catch((error) => error))
      await until(() => deployment.sentTokens.length === lost.length)
    }
    await victim.kill()
    const killed = performance.now()
    for (const end of await Promise.all(lost)) expect(end).to.include({ code: 'ECONNRESET' })

    const waiting = [spent, unspent].map((browser) => browser?.post(`${survivor.url}/refresh`, {}))
    expect((await bystander?.post(`${survivor.url}/refresh`, {}))?.status).to.equal(303)
    expect(deployment.sentTokens).to.have.length(3)

    const [afterSpent, afterUnspent] = await Promise.all(waiting)
    expect(performance.now() - killed).to.be.lessThan(lease + 5000)

    // The new token died with the process, and the old one is worth nothing: the person signs in again.
    expect(afterSpent).to.include({ status: 401, body: 'Please sign in again.' })
    expect(await deployment.tokensOf('spent')).to.equal(null)
    const again = await signedInBrowser([survivor, survivor], 'spent')
    expect((await again.post(`${survivor.url}/refresh`, {})).status).to.equal(303)

    // The old token had not been used, and the other process uses it.
    expect(afterUnspent?.status).to.equal(303)
    expect((await deployment.tokensOf('unspent'))?.refreshToken).not.to.equal(former?.refreshToken)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import * as emulatorModule from '../../lib/emulator/index.js'
import { defaultAccounts, defaultClients, forgeries } from '../../lib/emulator/index.js'
import { root } from '../support/command.js'

describe('passport-xai/emulator', () => {
  it('exports startEmulator, its default data and its forgeries, and nothing else', () => {
    expect(emulatorModule).to.have.all.keys('startEmulator', 'defaultAccounts', 'defaultClients', 'forgeries')
    expect(defaultAccounts.map(({ id }) => id)).to.deep.equal(['personal', 'free', 'team'])
    expect(defaultClients).to.have.lengthOf(2)
    expect(forgeries).to.be.an('array').that.is.not.empty
  })

  it('has declarations that compile on their own, without types of Node.js, Koa or oidc-provider', () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-types-'))
    const file = join(folder, 'application.ts')
    const entry = join(root, 'dist/lib/emulator/index.js')
    writeFileSync(
      file,
      `import { type Emulator, forgeries, startEmulator } from ${JSON.stringify(entry)}
export async function run(): Promise<string | undefined> {
  const emulator: Emulator = await startEmulator({ port: 0, deviceFlow: { interval: 1 }, signInAs: 'personal' })
  emulator.misbehaveOnce({ path: '/oauth2/token', body: new Uint8Array(), headers: { 'retry-after': 1 } })
  for (const forgery of forgeries) emulator.forgeNext(forgery)
  const authorization: string | string[] | undefined = emulator.requests[0]?.headers.authorization
  return authorization ? undefined : emulator.decide(emulator.issuer, { as: 'team', deny: 'authorization_denied' })
}
// @ts-expect-error a misspelt forgery
export const misspelt = (emulator: Emulator): void => emulator.forgeNext('wrong is')
// @ts-expect-error a misspelt option
export const misspeltOption = (): Promise<Emulator> => startEmulator({ prot: 1 })
`,
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const options =
      '--noEmit --strict --target es2023 --lib es2023 --module nodenext --skipLibCheck false --types'.split(
        ' ',
      )
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, '', file], {
      cwd: folder,
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: '' })
  })
})

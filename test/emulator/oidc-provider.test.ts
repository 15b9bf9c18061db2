import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { importOIDCProvider, loadOIDCProvider } from '../../lib/emulator/oidc-provider.js'

describe('oidc-provider', () => {
  it('is asked for in one sentence when it is not installed', async () => {
    const error = await importOIDCProvider('oidc-provider-that-is-not-installed').catch(
      (caught: Error) => caught,
    )
    expect(error).to.be.instanceOf(Error).and.include({
      message:
        'The emulator is built on oidc-provider, which is not installed: npm install --save-dev oidc-provider',
    })
    expect(error).to.have.nested.property('cause.code', 'ERR_MODULE_NOT_FOUND')
  })

  it('is loaded once', () => {
    expect(loadOIDCProvider()).to.equal(loadOIDCProvider())
  })

  it('may not write its notice about the runtime, and everything else may be written', async () => {
    const { warn } = console
    const written: unknown[][] = []
    const record = (...message: unknown[]): void => void written.push(message)
    const directory = mkdtempSync(join(tmpdir(), 'oidc-provider-'))
    const file = join(directory, 'index.mjs')
    writeFileSync(
      file,
      `console.warn('oidc-provider WARNING: Unsupported runtime. Use another.')
       console.warn('something', 'else')`,
    )
    console.warn = record
    try {
      await importOIDCProvider(pathToFileURL(file).href)
      expect(console.warn).to.equal(record)
    } finally {
      console.warn = warn
      rmSync(directory, { recursive: true })
    }
    expect(written).to.deep.equal([['something', 'else']])
  })
})

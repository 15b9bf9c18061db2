import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
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

  it('cannot be loaded inside a Jest test, and the message names the cause and the cure', async () => {
    const file = require.resolve('../../lib/emulator/oidc-provider.js')
    // Jest compiles files like this, for a vm context, and Node.js then allows no import() without a flag.
    const compile = new Script(`(exports) => { ${readFileSync(file, 'utf8')}\n}`)
    const module: { importOIDCProvider?: () => Promise<unknown> } = {}
    compile.runInNewContext({ console })(module)
    const error = await module.importOIDCProvider?.().catch((caught: Error) => caught)
    expect(error).to.have.property('message').that.contains('inside a Jest test').and.contains('globalSetup')
    expect(error)
      .to.have.nested.property('cause.code')
      .that.matches(/^ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING/)
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

import { expect } from 'chai'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'

const consumer = new Consumer()

before(() => {
  const tarball = packLibrary()
  consumer.install([tarball.path])
  tarball.remove()
})
after(() => consumer.remove())

const names = [
  'CookieStateStore',
  'MemoryTokenStore',
  'SessionStateStore',
  'Strategy',
  'TokenManager',
  'XaiDeviceStrategy',
  'XaiOAuthError',
  'XaiStrategy',
  'loopbackRelay',
  'sealTokens',
]

describe('the published package', () => {
  it('is required', () => {
    const printed = consumer.execute(
      `const library = require('passport-xai'); console.log(JSON.stringify(Object.keys(library).sort()))`,
      'cjs',
    )
    expect(JSON.parse(printed)).to.deep.equal(names)
  })

  it('is imported by name', () => {
    const printed = consumer.execute(
      `import { ${names.join(', ')} } from 'passport-xai'; console.log([${names.join(', ')}].map((value) => typeof value).join())`,
      'mjs',
    )
    expect(printed).to.equal(names.map(() => 'function').join())
  })

  it('is one and the same, required or imported', () => {
    const printed = consumer.execute(
      `import { createRequire } from 'node:module'
       import * as imported from 'passport-xai'
       const required = createRequire(import.meta.url)('passport-xai')
       console.log(imported.XaiStrategy === required.XaiStrategy && required.XaiStrategy === required.Strategy)`,
      'mjs',
    )
    expect(printed).to.equal('true')
  })

  for (const extension of ['cjs', 'mjs'] as const) {
    const load =
      extension === 'cjs' ? `require('passport-xai/emulator')` : `await import('passport-xai/emulator')`
    it(`says what to install when the emulator of the ${extension} module lacks it`, () => {
      const printed = consumer.execute(
        `(async () => { const { startEmulator } = ${load}
          await startEmulator().catch((error) => console.log(error.message)) })()`,
        extension,
      )
      expect(printed).to.contain('npm install --save-dev oidc-provider')
    })
  }

  it('has a command, which says what to install when oidc-provider is missing', () => {
    expect(consumer.run('npx', ['--no-install', 'passport-xai', '--help'])).to.match(
      /^Usage: npx passport-xai/,
    )
    expect(() => consumer.run('npx', ['--no-install', 'passport-xai', 'emulator'])).to.throw(
      /npm install --save-dev oidc-provider/,
    )
  })

  it('shows its package.json', () => {
    expect(consumer.execute(`console.log(require('passport-xai/package.json').name)`, 'cjs')).to.equal(
      'passport-xai',
    )
  })

  it('keeps its inside to itself', () => {
    const printed = consumer.execute(
      `try { require('passport-xai/dist/lib/strategy.js') } catch ({ code }) { console.log(code) }`,
      'cjs',
    )
    expect(printed).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it('loads its ESM-only parts when they are needed, not before', () => {
    const printed = consumer.execute(
      `const { registerHooks } = require('node:module')
       require('passport-xai'); require('passport-xai/emulator')
       console.log(Object.keys(require.cache).some((file) => file.includes('/jose/') || file.includes('/oidc-provider/')))`,
      'cjs',
    )
    expect(printed).to.equal('false')
  })
})

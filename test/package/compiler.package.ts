import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/command.js'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'

const compilers: Readonly<Record<string, string>> = {
  'TypeScript 5': join(root, 'test/package/node_modules/typescript5/bin/tsc'),
  'TypeScript 6': join(root, 'test/package/node_modules/typescript6/bin/tsc'),
  'TypeScript 7': join(root, 'node_modules/typescript/bin/tsc'),
}

/** Options that people misspell. */
const misspelt: Readonly<Record<string, string>> = {
  clientId: 'clientID',
  client_secret: 'clientSecret',
  scopes: 'scope',
  callbackUrl: 'callbackURL',
}

interface Setting {
  /** Which compilers have it. */
  versions: readonly number[]
  options: Readonly<Record<string, unknown>>
  /** How the file is called: in Node's own resolution the name tells CommonJS from an ES module. */
  file: string
}

const settings: Readonly<Record<string, Setting>> = {
  'commonjs and node10': {
    versions: [5],
    options: { module: 'commonjs', moduleResolution: 'node10' },
    file: 'application.ts',
  },
  'commonjs and node10, without interop': {
    versions: [5],
    options: { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: false },
    file: 'application.ts',
  },
  'commonjs and node10, which is deprecated there': {
    versions: [6],
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
    file: 'application.ts',
  },
  'commonjs and bundler': {
    versions: [6, 7],
    options: { module: 'commonjs', moduleResolution: 'bundler' },
    file: 'application.ts',
  },
  'node16, a CommonJS file': { versions: [5, 6, 7], options: { module: 'node16' }, file: 'application.cts' },
  'node16, an ES module': { versions: [5, 6, 7], options: { module: 'node16' }, file: 'application.mts' },
  'nodenext, a CommonJS file': {
    versions: [5, 6, 7],
    options: { module: 'nodenext' },
    file: 'application.cts',
  },
  'nodenext, an ES module': { versions: [5, 6, 7], options: { module: 'nodenext' }, file: 'application.mts' },
  'preserve and bundler': {
    versions: [5, 6, 7],
    options: { module: 'preserve', moduleResolution: 'bundler' },
    file: 'application.ts',
  },
  'esnext and bundler': {
    versions: [5, 6, 7],
    options: { module: 'esnext', moduleResolution: 'bundler' },
    file: 'application.ts',
  },
}

describe('an application in TypeScript, the libraries’ declarations checked as well', () => {
  const consumer = new Consumer()
  const application = readFileSync(join(root, 'test/package/application.txt'), 'utf8')

  before(() => {
    const tarball = packLibrary()
    consumer.install([tarball.path])
    tarball.remove()
  })
  after(() => consumer.remove())

  for (const [name, { versions, options, file }] of Object.entries(settings)) {
    for (const version of versions) {
      it(`compiles with TypeScript ${version}, ${name}`, () => {
        consumer.write(file, application)
        const compilerOptions = {
          target: 'es2022',
          lib: ['es2023'],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          esModuleInterop: true,
          noEmit: true,
          skipLibCheck: false,
          ...options,
        }
        consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [file] }))
        consumer.run(process.execPath, [`${compilers[`TypeScript ${version}`]}`, '-p', '.'])
      })
    }
  }

  const check = (version: number, file: string, text: string): void => {
    consumer.write(file, text)
    const compilerOptions = { target: 'es2022', module: 'nodenext', types: [], strict: true, noEmit: true }
    consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [file] }))
    consumer.run(process.execPath, [`${compilers[`TypeScript ${version}`]}`, '-p', '.'])
  }

  for (const version of [5, 6, 7]) {
    it(`compiles with TypeScript ${version} when it imports the emulator alone`, () => {
      const text = `import { startEmulator } from 'passport-xai/emulator'
        export const issuer: Promise<string> = startEmulator({ port: 0 }).then((emulator) => emulator.issuer)`
      check(version, 'emulator-alone.mts', text)
    })

    for (const [written, meant] of Object.entries(misspelt))
      it(`gets from TypeScript ${version} the name that was meant by ${written}`, () => {
        const text = `import { XaiStrategy, type XaiSignIn } from 'passport-xai'
          const required = { clientID: 'client', callbackURL: 'https://app.example/callback' }
          new XaiStrategy({ ...required, ${written}: 'x' }, async ({ profile }: XaiSignIn) => ({ id: profile.id }))`
        expect(() => check(version, 'misspelt.mts', text)).to.throw(
          `'${written}' does not exist in type 'XaiStrategyOptions | XaiStrategyOptionsWithRequest'. Did you mean to write '${meant}'?`,
        )
      })
  }
})

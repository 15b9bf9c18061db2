import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { Consumer } from '../support/consumer.js'
import { parseBlocks, readDocument, readSection } from '../support/document.js'
import { packLibrary } from '../support/tarball.js'

const section = readSection(readDocument('README.md'), 'quickstart')

const blockOf = (language: string): string => {
  const found = parseBlocks(section).filter((block) => block.language === language)
  if (found.length !== 1) throw new Error(`the quickstart has ${found.length} blocks of ${language}, not one`)
  return `${found[0]?.text}`
}

/** What commands in the quickstart's text install; of the library, the given tarball. */
const packagesIn = (text: string, tarball: string): string[] =>
  [...text.matchAll(/npm install ([^`\n]*)/g)].flatMap(([, words = '']) =>
    words
      .split(' ')
      .filter((word) => !word.startsWith('-'))
      .map((name) => (name === 'passport-xai' ? tarball : name)),
  )

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

describe('the quickstart of README.md, pasted into an empty folder', () => {
  const consumer = new Consumer()
  before(() => {
    const tarball = packLibrary()
    const packages = packagesIn(section, tarball.path)
    expect(packages).to.include.members([tarball.path, 'express', 'oidc-provider', 'typescript'])
    consumer.install(packages)
    tarball.remove()
    consumer.write('sign-in.mjs', blockOf('js'))
    consumer.write('typescript/sign-in.mts', blockOf('ts'))
  })
  after(() => consumer.remove())

  for (const options of [{ module: 'nodenext' }, { module: 'esnext', moduleResolution: 'bundler' }])
    it(`compiles in strict TypeScript with ${JSON.stringify(options)}`, () => {
      const compilerOptions = { target: 'es2022', strict: true, types: ['node'], rootDir: '.', ...options }
      consumer.write('typescript/tsconfig.json', JSON.stringify({ compilerOptions }))
      consumer.run('npx', ['tsc', '-p', 'typescript'])
    })

  for (const program of ['sign-in.mjs', 'typescript/sign-in.mjs'])
    describe(`as ${program}`, () => {
      let running: ChildProcess
      let origin = ''

      before(async () => {
        const port = await findFreePort()
        running = spawn(process.execPath, [program], {
          cwd: consumer.folder,
          env: { ...process.env, PORT: `${port}` },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        if (running.stdout) await once(running.stdout, 'data')
        origin = `http://127.0.0.1:${port}`
      })
      after(async () => {
        if (running.exitCode === null && running.kill()) await once(running, 'exit')
      })

      it('signs in, and signs out', async () => {
        const browser = new CookieClient()
        expect((await browser.open(`${origin}/`)).body).to.contain('Sign in with xAI')
        expect((await browser.signIn(`${origin}/sign-in`, 'personal')).body).to.contain(
          'Hello Personal Account',
        )
        await browser.post(`${origin}/sign-out`, {})
        expect((await browser.open(`${origin}/`)).body).to.contain('Sign in with xAI')
      })

      it('shows the reason of a refusal', async () => {
        const { status, body } = await new CookieClient().get(`${origin}/callback?code=c&state=s`)
        expect(status).to.equal(403)
        expect(body).to.match(/^Not signed in: No pending sign-in came with this callback/)
      })

      it('sends on who is signed in already', async () => {
        const browser = new CookieClient()
        await browser.signIn(`${origin}/sign-in`, 'personal')
        const { status, headers } = await browser.get(`${origin}/callback?code=c&state=s`)
        expect([status, headers.location]).to.deep.equal([302, '/'])
      })
    })
})

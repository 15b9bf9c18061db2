import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { Consumer } from '../support/consumer.js'
import { packLibrary } from '../support/tarball.js'
import { hasReadme, parseBlocks, readReadme, readSection } from '../tool/readme.js'

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The packages that commands install; of the library, the given tarball. */
const packagesOf = (commands: string, tarball: string): string[] =>
  [...commands.matchAll(/^npm install (.*)$/gm)].flatMap(([, words = '']) =>
    words
      .split(' ')
      .filter((word) => !word.startsWith('-'))
      .map((name) => (name === 'passport-xai' ? tarball : name)),
  )

// Before there is a README there is nothing that a newcomer could follow.
if (hasReadme()) {
  describe("the newcomer's path in README.md", () => {
    const section = readSection(readReadme(), 'newcomer')
    const blocks = parseBlocks(section)
    const program = blocks.find(({ language }) => language === 'js')?.text ?? ''
    const commands = blocks.find(({ language }) => language === 'sh')?.text ?? ''
    const consumer = new Consumer()
    let running: ChildProcess

    before(() => {
      const tarball = packLibrary()
      consumer.install(packagesOf(commands, tarball.path))
      tarball.remove()
      consumer.write('sign-in.mjs', program)
    })
    after(async () => {
      if (running.exitCode === null && running.kill()) await once(running, 'exit')
      consumer.remove()
    })

    it('is one file of under 40 lines', () => {
      expect(program.trim().split('\n').length).to.be.within(1, 39)
    })

    it('installs the library', () => {
      expect(packagesOf(commands, 'the tarball')).to.include('the tarball')
    })

    it('ends in a sign-in', async () => {
      const port = await findFreePort()
      running = spawn(process.execPath, ['sign-in.mjs'], {
        cwd: consumer.folder,
        env: { ...process.env, PORT: `${port}` },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [printed] = running.stdout ? await once(running.stdout, 'data') : []
      const origin = `${printed}`.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0]
      expect(origin).to.equal(`http://127.0.0.1:${port}`)
      const browser = new CookieClient()
      expect((await browser.open(`${origin}/`)).body).to.contain('Sign in with xAI')
      expect((await browser.signIn(`${origin}/auth/xai`, 'personal')).body).to.contain('Personal Account')
    })
  })
}

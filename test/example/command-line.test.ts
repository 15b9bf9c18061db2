import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { CookieClient } from '../support/browserless-client.js'
import { Visitor } from './visitor.js'

const program = require.resolve('../../examples/express/main.js')

type Environment = Readonly<Record<string, string>>

/** Starts the example as `npm start` does, with these settings and no others. */
function start(environment: Environment): ChildProcess {
  const env = { PATH: `${process.env.PATH}`, ...environment }
  return spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(environment: Environment): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = start(environment)
  const { stdout, stderr } = child as unknown as Record<'stdout' | 'stderr', NodeJS.ReadableStream>
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'exit')])
  return { code, stdout: out, stderr: err }
}

/** What it has printed when the last line of the greeting is there. */
async function greeting(child: ChildProcess): Promise<string> {
  let printed = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk
    if (printed.includes('Ctrl-C')) return printed
  }
  throw new Error(`it ended after: ${printed}`)
}

const stop = async (child: ChildProcess): Promise<unknown> => {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  return ended
}

describe('The Express example, started', () => {
  it('says what to open and whom to sign in as, and all of that works', async () => {
    const child = start({ PORT: '0' })
    const words = await greeting(child)
    const [, url = ''] = /^Open (http:\/\/127\.0\.0\.1:\d+)$/m.exec(words) ?? []
    for (const account of ['personal', 'free', 'team']) expect(words).to.include(`${account}@example.com`)
    const page = await new Visitor(url).signInAs('personal')
    expect(page.body).to.include('<h1>Personal Account</h1>').and.include('offline_<wbr>access')
    const first = await new CookieClient().get(`${url}/`)
    expect(first.body).to.include('An emulator stands in for xAI').and.include('Team Account')
    await stop(child)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends at ${signal}, the emulator with it, even while browsers are connected`, async () => {
      const child = start({ PORT: '0' })
      const urls = (await greeting(child)).match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
      expect(urls).to.have.lengthOf(2)
      const browsers = urls.map((url) => connect(Number(new URL(url).port), '127.0.0.1'))
      await Promise.all(browsers.map((browser) => once(browser, 'connect')))
      const cut = browsers.map((browser) =>
        once(
          browser.on('error', () => undefined),
          'close',
        ),
      )
      const ended = once(child, 'exit')
      child.kill(signal)
      expect(await ended).to.deep.equal([0, null])
      await Promise.all(cut)
    })
  }

  // No sign-in begins here, because that would reach for xAI.
  it('offers to sign in at xAI, through the relay, when there is a client id', async () => {
    const child = start({ XAI_CLIENT_ID: 'the-client', PORT: '0' })
    const words = await greeting(child)
    const [, url = ''] = /^Open (\S+)$/m.exec(words) ?? []
    expect(words).to.include(`The callback that xAI has to know is ${url}/callback\n`)
    expect(words).not.to.include('@example.com')
    const { body } = await new CookieClient().get(`${url}/`)
    expect(body).to.include('<code>auth.x.ai</code>').and.not.include('emulator')
    expect(body).to.include('href="/callback?relay=begin">Sign in with xAI</a>')
    await stop(child)
  })

  it('delivers by fetch, through the relay, when XAI_DELIVERY says so', async () => {
    const child = start({ XAI_DELIVERY: 'fetch', PORT: '0' })
    const [, url = ''] = /^Open (\S+)$/m.exec(await greeting(child)) ?? []
    const visitor = new Visitor(url)
    expect(await visitor.signInLink()).to.equal(`${url}/callback?relay=begin`)
    const delivery = await visitor.signIn(`${url}/auth/xai`, 'personal')
    expect(delivery.body).to.include(`data-deliver="${url}/callback?`)
    await stop(child)
  })

  const refusesWithOneLine = async (environment: Environment, line: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await run(environment)
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).to.match(line).and.not.include('\n')
  }

  it('refuses a busy port with one line', async () => {
    const busy = createServer().listen(0, '127.0.0.1')
    await once(busy, 'listening')
    const { port } = busy.address() as AddressInfo
    await refusesWithOneLine(
      { PORT: `${port}` },
      new RegExp(`^Port ${port} is in use; .*PORT=3001 npm start$`),
    )
    busy.close()
  })

  it('refuses a wrong setting with one line', async () => {
    await refusesWithOneLine({ PORT: 'http' }, /^PORT is "http"; write a number/)
  })

  it('refuses what the strategy refuses with one line', async () => {
    const environment = { XAI_CALLBACK_URL: 'http://app.example/callback', PORT: '0' }
    await refusesWithOneLine(
      environment,
      /^XaiStrategy: callbackURL ".*" is neither https nor on a loopback host/,
    )
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseCommand, run } from '../../lib/emulator/command.js'
import type { Emulator } from '../../lib/emulator/index.js'
import { CookieClient } from '../support/browserless-client.js'
import { root } from '../support/command.js'
import { claimsOf, RelyingParty } from './relying-party.js'

const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const command = join(root, bin['passport-xai'])

/** Runs a command line in this process, and gives its exit code and what it prints. */
async function runHere(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const { log, error } = console
  console.log = (text: string) => {
    printed.stdout += `${text}\n`
  }
  console.error = (text: string) => {
    printed.stderr += `${text}\n`
  }
  try {
    return { code: await run(words), ...printed }
  } finally {
    Object.assign(console, { log, error })
  }
}

describe('npx passport-xai emulator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-command-'))
  const file = join(folder, 'options.json')
  const running: ChildProcess[] = []
  after(() => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  /** Starts it on a free port, and waits for what it prints. */
  async function start(...words: string[]) {
    const child = spawn(process.execPath, [command, 'emulator', '--port', '0', ...words])
    running.push(child)
    const printed = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        printed[name] += chunk
      })
    const ended = once(child, 'exit')
    while (!printed.stdout.includes('Ctrl+C')) await once(child.stdout, 'data')
    const [issuer = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed.stdout) ?? []
    return { child, printed, ended, issuer }
  }

  it('prints what a developer needs, serves, and ends with exit code 0 on SIGINT', async () => {
    const { child, printed, ended, issuer } = await start()
    expect(printed.stdout)
      .to.contain('This is not xAI.')
      .and.contain(`issuer                ${issuer}\n`)
      .and.contain('emulator-public, no secret, redirect URIs: every http URL on loopback')
      .and.contain('emulator-confidential, secret emulator-secret-not-a-secret')
      .and.contain('account               free, Free Account, Not entitled')
      .and.contain(`device page           ${issuer}/device`)
    const discovery = await new CookieClient().get(`${issuer}/.well-known/openid-configuration`)
    expect(JSON.parse(discovery.body)).to.include({ issuer })
    child.kill('SIGINT')
    expect(await ended).to.deep.equal([0, null])
    expect(printed.stderr).to.equal('')
  })

  it('takes options from a file, which flags change', async () => {
    const client = { clientID: 'mine', redirectURIs: ['https://app.example/callback'] }
    writeFileSync(
      file,
      JSON.stringify({ clients: [client], deviceFlow: 'off', requireCodeChallengeEcho: true }),
    )
    const words = ['--device', 'on', '--options', file, '--echo', 'off', '--sign-in-as', 'personal']
    const { printed, issuer } = await start(...words)
    expect(printed.stdout)
      .to.contain('mine, no secret, redirect URIs: https://app.example/callback')
      .and.contain('/device')
      .and.not.contain('emulator-public')
    const browser = new CookieClient()
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'mine',
      redirect_uri: 'https://app.example/callback',
      scope: 'openid',
      code_challenge: '7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM',
      code_challenge_method: 'S256',
    })
    const { headers } = await browser.get(`${issuer}/oauth2/authorize?${query}`)
    const code = new URL(`${headers.location}`).searchParams.get('code')
    expect(code).to.be.a('string')
    const exchange = await browser.post(`${issuer}/oauth2/token`, {
      grant_type: 'authorization_code',
      code: `${code}`,
      redirect_uri: 'https://app.example/callback',
      client_id: 'mine',
      code_verifier: 'v'.repeat(43),
    })
    expect(exchange.status).to.equal(200)
  })

  it('does what each flag says', async () => {
    const words = '--iss on --device off --token-lifetime 77 --delivery fetch --sign-in-as personal'
    const { printed, issuer } = await start(...words.split(' '))
    expect(printed.stdout).to.contain('device page           off')
    const application = new RelyingParty({ issuer } as Emulator, 'emulator-public')
    const begun = await application.browser.post(`${issuer}/oauth2/device/code`, {
      client_id: 'emulator-public',
    })
    expect(begun.status).to.equal(404)
    const atOnce = { headers: { accept: 'application/json' } }
    const { headers } = await application.browser.get(application.authorizationURL(), atOnce)
    const callback = new URL(`${headers.location}`).searchParams
    expect(callback.get('iss')).to.equal(issuer)
    const { json } = await application.exchange(callback)
    expect(json).to.include({ expires_in: 77 })
    expect(claimsOf(`${json.id_token}`)).to.include({ email: 'personal@example.com' })
    const { status, body } = await application.browser.get(application.authorizationURL())
    expect(status).to.equal(200)
    expect(body).to.contain('Back to the application').and.contain('The application could not be reached.')
  })

  it('listens on port 4000 of 127.0.0.1 unless it is told otherwise', () => {
    const { host, settings } = parseCommand(['emulator']) ?? {}
    expect({ host, port: settings?.port }).to.deep.equal({ host: '127.0.0.1', port: 4000 })
  })

  it('warns about every other host than loopback, and ends with exit code 0 on SIGTERM', async () => {
    const { child, printed, ended, issuer } = await start('--host', '0.0.0.0')
    expect(printed.stderr).to.equal(
      'Warning: it listens on 0.0.0.0. Whoever reaches it can sign in as anybody.\n',
    )
    const { status } = await new CookieClient().get(`${issuer}/.well-known/jwks.json`)
    expect(status).to.equal(200)
    child.kill('SIGTERM')
    expect(await ended).to.deep.equal([0, null])
  })

  it('shows its options', async () => {
    for (const words of [['--help'], ['emulator', '--help']]) {
      const { code, stdout, stderr } = await runHere(...words)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      expect(stdout)
        .to.match(/^Usage: npx passport-xai emulator/)
        .and.contain('--host ADDRESS')
    }
  })

  const wrong: ReadonlyArray<readonly [what: string, words: string[], message: RegExp]> = [
    ['no command', [], /there is one command, emulator, not ""/],
    ['another command', ['emulate'], /there is one command, emulator, not "emulate"/],
    ['a misspelt option', ['emulator', '--ports', '1'], /there is no option --ports; write --port\n/],
    ['an unknown option', ['emulator', '--tls'], /there is no option --tls; the options are --port, /],
    ['a missing value', ['emulator', '--port'], /Option '--port <value>' argument missing/],
    ['a port that is a word', ['emulator', '--port', 'http'], /^passport-xai: --port must be a port number/],
    ['a switch that is neither', ['emulator', '--echo', 'maybe'], /--echo must be on or off, not maybe/],
    [
      'an account that there is not',
      ['emulator', '--sign-in-as', 'me'],
      /^passport-xai: --sign-in-as must be .*, not "me"; the accounts are personal, free, team\n/,
    ],
    [
      'a lifetime of nothing',
      ['emulator', '--token-lifetime', '0'],
      /^passport-xai: --token-lifetime must be a whole number of seconds, at least 1\n/,
    ],
    [
      'an unknown delivery',
      ['emulator', '--delivery', 'post'],
      /^passport-xai: --delivery must be 'redirect' or 'fetch'\n/,
    ],
    [
      'a file that there is not',
      ['emulator', '--options', join(folder, 'none')],
      /^passport-xai: there is no file \/.*\/none\n/,
    ],
  ]
  for (const [what, words, message] of wrong)
    it(`refuses ${what} with exit code 2`, async () => {
      const { code, stdout, stderr } = await runHere(...words)
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr)
        .to.match(/^passport-xai: /)
        .and.match(message)
      expect(stderr).to.contain('--help').and.not.contain('    at ')
    })

  const wrongFiles: ReadonlyArray<readonly [what: string, content: string, message: string]> = [
    ['that is not JSON', '{ port: 1 }', 'JSON'],
    ['that holds null', 'null', 'options must be an object with port, accounts, clients…'],
    ['that holds a list', '[{ "port": 1 }]', 'options must be an object with port, accounts, clients…'],
    ['that holds a text', '"port"', 'options must be an object with port, accounts, clients…'],
    [
      'with a wrong option',
      '{ "loopbackDelivery": "post" }',
      "loopbackDelivery must be 'redirect' or 'fetch'",
    ],
  ]
  for (const [what, content, message] of wrongFiles)
    it(`refuses a file ${what} with exit code 2, and names the file`, async () => {
      writeFileSync(file, content)
      const { code, stdout, stderr } = await runHere('emulator', '--options', file)
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr.split('\n')[0])
        .to.match(/^passport-xai: /)
        .and.contain(`${file}: `)
        .and.contain(message)
    })

  it('names the flag also when a file is right', async () => {
    writeFileSync(file, '{ "accounts": [{ "id": "one" }], "signInAs": "one" }')
    const { code, stderr } = await runHere('emulator', '--options', file, '--sign-in-as', 'personal')
    expect(code).to.equal(2)
    expect(stderr).to.match(/^passport-xai: --sign-in-as must be .*, not "personal"; the accounts are one\n/)
  })

  it('says that the port is taken, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { code, stdout, stderr } = await runHere('emulator', '--port', `${port}`)
    server.close()
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/^passport-xai: The emulator cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
  })
})

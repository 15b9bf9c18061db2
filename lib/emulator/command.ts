#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findMeant } from '../check.js'
import { hintOf, labelOf } from './account.js'
import { type EmulatorOptions, type EmulatorSettings, parseOptions } from './option.js'
import { openEmulator } from './start.js'

const help = `Usage: npx passport-xai emulator [options]

Starts an authorization server that behaves as xAI's does, for development and tests. Ctrl+C ends it.

  --port NUMBER               default 4000; 0 takes any free port
  --sign-in-as ACCOUNT        every request signs in as this account, without pages
  --echo on|off               the code exchange must repeat code_challenge; default on
  --delivery redirect|fetch   how the code reaches a callback on loopback; default redirect
  --iss on|off                callbacks carry iss; default off
  --device on|off             the device authorization grant; default on
  --token-lifetime SECONDS    how long an access token is good for; default 21600
  --options FILE              JSON with options of startEmulator, such as accounts and clients
  --host ADDRESS              listens there instead of on 127.0.0.1; whoever reaches it signs in as anybody
  --help                      shows this
`

function parseSwitch(flag: string, value: string): boolean {
  if (value !== 'on' && value !== 'off') throw new Error(`--${flag} must be on or off, not ${value}`)
  return value === 'on'
}

/** What a flag means: an option of `startEmulator`, which is checked there, and how its value is read. */
type Meaning = readonly [option: keyof EmulatorOptions, parse: (value: string) => unknown]

const meanings: Readonly<Record<string, Meaning>> = {
  port: ['port', Number],
  'sign-in-as': ['signInAs', String],
  echo: ['requireCodeChallengeEcho', (value) => parseSwitch('echo', value)],
  delivery: ['loopbackDelivery', String],
  iss: ['issOnCallback', (value) => parseSwitch('iss', value)],
  device: ['deviceFlow', (value) => parseSwitch('device', value) || 'off'],
  'token-lifetime': ['tokenLifetime', Number],
}
const names = [...Object.keys(meanings), 'options', 'host']

/** The options in a file. They are checked without the flags, so that each message is about one of the two. */
function readOptions(file: string): EmulatorOptions {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  try {
    const options = JSON.parse(readFileSync(file, 'utf8'))
    parseOptions(options)
    return options
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message.replace(/^startEmulator: /, '')}`, { cause: error })
  }
}

/** The address to listen on, and the options; nothing when help is asked for. */
export function parseCommand(
  words: readonly string[],
): { host: string; settings: EmulatorSettings } | undefined {
  const texts = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  const options = { ...texts, help: { type: 'boolean' as const } }
  const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options })
  const { help, host = '127.0.0.1', options: file, ...flags } = values as Record<string, string>
  if (help) return undefined
  if (positionals.join(' ') !== 'emulator')
    throw new Error(`there is one command, emulator, not "${positionals.join(' ')}"`)
  const fromFile = file === undefined ? {} : readOptions(file)
  const fromFlags = Object.entries(flags).map(([name, value]) => {
    const [option, parse] = meanings[name] as Meaning
    return [option, parse(value)]
  })
  return { host, settings: parseOptions({ port: 4000, ...fromFile, ...Object.fromEntries(fromFlags) }) }
}

/** What a developer needs to know. */
function describe(issuer: string, { clients, accounts, deviceFlow }: EmulatorSettings): string {
  const rows = [
    ['issuer', issuer],
    ...clients.map(({ clientID, clientSecret, redirectURIs = ['every http URL on loopback'] }) => [
      'client',
      clientID,
      clientSecret ? `secret ${clientSecret}` : 'no secret',
      `redirect URIs: ${redirectURIs.join(' ')}`,
    ]),
    ...accounts.map((account) => ['account', account.id, labelOf(account), hintOf(account)]),
    ['device page', deviceFlow ? `${issuer}/device` : 'off'],
  ]
  const lines = rows.map(
    ([term = '', ...cells]) => `  ${term.padEnd(22)}${cells.filter(Boolean).join(', ')}\n`,
  )
  return `The emulator listens. This is not xAI.\n\n${lines.join('')}\nCtrl+C ends it.\n`
}

/** A message of `startEmulator` in terms of the command: the flag in the place of its option. */
const nameFlag = (message: string): string =>
  message.replace(/^startEmulator: (\w+)/, (_, option) => {
    const flag = Object.entries(meanings).find(([, [known]]) => known === option)
    return `--${flag?.[0]}`
  })

/** The sentence for an error: which flag was meant, for example. */
function explain({ message }: Error): string {
  const [, unknown] = /^Unknown option '(--[^']+)'/.exec(message) ?? []
  if (unknown === undefined) return `${nameFlag(message).split('\n')[0]}`
  const known = names.map((name) => `--${name}`)
  const meant = findMeant(unknown, known)
  return `there is no option ${unknown}; ${meant ? `write ${meant}` : `the options are ${known.join(', ')}`}`
}

/** Carries out a command line, and resolves to the exit code: 2 for a mistake in it, 1 when the emulator cannot start. */
export async function run(words: readonly string[]): Promise<0 | 1 | 2> {
  let code: 1 | 2 = 2
  try {
    const command = parseCommand(words)
    if (command === undefined) {
      console.log(help)
      return 0
    }
    code = 1
    const { host, settings } = command
    const emulator = await openEmulator(host, settings)
    if (host !== '127.0.0.1')
      console.error(`Warning: it listens on ${host}. Whoever reaches it can sign in as anybody.`)
    console.log(describe(emulator.issuer, settings))
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.close())
    return 0
  } catch (error) {
    console.error(`passport-xai: ${explain(error as Error)}`)
    if (code === 2) console.error('npx passport-xai emulator --help shows the options.')
    return code
  }
}

if (require.main === module)
  void run(process.argv.slice(2)).then((code) => {
    process.exitCode = code
  })

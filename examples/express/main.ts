import { defaultAccounts, type Emulator, startEmulator } from 'passport-xai/emulator'
import { outcomeOf } from './page.js'
import { type Example, startExample } from './server.js'
import { parseSettings, type Settings } from './setting.js'

const emulatorClient = { clientID: 'express-example', name: 'Express Example' }

async function main(): Promise<void> {
  const settings = parseSettings(process.env)
  // Without a client of your own at xAI, the emulator stands in for xAI.
  const emulator = settings.clientID ? undefined : await startExampleEmulator(settings)
  const example = await startExample({
    ...settings,
    clientID: settings.clientID ?? emulatorClient.clientID,
    issuer: emulator?.issuer,
    accounts: emulator && defaultAccounts,
  })

  const stop = async (): Promise<void> => {
    await Promise.all([example.close(), emulator?.close()])
    process.exit(0)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)

  console.log(`\nOpen ${example.url}\n`)
  console.log(emulator ? describeEmulator(emulator) : describeXai(example))
  console.log(
    '\nA restart signs everybody out: the session secret is a new one each time. Ctrl-C ends it all.\n',
  )
}

const startExampleEmulator = ({ callbackURL, delivery }: Settings): Promise<Emulator> =>
  startEmulator({
    clients: [{ ...emulatorClient, ...(callbackURL && { redirectURIs: [callbackURL] }) }],
    loopbackDelivery: delivery ?? 'redirect',
  })

function describeEmulator({ issuer }: Emulator): string {
  const lines = defaultAccounts.map((account) => {
    const { id, name = id, email = '' } = account
    return `  ${name.padEnd(18)}${email.padEnd(24)}${outcomeOf(account)}`
  })
  return `People sign in at the emulator (${issuer}), without a password, as one of:\n\n${lines.join('\n')}`
}

const describeXai = ({ callbackURL }: Example): string =>
  `People sign in at xAI, with their own accounts. The callback that xAI has to know is ${callbackURL}`

main().catch(({ code, port, message }: NodeJS.ErrnoException & { port?: number }) => {
  const isBusy = code === 'EADDRINUSE'
  console.error(
    isBusy ? `Port ${port} is in use; stop what uses it, or choose another: PORT=3001 npm start` : message,
  )
  process.exit(1)
})

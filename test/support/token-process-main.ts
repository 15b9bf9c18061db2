import { TokenManager, type TokenStore, XaiStrategy } from '../../lib/index.js'
import { signInDirectly } from './direct-sign-in.js'
import { connectTokenDatabase } from './token-database.js'
import type { Command, Notice, Request, Result, TokenProcessSettings } from './token-process.js'

const send = (message: Result | Notice): void => void process.send?.(message)

async function main(): Promise<void> {
  const settings: TokenProcessSettings = JSON.parse(`${process.argv[2]}`)
  const { issuer, clientID } = settings
  const { store } = await connectTokenDatabase(settings)
  const telling: TokenStore = {
    read: (key) => store.read(key),
    write: (...args) => store.write(...args),
    lock: (key, run) => {
      send({ locking: key })
      return store.lock(key, run)
    },
  }
  const callbackURL = 'http://127.0.0.1:9/callback'
  const scope = 'openid offline_access'
  const strategy = new XaiStrategy({ issuer, clientID, callbackURL, scope }, async ({ tokens }) => tokens)
  const manager = new TokenManager({ strategy, store: telling })
  const commands: Record<Command, (key: string) => Promise<string | undefined>> = {
    signIn: async (key) => {
      const { kind, value } = await signInDirectly(strategy)
      if (kind !== 'success') throw value
      await manager.save(key, value as { access_token: string })
      return undefined
    },
    accessToken: (key) => manager.accessToken(key),
    revoke: async (key) => {
      await manager.revoke(key)
      return undefined
    },
  }
  process.on('message', ({ id, command, key }: Request) => {
    commands[command](key).then(
      (result) => send(result === undefined ? { id } : { id, result }),
      (error) => send({ id, failure: error.code ?? error.message }),
    )
  })
  process.once('disconnect', () => process.exit())
  send({ id: 0 })
}

void main()

import {
  MemoryTokenStore,
  sealTokens,
  TokenManager,
  type TokenStore,
  XaiDeviceStrategy,
  XaiStrategy,
  type XaiTokenResponse,
} from '../../lib/index.js'
import { exactly } from './exactly.js'

declare const response: XaiTokenResponse
declare const textStore: Map<string, string>

const strategy = new XaiStrategy(
  { clientID: 'id', callbackURL: 'https://app.example/callback' },
  async ({ profile }) => ({ id: profile.id }),
)

/** A store as an application writes it: methods may take less, and reading may give null. */
const store: TokenStore = {
  read: async (key) => textStore.get(key) ?? null,
  write: async (key, text) => textStore.set(key, text ?? '').size > 0,
  lock: (_key, run) => run(),
}

const tokens = new TokenManager({
  strategy,
  store: sealTokens(store, ['new secret', 'old secret']),
  margin: 60_000,
})
new TokenManager({ strategy, store: new MemoryTokenStore() })
new TokenManager({ strategy: new XaiDeviceStrategy({ clientID: 'id' }, async ({ profile }) => profile) })
void tokens.save('key', response, { needs: ['api:access'] })
strategy.refresh('OR-1').then((refreshed) => tokens.save('key', refreshed))
exactly<Promise<string>>()(tokens.accessToken('key'))
exactly<Promise<Response>>()(
  tokens.fetch('key', new URL('https://api.x.ai'), { method: 'POST', body: 'text' }),
)

// @ts-expect-error a strategy is needed
new TokenManager({ store })
// @ts-expect-error there is no such option
new TokenManager({ strategy, stores: store })
// @ts-expect-error tokens are not a text
void tokens.save('key', 'AT-1')
// @ts-expect-error a store needs a lock
new TokenManager({ strategy, store: { read: store.read, write: store.write } })

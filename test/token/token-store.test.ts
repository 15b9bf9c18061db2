import { expect } from 'chai'
import { MemoryTokenStore, sealTokens, type TokenStore } from '../../lib/index.js'
import { SharedDatabase } from '../support/shared-database.js'
import { describeTokenStore } from './token-store-contract.js'

const secret = 'a secret of thirty-two characters'
const newer = 'another secret of thirty-two chars'

describe('MemoryTokenStore', () => {
  const shared = new MemoryTokenStore()
  describeTokenStore(() => shared)

  it('refuses an option, because it has none', () => {
    expect(() => new MemoryTokenStore({ ttl: 60 } as never)).to.throw(
      TypeError,
      'MemoryTokenStore: there is no option ttl; write new MemoryTokenStore()',
    )
  })
})

describe('sealTokens', () => {
  const shared = new SharedDatabase()
  describeTokenStore(() => sealTokens(shared.connect(), secret))

  let database: SharedDatabase
  beforeEach(() => {
    database = new SharedDatabase()
  })
  const sealed = (...secrets: string[]): TokenStore => sealTokens(database.connect(), secrets)

  it('leaves nothing readable in the store', async () => {
    await sealed(secret).write('key', '{"accessToken":"AT-1"}')
    const text = database.texts.get('key')
    expect(text).to.match(/^[\w-]+$/)
    expect(Buffer.from(`${text}`, 'base64url').toString('latin1')).not.to.contain('AT-1')
  })

  it('writes the same tokens as another text each time', async () => {
    const store = sealed(secret)
    await store.write('key', 'one')
    const first = database.texts.get('key')
    expect(await store.write('key', 'one', 'one')).to.equal(true)
    expect(database.texts.get('key')).not.to.equal(first)
  })

  it('does not write when the text changed between its look and its write', async () => {
    const connection = database.connect()
    const write = connection.write.bind(connection)
    connection.write = async (key, text, expected) => {
      database.texts.set(key, 'a sign-in came')
      return write(key, text, expected)
    }
    await sealed(secret).write('key', 'one')
    expect(await sealTokens(connection, secret).write('key', 'two', 'one')).to.equal(false)
    expect(database.texts.get('key')).to.equal('a sign-in came')
  })

  it('opens with every secret of the list, and seals with the first', async () => {
    await sealed(secret).write('key', 'one')
    const both = sealed(newer, secret)
    expect(await both.read('key')).to.equal('one')
    expect(await both.write('key', 'two', 'one')).to.equal(true)
    expect(await sealed(newer).read('key')).to.equal('two')
  })

  const unreadable: ReadonlyArray<readonly [what: string, spoil: (text: string) => Promise<void> | void]> = [
    ['that was changed', (text) => void database.texts.set('key', `A${text.slice(1)}`)],
    ['that is empty', () => void database.texts.set('key', '')],
    ['that was never sealed', () => void database.texts.set('key', '{"accessToken":"AT-1"}')],
    [
      'that another secret sealed',
      () =>
        sealed(newer)
          .write('key', 'one')
          .then(() => undefined),
    ],
    [
      'of another key, which somebody moved here',
      async () => {
        await sealed(secret).write('other', 'of the other')
        database.texts.set('key', `${database.texts.get('other')}`)
      },
    ],
  ]
  for (const [what, spoil] of unreadable)
    it(`has nothing where a text lies ${what}, and writes nothing in its place but by a sign-in`, async () => {
      const store = sealed(secret)
      await store.write('key', 'one')
      await spoil(`${database.texts.get('key')}`)
      const spoilt = database.texts.get('key')
      expect(await store.read('key')).to.equal(undefined)
      expect(await store.write('key', 'two', 'one')).to.equal(false)
      expect(database.texts.get('key')).to.equal(spoilt)
      expect(await store.write('key', 'two')).to.equal(true)
      expect(await store.read('key')).to.equal('two')
    })

  it('refuses a secret that is too short, and what is not a store', () => {
    expect(() => sealTokens(new MemoryTokenStore(), 'short')).to.throw(
      TypeError,
      /^sealTokens: secret must be/,
    )
    for (const store of [undefined, null, {}, { read() {}, write() {} }])
      expect(() => sealTokens(store as never, secret)).to.throw(TypeError, /^sealTokens: store has no method/)
  })
})

import { mock } from 'node:test'
import { expect } from 'chai'

import diagnostics = require('../../lib/diagnostics.js')

import { MemoryTokenStore, sealTokens, type TokenStore } from '../../lib/index.js'
import { failureOf } from '../support/failure.js'
import { SharedDatabase } from '../support/shared-database.js'
import { until } from '../support/until.js'
import { describeTokenStore } from './token-store-contract.js'

const secret = 'a secret of thirty-two characters'
const newer = 'another secret of thirty-two chars'

describe('MemoryTokenStore', () => {
  const shared = new MemoryTokenStore()
  describeTokenStore(() => shared)
  afterEach(() => mock.restoreAll())

  it('refuses an option, because it has none', () => {
    expect(new MemoryTokenStore(null)).to.be.an.instanceOf(MemoryTokenStore)
    expect(() => new MemoryTokenStore({ ttl: 60 } as never)).to.throw(
      TypeError,
      'MemoryTokenStore: there is no option ttl; write new MemoryTokenStore()',
    )
  })

  it('keeps out who comes while the second of two holds the lock', async () => {
    const store = new MemoryTokenStore()
    const ends: string[] = []
    let third: Promise<unknown> | undefined
    await store.lock('key', async () => {
      void store.lock('key', async () => {
        third = store.lock('key', async () => ends.push('third'))
        await new Promise(setImmediate)
        ends.push('second')
      })
    })
    await until(() => third !== undefined)
    await third
    expect(ends).to.deep.equal(['second', 'third'])
  })

  it('holds nothing of a key that is removed and whose locks are over', async () => {
    const set = mock.method(Map.prototype, 'set')
    const store = new MemoryTokenStore()
    await store.write('key of this test', 'one')
    const locks = [1, 2].map(() => store.lock('key of this test', async () => {}))
    const failed = failureOf(store.lock('key of this test', () => Promise.reject(new Error('no'))))
    await Promise.all([...locks, failed])
    await store.write('key of this test', undefined)
    const calls = set.mock.calls.filter(({ arguments: [key] }) => key === 'key of this test')
    const maps = new Set(calls.map((call) => call.this as Map<unknown, unknown>))
    expect([...maps].map(({ size }) => size)).to.deep.equal([0, 0])
  })
})

describe('sealTokens', () => {
  const shared = new SharedDatabase()
  describeTokenStore(() => sealTokens(shared.connect(), secret))

  let database: SharedDatabase
  beforeEach(() => {
    database = new SharedDatabase()
  })
  afterEach(() => mock.restoreAll())
  const sealed = (...secrets: string[]): TokenStore => sealTokens(database.connect(), secrets)

  it('leaves nothing readable in the store', async () => {
    await sealed(secret).write('key', '{"accessToken":"AT-1"}')
    const text = database.texts.get('key')
    expect(text).to.match(/^[\w-]+$/)
    expect(Buffer.from(`${text}`, 'base64url').toString('latin1')).not.to.contain('AT-1')
  })

  it('opens what an earlier version sealed', async () => {
    const text = '4_DA4xOFqkJtbTP5cGohvh0pUafAf1ty3LreVr5rSDnvlNGa57etbJwLg0rPRtlf9i8'
    database.texts.set('key', text)
    expect(await sealed(secret).read('key')).to.equal('{"accessToken":"AT-1"}')
  })

  it('warns of nothing where nothing lies, or what opens', async () => {
    const warnOnce = mock.method(diagnostics, 'warnOnce', () => {})
    const store = sealed(secret)
    await store.write('key', 'one')
    await store.read('key')
    await store.read('another key')
    expect(warnOnce.mock.callCount()).to.equal(0)
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
    [
      'that was changed',
      (text) => void database.texts.set('key', `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`),
    ],
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
    it(`has nothing where a text lies ${what}, warns, and writes nothing in its place but by a sign-in`, async () => {
      const warnOnce = mock.method(diagnostics, 'warnOnce', () => {})
      const store = sealed(secret)
      await store.write('key', 'one')
      await spoil(`${database.texts.get('key')}`)
      const spoilt = database.texts.get('key')
      expect(await store.read('key')).to.equal(undefined)
      expect(warnOnce.mock.calls.map((call) => call.arguments)).to.deep.equal([
        [
          'xai_tokens_unreadable',
          'sealTokens: a stored text does not open, and its person has to sign in again. Was the secret replaced ' +
            'without keeping the old one in the list, or was the text written without sealTokens, or under another key?',
        ],
      ])
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

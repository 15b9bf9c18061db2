import { expect } from 'chai'
import type { TokenStore } from '../../lib/token/token-store.js'

/** What every {@link TokenStore} has to do; `open` gives another process's way to the same store. */
export function describeTokenStore(open: () => TokenStore | Promise<TokenStore>): void {
  describe('as a TokenStore', () => {
    let store: TokenStore
    let key: string
    let keys = 0
    beforeEach(async () => {
      store = await open()
      keys += 1
      key = `https://auth.x.ai person-${keys} ü'"\\%_`
    })

    it('has nothing under a key that nobody has written', async () => {
      expect((await store.read(key)) ?? undefined).to.equal(undefined)
    })

    it('gives back what was written last, to the letter', async () => {
      for (const text of ['{"a":"ü \u0001 \\" \'"}', ' ', 'x'.repeat(10_000)]) {
        expect(await store.write(key, text)).to.equal(true)
        expect(await store.read(key)).to.equal(text)
      }
    })

    it('keeps keys apart, also those that differ in a capital or a blank at the end', async () => {
      const similar = [key, key.toUpperCase(), `${key} `]
      for (const each of similar) await store.write(each, `of ${each}`)
      for (const each of similar) expect(await store.read(each)).to.equal(`of ${each}`)
    })

    it('removes', async () => {
      await store.write(key, 'one')
      expect(await store.write(key, undefined)).to.equal(true)
      expect((await store.read(key)) ?? undefined).to.equal(undefined)
    })

    it('writes in the place of what is expected', async () => {
      await store.write(key, 'one')
      expect(await store.write(key, 'two', 'one')).to.equal(true)
      expect(await store.read(key)).to.equal('two')
      expect(await store.write(key, undefined, 'two')).to.equal(true)
      expect((await store.read(key)) ?? undefined).to.equal(undefined)
    })

    it('changes nothing where something else is expected', async () => {
      await store.write(key, 'one')
      for (const text of ['two', undefined]) {
        expect(await store.write(key, text, 'another')).to.equal(false)
        expect(await store.read(key)).to.equal('one')
      }
    })

    it('writes nothing where something is expected and nothing is there', async () => {
      expect(await store.write(key, 'two', 'one')).to.equal(false)
      expect((await store.read(key)) ?? undefined).to.equal(undefined)
    })

    it('lets one of many writers win who expect the same', async () => {
      await store.write(key, 'start')
      const writes = Array.from({ length: 8 }, async (_, index) =>
        (await open()).write(key, `writer ${index}`, 'start'),
      )
      expect((await Promise.all(writes)).filter((isWritten) => isWritten)).to.have.length(1)
    })

    it('lets one at a time hold the lock of a key, and gives what they return', async () => {
      let held = 0
      const results = await Promise.all(
        Array.from({ length: 5 }, async (_, index) =>
          (await open()).lock(key, async () => {
            held += 1
            expect(held).to.equal(1)
            await (await open()).read(key)
            held -= 1
            return index
          }),
        ),
      )
      expect(results).to.have.members([0, 1, 2, 3, 4])
    })

    it('lets other keys’ locks be taken meanwhile, and the key itself be read and written', async () => {
      let isDone = false
      await store.lock(key, async () => {
        await store.lock(`${key} of another`, async () => {
          isDone = true
        })
        await store.write(key, 'inside')
        expect(await store.read(key)).to.equal('inside')
      })
      expect(isDone).to.equal(true)
    })

    it('lets the lock go when what held it fails, with its error', async () => {
      const thrown = new Error('of the application')
      const failed = await store
        .lock(key, async () => {
          throw thrown
        })
        .catch((error: unknown) => error)
      expect(failed).to.equal(thrown)
      expect(await store.lock(key, async () => 'next')).to.equal('next')
    })

    it('writes without the lock while somebody holds it, as a sign-in does', async () => {
      await store.lock(key, async () => {
        expect(await (await open()).write(key, 'of the sign-in')).to.equal(true)
      })
      expect(await store.read(key)).to.equal('of the sign-in')
    })
  })
}

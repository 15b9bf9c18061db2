import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { expect } from 'chai'
import { TokenManager, XaiStrategy } from 'passport-xai'
import { startEmulator } from '../../lib/emulator/index.js'
import { root } from '../support/command.js'
import { signInDirectly } from '../support/direct-sign-in.js'
import { holdsCode, readCodeBlocks } from '../support/document.js'

const page = 'docs/tokens.md'
/** The files that run the page's code, block by block; `npm run test:postgresql` runs the last two. */
const files = [
  'test/token/tokens-page.test.ts',
  'test/token/tokens-page.test.ts',
  'examples/postgresql/postgresql-token-store.ts',
  'test/postgresql/tokens-page.postgresql.ts',
]

describe('docs/tokens.md', () => {
  afterEach(() => mock.restoreAll())

  it('holds only code that these tests run', () => {
    const blocks = readCodeBlocks(page)
    expect(blocks).to.have.length(files.length)
    for (const [index, block] of blocks.entries())
      expect(holdsCode(`${files[index]}`, block), `${files[index]} lacks:\n${block}`).to.equal(true)
  })

  it('is no longer than 700 words', () => {
    const words = readFileSync(join(root, page), 'utf8').split(/\s+/).filter(Boolean)
    expect(words.length).to.be.at.most(700)
  })

  it('shows a sign-in whose tokens reach xAI’s API', async () => {
    const emulator = await startEmulator({ signInAs: 'personal' })
    try {
      const { issuer, publicClient } = emulator
      const { clientID } = publicClient
      const callbackURL = 'http://127.0.0.1:9/callback'

      const strategy = new XaiStrategy(
        { issuer, clientID, callbackURL, scope: 'openid offline_access api:access' },
        async ({ profile, tokens: response }) => {
          await tokens.save(profile.id, response, { needs: ['api:access'] })
          return { id: profile.id }
        },
      )
      const tokens = new TokenManager({ strategy })

      const { value } = await signInDirectly(strategy)
      const user = value as { id: string }
      const sent = mock.method(globalThis, 'fetch', async () => Response.json({ data: [] }))

      const response = await tokens.fetch(user.id, 'https://api.x.ai/v1/models')
      expect(await response.json()).to.deep.equal({ data: [] })
      const [[url, init] = []] = sent.mock.calls.map(
        (call) => call.arguments as unknown as [URL, RequestInit],
      )
      expect(url?.href).to.equal('https://api.x.ai/v1/models')
      const token = await tokens.accessToken(user.id)
      expect(new Headers(init?.headers).get('authorization')).to.equal(`Bearer ${token}`)
    } finally {
      await emulator.close()
    }
  })
})

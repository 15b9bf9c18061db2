import { Agent } from 'node:http'
import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  buildInvalidResponseError,
  buildRefusalError,
  type FailureNames,
  sendToXai,
} from '../../lib/http/failure.js'

const code = 'c/de-1234567890123456'
const names: FailureNames = {
  what: 'xAI token exchange',
  failed: 'xai_token_exchange_failed',
  invalid: 'xai_token_exchange_invalid',
  secrets: [code, undefined],
}

const responseOf = (
  status: number,
  body: string | Buffer,
  headers: Record<string, string | string[]> = {},
) => ({
  status,
  headers,
  body: Buffer.from(body as string),
})

describe('a refusal', () => {
  it('says status and body verbatim', () => {
    const body = '{"error":"invalid_grant","error_description":"Ünknown  code"}\n'
    const error = buildRefusalError(names, responseOf(400, body))
    expect(error.message).to.equal(`xAI token exchange failed (HTTP 400). Response: ${body}`)
    expect(error).to.deep.include({
      code: 'xai_token_exchange_failed',
      status: 400,
      error: 'invalid_grant',
      error_description: 'Ünknown  code',
      response: { status: 400, headers: {}, body },
    })
  })

  it('begins with another sentence where there is one', () => {
    expect(buildRefusalError(names, responseOf(403, 'no'), 'Denied.').message).to.equal(
      'Denied. Response: no',
    )
  })

  const statuses: ReadonlyArray<readonly [answered: number, surfaced: number]> = [
    [200, 502],
    [204, 502],
    [302, 502],
    [399, 502],
    [400, 400],
    [429, 429],
    [503, 503],
    [599, 599],
    [600, 502],
    [999, 502],
  ]
  for (const [answered, surfaced] of statuses)
    it(`of HTTP ${answered} surfaces as ${surfaced}`, () => {
      const error = buildRefusalError(names, responseOf(answered, ''))
      expect(error).to.include({ status: surfaced, statusCode: surfaced })
      expect(error.response).to.include({ status: answered })
      expect(error.message).to.contain(`HTTP ${answered}`)
    })

  it('carries the server’s words only when they are strings', () => {
    const words = { error: { code: 'nested' }, error_description: ['a'], error_uri: 1 }
    const error = buildRefusalError(names, responseOf(500, JSON.stringify(words)))
    for (const name of Object.keys(words)) expect(error).to.not.have.property(name)
    expect(buildRefusalError(names, responseOf(400, '{"error_uri":"https://auth.x.ai/e"}'))).to.include({
      error_uri: 'https://auth.x.ai/e',
    })
  })

  it('carries the seconds of Retry-After, and nothing without them', () => {
    expect(buildRefusalError(names, responseOf(429, '', { 'retry-after': '7' }))).to.include({
      retryAfter: 7,
    })
    expect(buildRefusalError(names, responseOf(429, ''))).to.not.have.property('retryAfter')
  })

  it('cuts the body at 2,000 characters in the message, and at 64 KiB in the response', () => {
    const error = buildRefusalError(names, responseOf(400, 'é'.repeat(100_000)))
    expect(error.message).to.equal(`xAI token exchange failed (HTTP 400). Response: ${'é'.repeat(2000)}`)
    expect(error.response?.body).to.equal('é'.repeat(32 * 1024))
  })

  it('cuts no character into halves', () => {
    const body = `a${'€'.repeat(30_000)}`
    expect(buildRefusalError(names, responseOf(400, body)).response?.body).to.equal(`a${'€'.repeat(21_845)}`)
  })

  it('replaces secrets in body, words and headers', () => {
    const words = { error: code, error_description: `no ${code}`, error_uri: `https://x.ai/?c=${code}` }
    const headers = { location: `/?code=${encodeURIComponent(code)}`, 'set-cookie': [`a=${code}`, 'b=c'] }
    const error = buildRefusalError(names, responseOf(400, JSON.stringify(words), headers))
    expect(error).to.deep.include({
      error: '[redacted]',
      error_description: 'no [redacted]',
      error_uri: 'https://x.ai/?c=[redacted]',
    })
    expect(error.response?.headers).to.deep.equal({
      location: '/?code=[redacted]',
      'set-cookie': ['a=[redacted]', 'b=c'],
    })
    expect(inspect(error, { depth: 9, showHidden: true })).to.not.contain(code)
  })

  for (const [where, limit] of [
    ['message', 2000],
    ['response', 64 * 1024],
  ] as const)
    it(`leaves no half of a secret where the ${where} is cut`, () => {
      for (let before = limit - code.length; before <= limit; before += 1) {
        const body = `${'.'.repeat(before)}${code}${'.'.repeat(70_000)}`
        const error = buildRefusalError(names, responseOf(400, body))
        expect(inspect(error, { maxStringLength: null })).to.not.contain('c/de')
      }
    })

  it('leaves no half of a secret that fills the body', () => {
    const error = buildRefusalError(names, responseOf(400, code.repeat(20_000)))
    expect(error.response?.body.replaceAll('[redacted]', '')).to.match(/^(\[[a-z]*)?$/)
  })

  it('keeps what an names without secrets was answered', () => {
    const error = buildRefusalError({ ...names, secrets: [] }, responseOf(400, 'x'.repeat(70_000)))
    expect(error.response?.body).to.equal('x'.repeat(64 * 1024))
  })

  for (const part of ['\\', 'eyJ-', 'access_token', 'access_token\\', '%25', '&#0', ' ', 'c', 'c/d'])
    it(`of a megabyte of "${part}" is built within the time of a test`, () => {
      const body = part.repeat(Math.ceil((1024 * 1024) / part.length))
      const secrets = [code, 'c', '\\', `${'c'.repeat(100)}d`]
      expect(buildRefusalError({ ...names, secrets }, responseOf(400, body)).response?.body).to.not.equal('')
    })
})

describe('an unusable response', () => {
  it('is told by its status and a reason, without its body', () => {
    const error = buildInvalidResponseError(
      names,
      responseOf(200, '{"access_token":"OR-1","error":"e"}'),
      'it holds an error',
    )
    expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502, error: 'e' })
    expect(error.message).to.equal(
      'xAI token exchange got an unusable response (HTTP 200): it holds an error',
    )
    expect(error.response?.body).to.equal('{"access_token":"[redacted]","error":"e"}')
  })

  it('shows no token in a header', () => {
    const headers = { location: 'https://x.ai/#access_token=OR-1' }
    expect(
      buildInvalidResponseError(names, responseOf(200, '', headers), '').response?.headers,
    ).to.deep.equal({
      location: 'https://x.ai/#access_token=[redacted]',
    })
  })
})

describe('an names whose connection fails without a message', () => {
  /** Node’s error is like that when every address of a host refuses. */
  const agent = new Agent({
    lookup: (_host, _options, found) => found(Object.assign(new Error(), { code: 'ECONNREFUSED' }), ''),
  })
  const request = { method: 'GET', url: 'http://app.localhost/', headers: {}, timeout: 4000, agent } as const

  it('is told by the error’s code', async () => {
    const error = await sendToXai(names, request).catch((reason) => reason)
    expect(error).to.include({ code: 'xai_token_exchange_failed', status: 502 })
    expect(error.message).to.equal('xAI token exchange failed: ECONNREFUSED')
  })

  it('says that its answer may be lost, where that matters', async () => {
    const losing = { ...names, responseLost: 'It may be spent' }
    const error = await sendToXai(losing, request).catch((reason) => reason)
    expect(error.message).to.equal('xAI token exchange failed: ECONNREFUSED. It may be spent')
  })
})

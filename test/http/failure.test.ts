import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  buildInvalidResponseError,
  buildNoResponseError,
  buildRefusalError,
  type FailureNames,
} from '../../lib/http/failure.js'

const code = 'c/de-1234567890123456'
const token = 'OR-1a2b3c4d5e6f7g8h'
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

  const statuses: ReadonlyArray<readonly [received: number, surfaced: number]> = [
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
  for (const [received, surfaced] of statuses)
    it(`of HTTP ${received} surfaces as ${surfaced}`, () => {
      const error = buildRefusalError(names, responseOf(received, ''))
      expect(error).to.include({ status: surfaced, statusCode: surfaced })
      expect(error.response).to.include({ status: received })
      expect(error.message).to.contain(`HTTP ${received}`)
    })

  it('carries the server’s words behind a byte order mark', () => {
    const error = buildRefusalError(names, responseOf(400, '\uFEFF{"error":"invalid_grant"}'))
    expect(error).to.have.property('error', 'invalid_grant')
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
    for (const [before, whole] of [
      ['a', 21_845],
      ['ab', 21_844],
    ] as const) {
      const body = `${before}${'€'.repeat(30_000)}`
      const error = buildRefusalError(names, responseOf(400, body))
      expect(error.response?.body).to.equal(`${before}${'€'.repeat(whole)}`)
    }
  })

  it('replaces secrets in body, words and headers', () => {
    const words = { error: code, error_description: `no ${code}`, error_uri: `https://x.ai/?c=${code}` }
    const headers = {
      location: `/?code=${encodeURIComponent(code)}#${token}`,
      'set-cookie': [`a=${token}`, 'b=c'],
      'cf-ray': '8c1f2d3e4b5a6978-FRA',
      'x-request-id': '3f0e8d5c-5b1c-4c55-9d0b-2f6d3c1b7a90',
    }
    const error = buildRefusalError(names, responseOf(400, JSON.stringify(words), headers))
    expect(error).to.deep.include({
      error: '[redacted]',
      error_description: 'no [redacted]',
      error_uri: 'https://x.ai/?c=[redacted]',
    })
    expect(error.response?.headers).to.deep.equal({
      ...headers,
      location: '/?code=[redacted]#[redacted]',
      'set-cookie': ['a=[redacted]', 'b=c'],
    })
    const shown = inspect(error, { depth: 9, showHidden: true })
    for (const secret of [code, token]) expect(shown).to.not.contain(secret)
  })

  it('leaves the cf-ray of the header readable in the body', () => {
    const body = 'Ray ID: 8c1f2d3e4b5a6978'
    const response = responseOf(403, body, { 'cf-ray': '8c1f2d3e4b5a6978-FRA' })
    expect(buildRefusalError(names, response).message).to.contain(body)
  })

  it('reads the server’s words before a short secret could make its JSON unreadable', () => {
    const secrets = ['"', ':', '{']
    const error = buildRefusalError({ ...names, secrets }, responseOf(400, '{"error" : "invalid_grant"}'))
    expect(error).to.include({ error: 'invalid_grant' })
  })

  it('carries the words of 64 KiB of JSON and not of more', () => {
    const jsonOf = (length: number) => '{"error":"invalid_grant"}'.padEnd(length)
    expect(buildRefusalError(names, responseOf(400, jsonOf(64 * 1024)))).to.include({
      error: 'invalid_grant',
    })
    expect(buildRefusalError(names, responseOf(400, jsonOf(64 * 1024 + 1)))).to.not.have.property('error')
  })

  it('leaves no beginning of a secret where the response is cut, however long its encoding is', () => {
    const secret = 'ü'.repeat(1000)
    const body = `${' '.repeat(65_500)}${encodeURIComponent(encodeURIComponent(secret))}${' '.repeat(70_000)}`
    const error = buildRefusalError({ ...names, secrets: [secret] }, responseOf(400, body))
    expect(error.response?.body).to.not.contain('%25C3')
  })

  const secrets: ReadonlyArray<readonly [what: string, secret: string, beginning: string]> = [
    ['secret', '<ä>,<ö>,<ü>,<ß>', '<ä>,<ö'],
    ['token', `${token}9`, token],
    ['long token', 'T1'.repeat(1500), 'T1T1T1'],
  ]
  for (const [what, secret, beginning] of secrets)
    for (const [where, limit] of [
      ['message', 2000],
      ['response', 64 * 1024],
    ] as const)
      it(`leaves no beginning of a ${what} where the ${where} is cut`, () => {
        const length = Buffer.byteLength(secret)
        for (let before = Math.max(0, limit - length); before <= limit; before += Math.ceil(length / 40)) {
          const body = `${' '.repeat(before)}${secret}${' '.repeat(70_000)}`
          const error = buildRefusalError({ ...names, secrets: [secret] }, responseOf(400, body))
          expect(error.response?.body).to.not.contain(beginning)
          expect(error.message).to.not.contain(beginning)
        }
      })

  for (const [what, body] of [
    ['a secret', code.repeat(20_000)],
    ['a secret between words', `word ${code} `.repeat(20_000)],
    ['one token', 'aB3'.repeat(100_000)],
    ['tokens', `${token} `.repeat(20_000)],
  ] as const)
    it(`leaves nothing of ${what} that fills the body`, () => {
      const error = buildRefusalError(names, responseOf(400, body))
      expect(error.response?.body).to.match(/^(word )?\[redacted\]/)
      expect(error.response?.body.replaceAll(/\[redacted\]|word| /g, '')).to.match(/^(\[[a-z]*)?$/)
    })

  it('keeps 64 KiB of a body without secrets', () => {
    for (const body of ['x'.repeat(66_000), 'x'.repeat(1_100_000)])
      expect(buildRefusalError(names, responseOf(400, body)).response?.body).to.equal('x'.repeat(64 * 1024))
  })
})

describe('an unusable response', () => {
  it('is told by its status and a reason, without its body', () => {
    const error = buildInvalidResponseError(
      names,
      responseOf(200, `{"access_token":"${token}","error":"e"}`),
      'it holds an error',
    )
    expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502, error: 'e' })
    expect(error.message).to.equal(
      'xAI token exchange got an unusable response (HTTP 200): it holds an error',
    )
    expect(error.response?.body).to.equal('{"access_token":"[redacted]","error":"e"}')
  })
})

describe('a request without a response', () => {
  for (const [cause, words] of [
    [Object.assign(new Error(' '), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('of OpenSSL:\n'), 'of OpenSSL:'],
    [{ message: { odd: true }, code: 'EPROXY' }, '[object Object]'],
    [{ code: 'EPROXY' }, 'EPROXY'],
  ] as const)
    it(`says "${words}" of what was caught`, () => {
      expect(buildNoResponseError(names, cause).message).to.equal(`${names.what} failed: ${words}`)
    })

  /** Node’s error is like that when every address of a host refuses. */
  const refused = Object.assign(new Error(), { code: 'ECONNREFUSED' })

  it('is told by the code of an error without a message', () => {
    const error = buildNoResponseError(names, refused)
    expect(error).to.include({ code: 'xai_token_exchange_failed', status: 502, cause: refused })
    expect(error.message).to.equal('xAI token exchange failed: ECONNREFUSED')
  })

  it('says that its response may be lost, where that matters', () => {
    const error = buildNoResponseError({ ...names, responseLost: 'It may be spent' }, refused)
    expect(error.message).to.equal('xAI token exchange failed: ECONNREFUSED. It may be spent')
  })

  it('shows no secret that its cause tells', () => {
    const cause = Object.assign(
      new AggregateError([new Error(`tried with ${code}`)], `failed with ${encodeURIComponent(code)}`, {
        cause: new Error(`because of ${code}`),
      }),
      { request: `code=${code}` },
    )
    Object.assign(cause, { self: cause })
    const error = buildNoResponseError(names, cause)
    expect(error.message).to.equal('xAI token exchange failed: failed with [redacted]')
    expect(error.cause).to.equal(cause)
    const shown = inspect(error, { depth: 9, showHidden: true })
    expect(shown).to.contain('because of [redacted]')
    expect(shown).to.not.contain('1234567890')
    expect(cause.errors[0]).to.have.property('message', 'tried with [redacted]')
  })
})
